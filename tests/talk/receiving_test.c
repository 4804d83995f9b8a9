/*
 * Port 25 against transcripts: the policy is the real one, behind it stands a
 * queue in memory, DNS of a table, and a server that knows some mailboxes.
 *
 *	set receive KEY: VALUE, …   of the section, besides its domains
 *	set listener KEY: VALUE, …
 *	set queue full              new mail cannot be taken
 *	set entries DOMAIN A B, …   what is to be committed, when something is; "!":
 *	                            nobody is told what becomes of it
 *	set holds TEXT              … and what stands in the message
 *	set lacks TEXT
 *	set returned TOKEN DOMAIN SIZE   what is to come back: of a bounce's address the
 *	                            tenant and recipient, its sender's domain, its bytes
 *	set taker down              … and it cannot be taken now
 *	set secret none             what signs addresses is not known yet
 *
 * example.com has sales and Bob.Smith, accounts.example who has an account (known@,
 * late@ cannot be told), probed.example whom the next server takes (good@, slow@
 * after 10 s; bad@ not; busy@ later; down@: it does not answer), and everybody is
 * somebody below any.example. 192.0.2.66 is on the blocklist bl.example.
 * 192.0.2.0/24 sends for good.example, soft.example and none.example, whose DMARC
 * policies are reject, quarantine and none; slow.example's DNS does not answer.
 */
#include "check.h"

#include <glob.h>

#include "base/memory.h"
#include "feedback/returns.h"
#include "feedback/verp_keeper.h"
#include "receive/receiving.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "talk.h"

#define SECRET "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* ---- The queue ---- */

struct queue {
	struct message *kept; /* the one that is being committed */
};

struct job {
	bool good;
};

bool queue_accepts(struct queue *queue)
{
	return !talk_setting("queue") || fail(FAILURE_STORE, "the disk is full");
}

struct bodies *queue_bodies(struct queue *queue)
{
	return NULL;
}

struct message_id queue_new_id(struct queue *queue)
{
	struct message_id id = {.text = "0123456789abcdef"};

	return id;
}

static void check_text(const struct message *message)
{
	struct slice pieces[2], text;
	struct arena arena = {0};

	CHECK(body_in_memory(message->body, pieces));
	text = arena_format(
		&arena, "%.*s%.*s", SLICE_PRINT(pieces[0]), SLICE_PRINT(pieces[1]));
	if (talk_setting("holds") &&
		!CHECK(slice_find(text, slice_of(talk_setting("holds"))) < text.size))
		fprintf(stderr, "%.*s\n", SLICE_PRINT(text));
	if (talk_setting("lacks"))
		CHECK(slice_find(text, slice_of(talk_setting("lacks"))) == text.size);
	arena_finish(&arena);
}

struct job *queue_commit_begin(struct queue *queue, struct message *message,
	struct entry *const *entries, size_t count)
{
	struct job *job = NEW(struct job);
	struct buffer all = {0};

	for (size_t i = 0; i < count; i++) {
		struct entry *entry = entries[i];

		buffer_append_format(
			&all, "%s%.*s", i ? ", " : "", SLICE_PRINT(entry->domain));
		for (size_t j = 0; j < entry->recipient_count; j++)
			buffer_append_format(&all, " %.*s%s",
				SLICE_PRINT(entry->recipients[j].address),
				entry->recipients[j].notify == NOTIFY_NEVER ? "!" : "");
	}
	if (talk_setting("entries"))
		CHECK_SLICE(buffer_contents(&all), talk_setting("entries"));
	buffer_finish(&all);
	check_text(message);
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = entries[i];

		entry_destroy(&entry);
	}
	return job;
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

static bool account(
	void *context, struct slice address, bool *known_r, struct deadline deadline)
{
	*known_r = slice_equal(address, SLICE("known@accounts.example"));
	return !slice_starts(address, SLICE("late@"));
}

static bool probe(void *context, struct slice domain, struct slice address,
	struct arena *arena, struct reply *reply_r, struct deadline deadline)
{
	CHECK_SLICE(domain, "probed.example");
	*reply_r = REPLY(250, 2, 1, 5, "Ok");
	if (slice_starts(address, SLICE("slow@")))
		return fiber_sleep(deadline_after_ms(10000));
	if (slice_starts(address, SLICE("bad@")) ||
		slice_starts(address, SLICE("abuse@")))
		*reply_r = REPLY(550, 5, 1, 1, "Who?");
	else if (slice_starts(address, SLICE("policy@")))
		*reply_r = REPLY(550, 5, 7, 1, "Not from you");
	else if (slice_starts(address, SLICE("busy@")))
		*reply_r = REPLY(450, 4, 2, 0, "Later");
	return !slice_starts(address, SLICE("down@"));
}

struct text_record {
	const char *name, *text;
};

static const struct text_record texts[] = {
	{"good.example", "v=spf1 ip4:192.0.2.0/24 -all"},
	{"_dmarc.good.example", "v=DMARC1; p=reject"},
	{"soft.example", "v=spf1 ip4:192.0.2.0/24 -all"},
	{"_dmarc.soft.example", "v=DMARC1; p=quarantine"},
	{"none.example", "v=spf1 ip4:192.0.2.0/24 -all exp=why.none.example"},
	{"why.none.example", "Ask %{d}"},
	{"_dmarc.none.example", "v=DMARC1; p=none"},
};

