/*
 * The POP3 server dialogue against anything: the first byte says into pieces of what
 * size the rest is cut. Every answer is "+OK" or "-ERR", or what belongs to one of
 * several lines; nothing goes without a QUIT; and it always ends.
 */
#include "pop3/server.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "mail/sasl.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "memory_maildrop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define LIMIT_MS 60000

static const struct slice texts[] = {
	{"Subject: one\r\n\r\n.\r\n..\r\nHello", 28},
	{NULL, 0},
	{"Subject: three\r\n\r\n", 18},
};

static size_t removed;

static void stub_offer(struct pop3_session *session, struct pop3_offer *offer_r)
{
	*offer_r = (struct pop3_offer){true, true, SASL_BIT(SASL_PLAIN)};
}

static enum login_verdict stub_step(struct pop3_session *session, struct slice line,
	struct slice *challenge_r, struct deadline deadline)
{
	HOLD(!session->account.size);
	if (line.size == 1)
		session->account = SLICE("u");
	return line.size % 3 == 0   ? LOGIN_CONTINUE
	       : line.size == 1	    ? LOGIN_OK
	       : line.size % 3 == 2 ? LOGIN_CANCELLED
				    : LOGIN_MALFORMED;
}

static enum login_verdict stub_start(struct pop3_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	HOLD(mechanism.size > 0 && !session->account.size);
	*challenge_r = SLICE("YWJj");
	return initial.at ? stub_step(session, initial, challenge_r, deadline)
			  : LOGIN_CONTINUE;
}

static enum login_verdict stub_password(struct pop3_session *session, struct slice name,
	struct slice password, struct deadline deadline)
{
	HOLD(name.size > 0 && password.size > 0 && !session->account.size);
	if (!slice_equal(password, SLICE("p")))
		return LOGIN_WRONG;
	session->account = SLICE("u");
	return LOGIN_OK;
}

static enum login_verdict stub_apop(struct pop3_session *session, struct slice name,
	struct slice digest, struct deadline deadline)
{
	HOLD(name.size > 0 && digest.size == 32 && !session->account.size);
	return LOGIN_WRONG;
}

static struct maildrop *stub_open(
	struct pop3_session *session, struct deadline deadline)
{
	struct memory_maildrop *memory = memory_maildrop_create(texts, 3, 5);

	HOLD(slice_equal(session->account, SLICE("u")));
	memory->removed = &removed;
	return &memory->maildrop;
}

static void stub_disconnect(struct pop3_session *session)
{
}

static const struct pop3_policy policy = {stub_offer, stub_start, stub_step,
	stub_password, stub_apop, stub_open, NULL, stub_disconnect};

static struct attendance *attendance;

struct talk {
	struct slice input;
	size_t piece;
	struct stream *peer, *ours;
};

static void serve(void *arg)
{
	struct talk *talk = arg;
	struct conversation_limits limits = conversation_limits_usual(POP3_IDLE_MS);
	struct pop3_server_options options = {.stream = talk->ours,
		.hostname = "mx.example",
		.limits = &limits,
		.attendance = attendance,
		.policy = &policy};

	pop3_server_run(&options, deadline_after_ms(LIMIT_MS));
}

/* All that was said: lines end in CRLF, and the first is the greeting. */
static void hear(struct stream *peer)
{
	struct slice line;
	size_t count = 0;

	while (stream_has_line(peer, 1000)) {
		HOLD(stream_read_line(peer, 1000, &line, deadline_after_ms(0)));
		HOLD(line.size >= 2 && line.size <= 512 &&
			slice_ends(line, SLICE("\r\n")));
		HOLD(slice_index(line, '\0') == line.size);
		HOLD(count++ || slice_starts(line, SLICE("+OK Ringpost POP3 at ")));
	}
	HOLD(count > 0 && !stream_has_input(peer));
}

static void converse(void *arg)
{
	struct talk *talk = arg;
	bool quits = slice_find(talk->input, SLICE("U")) < talk->input.size ||
		     slice_find(talk->input, SLICE("u")) < talk->input.size;
	struct scope scope;

	scope_init(&scope);
	removed = 0;
	HOLD(stream_pair(1 << 20, &talk->peer, &talk->ours));
	HOLD(scope_spawn(&scope, "server", serve, talk));
	while (talk->input.size) {
		struct slice piece = slice_part(talk->input, 0, talk->piece);

		talk->input = slice_from(talk->input, piece.size);
		if (!stream_send(talk->peer, &piece, 1, deadline_after_ms(LIMIT_MS)))
			break;
		for (int i = 0; i < 3; i++)
			fiber_yield(deadline_none());
	}
	for (int i = 0; i < 20; i++)
		fiber_yield(deadline_none());
	HOLD(removed == 0 || quits);	 /* QUIT has a U */
	if (stream_is_whole(talk->peer)) /* else it was closed while we spoke */
		hear(talk->peer);
	stream_close(&talk->peer);
	HOLD(scope_join(&scope, deadline_after_ms(LIMIT_MS)));
	scope_finish(&scope, deadline_after_ms(0));
	HOLD(removed <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct worker *worker;
	struct talk talk = {0};

	if (size == 0)
		return 0;
	if (!worker) {
		event_set_level(EVENT_ERROR);
		attendance = attendance_create();
		worker = worker_create(&(struct worker_options){
			.ring_entries = 64, .buffer_count = 16, .fibers_max = 100});
		HOLD(worker);
	}
	talk.piece = data[0] ? data[0] : size;
	talk.input = slice_make(data + 1, size - 1);
	worker_run(worker, converse, &talk);
	return 0;
}
