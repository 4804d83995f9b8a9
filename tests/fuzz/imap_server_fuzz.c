/*
 * The IMAP server dialogue against anything, over a store in memory-backed files.
 * The first byte says into pieces of what size the rest is cut and whether the client
 * has logged in and selected INBOX already. What is said is lines, with literals as
 * long as they say; and it always ends.
 */
#include "imap_server/server.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "store/acl.h"
#include "store/draft.h"
#include "store/shares.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define LIMIT_MS 60000
#define QUIET_MS 1
#define ACCOUNTS 300 /* until the store is made anew */

static const struct slice letter = {"From: a@b.example\r\nSubject: One\r\n"
				    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
				    "--b\r\n\r\ntext\r\n--b\r\n"
				    "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
				    "--b--\r\n",
	139};

static struct attendance *attendance;
static struct store *store;
static char folder[40];
static unsigned long inputs;

struct talk {
	struct slice input;
	size_t piece;
	bool selects;
	struct stream *peer, *ours;
	struct store_port *port;
	struct store_account *account;
	struct buffer heard;
};

static void stub_offer(struct imap_session *session, struct imap_offer *offer_r)
{
	*offer_r = (struct imap_offer){true, SASL_BIT(SASL_PLAIN)};
}

static enum login_verdict stub_step(struct imap_session *session, struct slice line,
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

static enum login_verdict stub_start(struct imap_session *session,
	struct slice mechanism, struct slice initial, struct slice *challenge_r,
	struct deadline deadline)
{
	HOLD(mechanism.size > 0 && !session->account.size);
	*challenge_r = SLICE("YWJj");
	return initial.at ? stub_step(session, initial, challenge_r, deadline)
			  : LOGIN_CONTINUE;
}

static enum login_verdict stub_password(struct imap_session *session, struct slice name,
	struct slice password, struct deadline deadline)
{
	HOLD(!session->account.size);
	if (!slice_equal(password, SLICE("p")))
		return LOGIN_WRONG;
	session->account = SLICE("u");
	return LOGIN_OK;
}

static struct store_account *stub_open(struct imap_session *session,
	struct store_port **port_r, struct deadline deadline)
{
	struct talk *talk = session->context;

	*port_r = talk->port;
	return store_account_hold(store, store_account_name(talk->account));
}

static void stub_disconnect(struct imap_session *session)
{
}

static struct slice stub_shared(struct imap_session *session)
{
	return SLICE("shared");
}

static const struct imap_policy policy = {
	.offer = stub_offer,
	.start = stub_start,
	.step = stub_step,
	.password = stub_password,
	.open = stub_open,
	.shared = stub_shared,
	.disconnect = stub_disconnect,
};

static void serve(void *arg)
{
	struct talk *talk = arg;
	struct conversation_limits limits = conversation_limits_usual(IMAP_IDLE_MS);
	struct imap_server_options options = {.stream = talk->ours,
		.hostname = "mx.example",
		.limits = &limits,
		.attendance = attendance,
		.policy = &policy,
		.policy_context = talk,
		.message_max = 100000};

	imap_server_run(&options, deadline_after_ms(LIMIT_MS));
}

static void hear(struct talk *talk, int64_t quiet_ms)
{
	struct slice bytes;

	while (stream_wait(talk->peer, deadline_after_ms(quiet_ms)) &&
		stream_read(talk->peer, 65536, &bytes, deadline_after_ms(0)))
		buffer_append(&talk->heard, bytes);
}

/* Whole lines, and whole literals where a line ends in one's announcement; up to where
 * it is compressed. */
static void check(struct slice heard)
{
	HOLD(slice_starts(heard, SLICE("* OK [CAPABILITY ")));
	while (heard.size) {
		size_t end = slice_find(heard, SLICE("\r\n"));
		struct slice line = slice_part(heard, 0, end);
		uint64_t size = 0;
		size_t open;

		HOLD(end < heard.size && slice_index(line, '\0') == line.size);
		if (slice_ends(line, SLICE(" OK Compression begins")))
			return;
		heard = slice_from(heard, end + 2);
		open = slice_index_last(line, '{');
		if (!slice_ends(line, SLICE("}")) || open == line.size ||
			!slice_to_u64(slice_part(line, open + 1, line.size - open - 2),
				&size))
			continue;
		HOLD(size <= heard.size);
		heard = slice_from(heard, (size_t)size);
	}
}

static void deliver(struct talk *talk, struct store_account *account)
{
	struct deadline soon = deadline_after_ms(LIMIT_MS);
	struct append one = {.draft = draft_begin(talk->port, account, soon),
		.keywords = SLICE("$Junk")};
	uint32_t uidvalidity, uid;
	enum store_fault fault;

	HOLD(one.draft && draft_write(one.draft, letter, soon) &&
		draft_finish(one.draft, soon));
	HOLD(mailbox_append(talk->port, account, SLICE("INBOX"), &one, 1, &uidvalidity,
		&uid, &fault, soon));
	draft_discard(&one.draft);
}

/* It takes longer than all the rest. */
static bool speaks_of_others(struct slice input)
{
	return slice_find(input, SLICE("Shared")) < input.size ||
	       slice_find(input, SLICE("Other")) < input.size;
}

/* "Shared/INBOX", and the same as "Other users/other/INBOX": anew for each input. */
static void share(struct talk *talk)
{
	static const char *const names[] = {"shared", "other"};
	struct deadline soon = deadline_after_ms(LIMIT_MS);
	struct grant grant = {store_account_name(talk->account), RIGHTS_ALL};
	enum store_fault fault;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct store_account *account = store_account_hold(
			store, slice_of(names[i]));
		struct mailbox_entry entry;

		if (!mailbox_status(talk->port, account, SLICE("INBOX"), &entry, &fault,
			    soon) ||
			!entry.messages)
			deliver(talk, account);
		HOLD(mailbox_grant(talk->port, account, SLICE("INBOX"), GRANT_SET,
			&grant, &fault, soon));
		store_account_release(&account);
	}
}