static void answer_text(
	struct slice name, struct arena *arena, struct dns_answer *answer_r)
{
	for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
		if (!slice_equal(name, slice_of(texts[i].name)))
			continue;
		answer_r->status = DNS_FOUND;
		answer_r->count = 1;
		answer_r->records = ARENA_NEW(arena, struct dns_record);
		answer_r->records[0].name = slice_of(texts[i].text);
	}
}

static bool take_return(
	void *context, const struct returns_arrival *arrival, struct deadline deadline)
{
	char text[300];

	snprintf(text, sizeof(text), "%s %.*s %zu",
		!arrival->token ? "-"
		: verp_is_about(arrival->token, SLICE("user@receiver.example"))
			? arrival->token->tenant
			: "?",
		SLICE_PRINT(arrival->domain), arrival->message.size);
	CHECK_SLICE(slice_of(text), talk_setting("returned"));
	CHECK_SLICE(arrival->id, "0123456789abcdef");
	return !talk_setting("taker") || fail(FAILURE_STORE, "Redis is down");
}

/* 192.0.2.1 and 192.0.2.3 are said to be mail.good.example; one of them is. */
static void answer_names(struct slice name, enum dns_type type, struct arena *arena,
	struct dns_answer *answer_r)
{
	bool forward = type == DNS_A && slice_equal(name, SLICE("mail.good.example"));
	bool back = type == DNS_PTR &&
		    (slice_equal(name, SLICE("1.2.0.192.in-addr.arpa")) ||
			    slice_equal(name, SLICE("3.2.0.192.in-addr.arpa")));

	if (!forward && !back)
		return;
	answer_r->status = DNS_FOUND;
	answer_r->count = 1;
	answer_r->records = ARENA_NEW(arena, struct dns_record);
	answer_r->records[0].name = SLICE("mail.good.example");
	if (forward)
		memcpy(answer_r->records[0].address.s6_addr,
			(uint8_t[16]){[10] = 0xff,
				[11] = 0xff,
				[12] = 192,
				[14] = 2,
				[15] = 1},
			16);
}

static bool ask_dns(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	*answer_r = (struct dns_answer){.status = DNS_NO_NAME, .canonical = name};
	if (slice_ends(name, SLICE("slow.example")))
		answer_r->status = DNS_TEMPORARY;
	if (type == DNS_TXT)
		answer_text(name, arena, answer_r);
	answer_names(name, type, arena, answer_r);
	if (slice_equal(name, SLICE("66.2.0.192.bl.example")) && type == DNS_A) {
		answer_r->status = DNS_FOUND;
		answer_r->count = 1;
		answer_r->records = ARENA_NEW(arena, struct dns_record);
		memcpy(answer_r->records[0].address.s6_addr,
			(uint8_t[16]){[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 2},
			16);
	}
	return true;
}

/* ---- The session ---- */

static struct config *read_config(void)
{
	const char *receive = talk_setting("receive");
	const char *listener = talk_setting("listener");
	char *errors = NULL;
	char *text = memory_format(
		"hostname: mx.example\n"
		"listeners:\n"
		"  - { address: \"[::]\", role: receive, tls: none%s%s }\n"
		"receive:\n"
		"  { %s, domains: [\n"
		"    { domain: example.com, recipients: listed,\n"
		"      mailboxes: [sales, Bob.Smith] },\n"
		"    { domain: accounts.example, recipients: accounts },\n"
		"    { domain: probed.example, recipients: probed },\n"
		"    { domain: .any.example, recipients: any, tenant: acme,\n"
		"      detail: \"\" }] }\n"
		"bounces:\n"
		"  { domain: bounces.example, verp: recipient,\n"
		"    complaints_to: fbl@bounces.example }\n",
		listener ? ", " : "", listener ? listener : "",
		receive ? receive : "greeting_pause: 0");
	struct config *config = config_parse_text("talk", slice_of(text), &errors);

	if (!config)
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	memory_free(text);
	return config;
}

static void dialogue(struct stream *stream, void *context)
{
	struct config *config = read_config();
	struct queue queue = {0};
	struct scope scope;
	struct verp_secret secret;
	struct verp_keeper *keeper = verp_keeper_create();
	struct receiving_options options = {
		.node = receiving_node_create(),
		.config = config,
		.queue = &queue,
		.resolver = {.query = ask_dns},
		.verp = keeper,
		.questions = {.account = account,
			.probe = probe,
			.take_return = take_return},
	};
	struct receiving *receiving = receiving_open(&options);
	struct smtp_server_options server = {
		.stream = stream,
		.config = config,
		.listener = &config->listeners[0],
		.policy = &receiving_policy,
		.policy_context = receiving,
	};

	scope_init(&scope);
	CHECK(verp_secret_parse(SLICE(SECRET), &secret));
	if (!talk_setting("secret"))
		verp_keeper_use(keeper, &secret, NULL, &scope);
	smtp_server_run(&server, deadline_after_ms(3600000));
	receiving_close(&receiving);
	receiving_node_destroy(&options.node);
	verp_keeper_destroy(&keeper);
	config_release(&config);
}

CASE("transcripts, cut at every byte, hung up after every line")
{
	CHECK(talk_check_folder(TALKS, dialogue, NULL, stderr));
}

/* Where it matters what arrives together, cuts change what is right; and where what
 * is decided is all that differs, they only take time. */
CASE("transcripts as they are written")
{
	glob_t found;

	CHECK(glob(TALKS "_once/*.talk", 0, NULL, &found) == 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		CHECK(talk_run(found.gl_pathv[i], dialogue, NULL, stderr));
	globfree(&found);
}

CHECK_MAIN()
