/*
 * Port 25 against anything a client may say, and anything DNS may answer: the
 * first byte chooses the answers, the rest is the client's side behind EHLO. What
 * is accepted is for domains of ours, says in one place and truly whose mail it is,
 * and is told back to nobody unless its sender is known.
 */
#include "receive/receiving.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/memory.h"
#include "feedback/leaving_mail.h"
#include "feedback/returns.h"
#include "feedback/verp_keeper.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "verify/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define LIMIT_MS 60000
#define SECRET	 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* ---- A queue that looks at what it is given ---- */

struct queue {
	uint64_t ids;
};

struct job {
	int none;
};

bool queue_accepts(struct queue *queue)
{
	return true;
}

struct bodies *queue_bodies(struct queue *queue)
{
	return NULL;
}

struct message_id queue_new_id(struct queue *queue)
{
	return message_id_make(1795246367123, 0, queue->ids++);
}

static void look_at_text(const struct message *message)
{
	const struct header_field *field = NULL;
	struct slice pieces[2], text;
	struct arena arena = {0};
	struct header header;
	size_t ours = 0;
	char *whole;

	HOLD(body_in_memory(message->body, pieces));
	HOLD(pieces[0].size == message->envelope.header_size);
	HOLD(pieces[0].size + pieces[1].size == message->envelope.size);
	HOLD(slice_ends(pieces[0], SLICE("\r\n\r\n")) ||
		slice_equal(pieces[0], SLICE("\r\n")));
	HOLD(slice_starts(pieces[0], SLICE("Authentication-Results: mx.example;")));
	whole = arena_take(&arena, pieces[0].size + 1);
	memcpy(whole, pieces[0].at, pieces[0].size);
	text = slice_make(whole, pieces[0].size);
	HOLD(header_scan(&arena, text, 0, 0, &header));
	while ((field = header_find_text(
			&header, SLICE("Authentication-Results"), field)))
		ours += authres_is_ours(field, SLICE("mx.example"));
	HOLD(ours == 1);
	HOLD(header.counts[HEADER_RETURN_PATH] == 0);
	HOLD(header.counts[HEADER_FROM] <= 1);
	arena_finish(&arena);
}

struct job *queue_commit_begin(struct queue *queue, struct message *message,
	struct entry *const *entries, size_t count)
{
	bool silent = count && entries[0]->recipients[0].notify == NOTIFY_NEVER;

	HOLD(count > 0 && count == message->entry_count);
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = entries[i];

		HOLD(slice_equal(entry->domain, SLICE("ours.example")) ||
			slice_ends(entry->domain, SLICE(".any.example")));
		HOLD(entry->recipient_count > 0);
		HOLD(message->envelope.reverse_path.size ||
			(count == 1 && entry->recipient_count == 1));
		for (size_t j = 0; silent && j < entry->recipient_count; j++)
			HOLD(entry->recipients[j].notify == NOTIFY_NEVER);
	}
	look_at_text(message);
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = entries[i];

		entry_destroy(&entry);
	}
	return NEW(struct job);
}

bool queue_commit_is_known(const struct job *job)
{
	return true;
}

bool queue_commit_end(struct job **job, struct deadline deadline)
{
	memory_free(*job);
	*job = NULL;
	return true;
}

/* ---- Those who know something ---- */

static struct config *config;
static uint8_t chance; /* the input's first byte */

static const char *const texts[] = {
	"v=spf1 ip4:127.0.0.0/8 -all",
	"v=spf1 -all exp=%{i}._spf.%{d}",
	"v=spf1 include:%{d2}.a.example redirect=b.example",
	"v=spf1 mx a ptr exists:%{l}.%{d} ?all",
	"v=DMARC1; p=reject; sp=quarantine",
	"v=DMARC1; p=quarantine; pct=50; adkim=s; aspf=s",
	"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	"v=DKIM1; p=",
	"no, \r\nnot\x01 this",
};

static void answer_host(enum dns_type type, unsigned pick, struct dns_record *record_r)
{
	static const uint8_t loopback[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};

	if (type == DNS_A)
		memcpy(record_r->address.s6_addr, loopback, sizeof(loopback));
	else
		record_r->name = pick & 1 ? SLICE("a.example")
					  : SLICE("client.example");
}

static bool ask_dns(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	unsigned pick = chance;

	for (size_t i = 0; i < name.size; i++)
		pick = pick * 31 + (unsigned char)name.at[i];
	pick ^= pick >> 7;
	*answer_r = (struct dns_answer){.status = DNS_NO_NAME, .canonical = name};
	if (pick % 8 == 0)
		answer_r->status = DNS_TEMPORARY;
	if (pick % 8 < 3 || type == DNS_AAAA)
		return true;
	answer_r->status = DNS_FOUND;
	answer_r->count = 1;
	answer_r->records = ARENA_NEW(arena, struct dns_record);
	if (type == DNS_TXT)
		answer_r->records[0].name = slice_of(
			texts[(pick >> 3) % ARRAY_COUNT(texts)]);
	else
		answer_host(type, pick >> 3, &answer_r->records[0]);
	return true;
}