static void say(struct talk *talk, struct slice words)
{
	(void)stream_send(talk->peer, &words, 1, deadline_after_ms(LIMIT_MS));
}

static void converse(void *arg)
{
	struct talk *talk = arg;
	char name[40];
	struct scope scope;

	scope_init(&scope);
	(void)snprintf(name, sizeof(name), "u%lu@example.com", inputs);
	talk->port = store_port_open(store);
	talk->account = store_account_hold(store, slice_of(name));
	deliver(talk, talk->account);
	if (speaks_of_others(talk->input))
		share(talk);
	HOLD(stream_pair(1 << 20, &talk->peer, &talk->ours));
	HOLD(scope_spawn(&scope, "server", serve, talk));
	if (talk->selects)
		say(talk, SLICE("a LOGIN u p\r\nb SELECT INBOX\r\n"));
	while (talk->input.size && stream_is_whole(talk->peer)) {
		struct slice piece = slice_part(talk->input, 0, talk->piece);

		talk->input = slice_from(talk->input, piece.size);
		say(talk, piece);
		for (int i = 0; i < 3; i++)
			fiber_yield(deadline_none());
	}
	hear(talk, QUIET_MS);
	/* What is cut in the middle was not said to the end. */
	if (stream_failure(talk->peer)->kind == FAILURE_CLOSED)
		check(buffer_contents(&talk->heard));
	stream_close(&talk->peer);
	HOLD(scope_join(&scope, deadline_after_ms(LIMIT_MS)));
	scope_finish(&scope, deadline_after_ms(0));
	HOLD(shares_forget(store_shares(store), store_account_name(talk->account),
		deadline_after_ms(LIMIT_MS)));
	store_account_release(&talk->account);
	store_port_close(&talk->port);
	buffer_finish(&talk->heard);
}

static int remove_one(
	const char *path, const struct stat *stat, int type, struct FTW *at)
{
	return remove(path);
}

static void end_store(void)
{
	store_destroy(&store);
	if (folder[0])
		nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void begin_store(void)
{
	if (inputs++ % ACCOUNTS)
		return;
	if (store)
		end_store();
	strcpy(folder, "/dev/shm/ringpost-fuzz-XXXXXX");
	HOLD(mkdtemp(folder));
	store = store_create(folder, 1);
	HOLD(store);
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
		HOLD(offload_start(1, 16));
		worker = worker_create(&(struct worker_options){
			.ring_entries = 64, .buffer_count = 16, .fibers_max = 100});
		HOLD(worker);
		atexit(end_store);
	}
	begin_store();
	talk.selects = data[0] & 0x80;
	talk.piece = data[0] & 0x7f ? data[0] & 0x7f : size;
	talk.input = slice_make(data + 1, size - 1);
	worker_run(worker, converse, &talk);
	return 0;
}