static bool take_return(
	void *context, const struct returns_arrival *arrival, struct deadline deadline)
{
	HOLD(arrival->id.size == MESSAGE_ID_SIZE);
	HOLD(arrival->message.size <= REPORT_BYTES_MAX);
	return chance & 1;
}

/* What asks for something has one of our tokens. */
static bool take_leaving(
	void *context, const struct leaving_mail *mail, struct deadline deadline)
{
	struct leaving leaving;
	struct arena arena = {0};
	struct verp_secret secret;
	const char *why;

	HOLD(mail->id.size == MESSAGE_ID_SIZE);
	HOLD(leaving_address_is(SLICE("leave@back.example"), mail->recipient));
	HOLD(verp_secret_parse(SLICE(SECRET), &secret));
	why = leaving_mail_read(&secret, config, mail, 1795246367123, &arena, &leaving);
	HOLD(why || (leaving.recipient.size && leaving.id.text[0]));
	HOLD(!why || !leaving.recipient.size);
	arena_finish(&arena);
	return chance & 2;
}

/* ---- The session ---- */

struct talk {
	struct slice input;
	struct stream *ours, *peer;
};

static void serve(void *arg)
{
	static struct receiving_node *node;
	static struct queue queue;
	struct talk *talk = arg;
	struct verp_secret secret;
	struct verp_keeper *keeper = verp_keeper_create();
	struct receiving_options options = {
		.node = node ? node : receiving_node_create(),
		.config = config,
		.keyring = dkim_keyring_create(NULL, 0),
		.queue = &queue,
		.resolver = {.query = ask_dns},
		.verp = keeper,
		.questions = {
			.take_return = take_return, .take_leaving = take_leaving}};
	struct receiving *receiving = receiving_open(&options);
	struct smtp_server_options server = {.stream = talk->ours,
		.config = config,
		.listener = &config->listeners[0],
		.policy = &receiving_policy,
		.policy_context = receiving};
	struct scope scope;

	node = options.node;
	scope_init(&scope);
	HOLD(verp_secret_parse(SLICE(SECRET), &secret));
	verp_keeper_use(keeper, &secret, NULL, &scope);
	smtp_server_run(&server, deadline_after_ms(LIMIT_MS));
	receiving_close(&receiving);
	verp_keeper_destroy(&keeper);
	dkim_keyring_release(&options.keyring);
}

static void let_run(void)
{
	for (int i = 0; i < 4; i++)
		fiber_yield(deadline_none());
}

/* Behind DATA and EHLO a client waits. */
static void converse(void *arg)
{
	struct talk *talk = arg;
	struct scope scope;

	scope_init(&scope);
	HOLD(stream_pair(1 << 20, &talk->peer, &talk->ours));
	HOLD(scope_spawn(&scope, "server", serve, talk));
	let_run();
	stream_write(talk->peer, SLICE("EHLO client.example\r\n"));
	stream_flush(talk->peer, deadline_after_ms(LIMIT_MS));
	let_run();
	while (talk->input.size) {
		size_t size = slice_index(talk->input, '\n') + 1;
		struct slice line = slice_part(talk->input, 0, size);

		talk->input = slice_from(talk->input, size);
		if (!stream_send(talk->peer, &line, 1, deadline_after_ms(LIMIT_MS)))
			break;
		if (slice_starts_nocase(line, SLICE("DATA")) ||
			slice_starts_nocase(line, SLICE("EHLO")))
			let_run();
	}
	if (stream_is_whole(talk->peer)) {
		stream_write(talk->peer, SLICE("\r\n.\r\nQUIT\r\n"));
		stream_flush(talk->peer, deadline_after_ms(LIMIT_MS));
		let_run();
	}
	stream_close(&talk->peer);
	HOLD(scope_join(&scope, deadline_after_ms(LIMIT_MS)));
	scope_finish(&scope, deadline_after_ms(0));
}

static struct worker *begin(void)
{
	char *errors = NULL;
	struct worker *worker = worker_create(&(struct worker_options){
		.ring_entries = 64, .buffer_count = 16, .fibers_max = 100});

	event_set_level(EVENT_ERROR);
	config = config_parse_text("fuzz",
		SLICE("hostname: mx.example\n"
		      "listeners: [ { address: \"[::]\", tls: none, role: receive } ]\n"
		      "receive: { greeting_pause: 0, message_size: 16 KiB, errors: "
		      "50,\n"
		      "  recipients: 5, errors_per_address: 0, blocklists: "
		      "[bl.example],\n"
		      "  spf_fail: quarantine, arc_trusted: [a.example], domains: [\n"
		      "  { domain: ours.example, recipients: listed, mailboxes: [bob] "
		      "},\n"
		      "  { domain: .any.example, recipients: any } ] }\n"
		      "bounces: { domain: back.example, verp: recipient,\n"
		      "  complaints_to: fbl@back.example }\n"
		      "unsubscribe: { url: \"https://x.example\", mailto: "
		      "leave@back.example }\n"),
		&errors);
	HOLD(config && worker);
	return worker;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct worker *worker;
	struct talk talk = {0};

	if (size == 0)
		return 0;
	if (!worker)
		worker = begin();
	chance = data[0];
	talk.input = slice_make(data + 1, size - 1);
	worker_run(worker, converse, &talk);
	return 0;
}
