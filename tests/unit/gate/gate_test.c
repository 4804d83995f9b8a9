/* The gate whole: a message judged by its header and by what DNS says. */
#include "gate/gate.h"

#include <stdio.h>

#include "../base/config_check.h"
#include "../verify/zone.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "gate/memory.h"
#include "run/fiber.h"
#include "run/worker.h"

#define NOW_MS	 1795244400000
#define RECORDS	 12
#define ALL_WARN "gate: { addresses: [192.0.2.25] }\n"
#define REFUSING                                                              \
	"gate: { addresses: [192.0.2.25], spf: refuse, dkim: refuse, dmarc: " \
	"refuse, ptr: refuse, domain: refuse, unsubscribe: refuse, author: "  \
	"refuse, single: refuse, date: refuse, message_id: refuse }\n"

static char *pem, *record; /* of a key, and what DNS has of it */

/* Everything that a domain needs. Places are used by the tests below. */
enum { MX, SPF, DKIM, DMARC, PTR, FORWARD };

static void fill(struct zone_record records[RECORDS])
{
	static const struct zone_record good[RECORDS] = {
		[MX] = {"x.test", "MX 10 mx.x.test"},
		[SPF] = {"x.test", "TXT v=spf1 ip4:192.0.2.25 -all"},
		[DKIM] = {"s1._domainkey.x.test", NULL},
		[DMARC] = {"_dmarc.x.test", "TXT v=DMARC1; p=none"},
		[PTR] = {"25.2.0.192.in-addr.arpa", "PTR mx.x.test"},
		[FORWARD] = {"mx.x.test", "A 192.0.2.25"},
	};

	memcpy(records, good, sizeof(good));
	records[DKIM].data = record;
}

struct bench {
	struct zone zone;
	struct zone_record records[RECORDS];
	struct config *config;
	struct dkim_keyring *keyring;
	struct gate_node *node;
	struct gate *gate;
	struct arena arena;
	struct header header;
	struct gate_answer answer;
};

static void open_bench(struct bench *bench, const char *settings)
{
	struct dkim_key *key = dkim_key_create(
		SLICE("x.test"), SLICE("s1"), slice_of(pem));
	char *text = memory_format(BEGINNING "%s", settings);
	struct verify_resolver resolver;

	*bench = (struct bench){.config = config_of(text)};
	memory_free(text);
	if (!bench->config)
		abort();
	fill(bench->records);
	bench->zone.records = bench->records;
	resolver = zone_resolver(&bench->zone);
	bench->keyring = dkim_keyring_create(&key, 1);
	bench->node = gate_node_create();
	bench->gate = gate_open_with(
		bench->node, bench->config, bench->keyring, &resolver);
}

static void close_bench(struct bench *bench)
{
	gate_close(&bench->gate);
	gate_node_destroy(&bench->node);
	dkim_keyring_release(&bench->keyring);
	config_release(&bench->config);
	arena_finish(&bench->arena);
}

/* Takes a record away. */
static void lose(struct bench *bench, int place)
{
	bench->records[place].name = "lost.test";
}

static const struct gate_answer *judge_from(struct bench *bench, const char *header,
	const char *sender, const char *author, const char *stream)
{
	struct slice authors[1] = {slice_of(author)};
	struct gate_question question = {.header = &bench->header,
		.reverse_path = slice_of(sender),
		.authors = authors,
		.author_count = 1,
		.author_domain = slice_from(
			slice_of(author), slice_index_last(slice_of(author), '@') + 1),
		.stream = slice_of(stream),
		.id = SLICE("01abc"),
		.recipient = SLICE("b@y.test"),
		.now_ms = NOW_MS};

	arena_reset(&bench->arena);
	CHECK(header_scan(&bench->arena, slice_of(header), 0, 0, &bench->header));
	gate_judge(bench->gate, &question, &bench->arena, &bench->answer,
		deadline_after_ms(20000));
	return &bench->answer;
}

static const struct gate_answer *judge(struct bench *bench)
{
	return judge_from(bench, "From: a@x.test\r\n", "a@x.test", "a@x.test", "");
}

static void let_ask(void)
{
	for (int i = 0; i < 10; i++)
		fiber_yield(deadline_none());
}

static void check_refusal(const struct gate_answer *answer, const char *wanted)
{
	char text[300];

	CHECK_SLICE(reply_print(&answer->refusal, text, sizeof(text)), wanted);
}

static void in_background(void *arg)
{
	struct bench bench;
	unsigned asked;

	open_bench(&bench, ALL_WARN);
	CHECK_NUMBER(judge(&bench)->missed, 0);
	CHECK_NUMBER(bench.zone.asked, 0);
	let_ask();
	CHECK(bench.zone.asked > 0);
	asked = bench.zone.asked;
	for (int i = 0; i < 1000; i++)
		CHECK_NUMBER(judge(&bench)->missed, 0);
	let_ask();
	CHECK_NUMBER(bench.zone.asked, asked);
	CHECK_NUMBER(gate_figures(bench.gate).asked, 1);
	CHECK_NUMBER(gate_figures(bench.gate).waited, 0);
	CHECK_NUMBER(gate_figures(bench.gate).judged, 1001);
	close_bench(&bench);
}

static void each_missing(void *arg)
{
	static const struct {
		int place;
		const char *refusal;
	} table[] = {
		{MX, "550 5.1.8 x.test, the domain of From, does not exist or takes no "
		     "mail"},
		{SPF, "550 5.7.23 SPF of x.test does not pass for 192.0.2.25, where "
		      "this mail leaves from"},
		{DKIM, "550 5.7.20 No DKIM key here signs for x.test with a record in "
		       "DNS"},
		{DMARC, "550 5.7.26 x.test has no DMARC record"},
		{PTR, "550 5.7.25 192.0.2.25, where this mail leaves from, has no name "
		      "in reverse DNS that leads back to it"},
		{FORWARD, "550 5.7.25 192.0.2.25, where this mail leaves from, has no "
			  "name in reverse DNS that leads back to it"},
	};
	struct bench bench;

	open_bench(&bench, REFUSING);
	CHECK_NUMBER(judge(&bench)->refusal.code, 0);
	CHECK_NUMBER(gate_figures(bench.gate).waited, 1);
	close_bench(&bench);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		open_bench(&bench, REFUSING);
		lose(&bench, table[i].place);
		check_refusal(judge(&bench), table[i].refusal);
		CHECK_NUMBER(gate_figures(bench.gate).refused, 1);
		close_bench(&bench);
	}
}

static void silence(void *arg)
{
	struct bench bench;

	/* Nothing is said: nothing is refused, by those who may refuse, too. */
	open_bench(&bench, REFUSING);
	for (int i = 0; i < RECORDS; i++)
		if (bench.records[i].name)
			bench.records[i].data = "TIMEOUT";
	CHECK_NUMBER(judge(&bench)->missed, 0);
	CHECK_NUMBER(bench.answer.refusal.code, 0);
	close_bench(&bench);
}

static void alignment(void *arg)
{
	struct bench bench;

	/* SPF of another organization, and no key: DMARC fails. */
	open_bench(&bench, REFUSING);
	bench.records[6] = (struct zone_record){
		"z.test", "TXT v=spf1 ip4:192.0.2.25 -all"};
	bench.records[7] = (struct zone_record){"u.test", "MX 10 mx.x.test"};
	bench.records[8] = (struct zone_record){
		"_dmarc.u.test", "TXT v=DMARC1; p=reject"};
	judge_from(&bench, "", "a@z.test", "a@u.test", "");
	CHECK_NUMBER(bench.answer.missed, GATE_BIT(GATE_DKIM) | GATE_BIT(GATE_DMARC));
	check_refusal(&bench.answer,
		"550 5.7.20 No DKIM key here signs for u.test with a record in DNS");
	/* With SPF aligned it would pass without. */
	bench.records[9] = (struct zone_record){
		"mail.u.test", "TXT v=spf1 ip4:192.0.2.25 -all"};
	judge_from(&bench, "", "a@mail.u.test", "a@u.test", "");
	CHECK_NUMBER(bench.answer.missed, GATE_BIT(GATE_DKIM));
	/* The null sender has no SPF of its own; DKIM alone aligns. */
	judge_from(&bench, "", "", "a@x.test", "");
	CHECK_NUMBER(bench.answer.missed, 0);
	close_bench(&bench);
}

/* Bounces come back to a domain of ours: its SPF counts, and what is aligned with
 * it. */
static void bounce_domain(void *arg)
{
	struct bench bench;

	open_bench(&bench, REFUSING "bounces: { domain: b.x.test, verp: message }\n");
	CHECK_NUMBER(judge(&bench)->missed, GATE_BIT(GATE_SPF));
	check_refusal(&bench.answer,
		"550 5.7.23 SPF of b.x.test does not pass for 192.0.2.25, where this "
		"mail leaves from");
	close_bench(&bench);

	open_bench(&bench, REFUSING "bounces: { domain: b.x.test, verp: message }\n");
	bench.records[6] = (struct zone_record){
		"b.x.test", "TXT v=spf1 ip4:192.0.2.25 -all"};
	bench.records[7] = (struct zone_record){"u.test", "MX 10 mx.x.test"};
	bench.records[8] = (struct zone_record){
		"_dmarc.u.test", "TXT v=DMARC1; p=none"};
	lose(&bench, SPF);
	lose(&bench, DKIM);
	/* DKIM fails, SPF of our domain passes, and that is aligned or is not. */
	CHECK_NUMBER(judge(&bench)->missed, GATE_BIT(GATE_DKIM));
	judge_from(&bench, "", "a@u.test", "a@u.test", "");
	CHECK_NUMBER(bench.answer.missed, GATE_BIT(GATE_DKIM) | GATE_BIT(GATE_DMARC));
	close_bench(&bench);
}

static void signing(void *arg)
{
	struct bench bench;

	open_bench(&bench, "dkim: [{ domain: x.test, selector: s1, key: /k }]\n"
			   "gate: { addresses: [192.0.2.25], dkim: fix, "
			   "signing_domain: x.test, wait: 0 }\n");
	bench.records[6] = (struct zone_record){"u.test", "MX 10 mx.x.test"};
	bench.records[7] = (struct zone_record){
		"_dmarc.u.test", "TXT v=DMARC1; p=reject"};
	judge_from(&bench, "", "a@x.test", "a@u.test", "");
	CHECK_NUMBER(bench.answer.missed, 0); /* not known yet */
	let_ask();
	judge_from(&bench, "", "a@x.test", "a@u.test", "");
	CHECK_SLICE(bench.answer.sign_as, "x.test");
	CHECK_NUMBER(bench.answer.fixed, GATE_BIT(GATE_DKIM));
	CHECK_NUMBER(bench.answer.missed, GATE_BIT(GATE_DMARC));
	CHECK_SLICE(judge(&bench)->sign_as, "");
	close_bench(&bench);
}

static void unsubscribing(void *arg)
{
	struct bench bench;

	open_bench(&bench, REFUSING);
	CHECK_NUMBER(judge_from(&bench, "", "a@x.test", "a@x.test", "bulk")->missed,
		GATE_BIT(GATE_UNSUBSCRIBE));
	check_refusal(&bench.answer,
		"550 5.6.0 Bulk mail needs List-Unsubscribe with an https address, and "
		"List-Unsubscribe-Post");
	judge_from(&bench,
		"List-Unsubscribe: <https://x.test/>\r\nList-Unsubscribe-Post: "
		"List-Unsubscribe=One-Click\r\n",
		"a@x.test", "a@x.test", "bulk");
	CHECK_NUMBER(bench.answer.missed, 0);
	close_bench(&bench);

	open_bench(&bench, "gate: { spf: off, dkim: off, dmarc: off, ptr: off, domain: "
			   "off, unsubscribe: fix, streams: [transactional], "
			   "unsubscribe_url: \"https://x.test/{id}/{recipient}\", "
			   "single: fix }\n");
	judge_from(&bench, "To: c@y.test\r\nTo: d@y.test\r\n", "a@x.test", "a@x.test",
		"transactional");
	CHECK_SLICE(bench.answer.added,
		"To: c@y.test,\r\n d@y.test\r\n"
		"List-Unsubscribe: <https://x.test/01abc/b%40y.test>\r\n"
		"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
	CHECK_NUMBER(
		bench.answer.fixed, GATE_BIT(GATE_UNSUBSCRIBE) | GATE_BIT(GATE_SINGLE));
	CHECK_NUMBER(bench.answer.missed, 0);
	CHECK_NUMBER(judge_from(&bench, "", "a@x.test", "a@x.test", "bulk")->fixed, 0);
	let_ask();
	CHECK_NUMBER(bench.zone.asked, 0);
	close_bench(&bench);
}

/* What is remembered has a cap, and a reload forgets it. */
static void bounded(void *arg)
{
	struct bench bench;
	char sender[40];

	open_bench(&bench, "gate: { addresses: [192.0.2.25], domains: 50 }\n");
	for (int i = 0; i < 500; i++) {
		snprintf(sender, sizeof(sender), "a@d%d.test", i);
		judge_from(&bench, "", sender, "a@x.test", "");
		CHECK(gate_figures(bench.gate).domains <= 50);
		if (i % 20 == 0)
			let_ask();
	}
	let_ask();
	judge(&bench);
	gate_reload(bench.gate, bench.config, bench.keyring);
	CHECK_NUMBER(gate_figures(bench.gate).domains, 0);
	judge(&bench);
	gate_reload(bench.gate, bench.config, bench.keyring);
	let_ask();
	judge(&bench);
	let_ask();
	CHECK_NUMBER(gate_figures(bench.gate).domains, 1);
	/* Closed while it asks. */
	judge_from(&bench, "", "a@new.test", "a@other.test", "");
	close_bench(&bench);
}

/* What DNS said once is believed while it is silent. */
static void memory_of_old(void *arg)
{
	struct bench bench;
	struct gate_domain *domain;

	open_bench(&bench, ALL_WARN);
	lose(&bench, DMARC);
	judge(&bench);
	let_ask();
	CHECK_NUMBER(judge(&bench)->missed, GATE_BIT(GATE_DMARC));
	for (int i = 0; i < RECORDS; i++)
		if (bench.records[i].name)
			bench.records[i].data = "TIMEOUT";
	bench.records[DMARC].name = "_dmarc.x.test";
	domain = map_find(&bench.gate->memory->domains, SLICE("x.test"));
	if (CHECK(domain != NULL)) {
		domain->until_us = 0;
		judge(&bench);
		let_ask();
		CHECK(domain->until_us < worker_now_us() + 1000 * GATE_AGAIN_MS + 1);
		CHECK_NUMBER(judge(&bench)->missed, GATE_BIT(GATE_DMARC));
	}
	fill(bench.records);
	domain->until_us = 0;
	judge(&bench);
	let_ask();
	CHECK_NUMBER(judge(&bench)->missed, 0);
	close_bench(&bench);
}

static void run_in_worker(void (*body)(void *arg))
{
	struct worker *worker = worker_create(&(struct worker_options){
		.ring_entries = 64, .buffer_count = 64, .fibers_max = 64});

	if (!CHECK(worker != NULL))
		return;
	worker_run(worker, body, NULL);
	worker_destroy(&worker);
}

static void prepare(void)
{
	struct buffer text = {0}, value = {0};
	struct dkim_key *key;

	if (pem)
		return;
	CHECK(dkim_key_generate(DKIM_ED25519_SHA256, 0, &text));
	pem = memory_copy_text(buffer_contents(&text));
	key = dkim_key_create(SLICE("x.test"), SLICE("s1"), slice_of(pem));
	buffer_append(&value, SLICE("TXT "));
	CHECK(key && dkim_key_print_record(key, &value));
	record = memory_copy_text(buffer_contents(&value));
	dkim_key_destroy(&key);
	buffer_finish(&text);
	buffer_finish(&value);
}

#define IN_WORKER(title, body)       \
	CASE(title)                  \
	{                            \
		prepare();           \
		run_in_worker(body); \
	}

IN_WORKER("asked once in the background; nothing waits", in_background)
IN_WORKER("each record missing in turn is what it is refused for", each_missing)
IN_WORKER("where DNS says nothing, nothing is amiss", silence)
IN_WORKER("RFC 7489 3.1: what is aligned", alignment)
IN_WORKER("envelope senders of ours are what SPF is asked about", bounce_domain)
IN_WORKER("dkim: fix signs with another domain's key", signing)
IN_WORKER("bulk mail offers to leave, or gets the fields", unsubscribing)
IN_WORKER("domains are forgotten, at the cap and at a reload", bounded)
IN_WORKER("what DNS said holds while it is silent", memory_of_old)

CASE("what was told is told again only when it changes, whatever DNS omits to say")
{
	static const struct {
		uint32_t missed, unknown, all;
		bool news;
	} table[] = {
		{0, 0, 0, false},
		{1, 0, 1, true},
		{1, 0, 1, false},
		{0, 1, 1, false},
		{2, 1, 3, true},
		{0, 3, 3, false},
		{2, 0, 2, true},
		{0, 0, 0, true},
		{0, 7, 0, false},
	};
	struct gate_node *node = gate_node_create();
	uint32_t all;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		CHECK(gate_node_note(node, SLICE("x.test"), table[i].missed,
			      table[i].unknown, &all) == table[i].news);
		CHECK_NUMBER(all, table[i].all);
	}
	gate_node_destroy(&node);
}

CASE("the memory of the test itself")
{
	memory_free(pem);
	memory_free(record);
	pem = record = NULL;
}

CHECK_MAIN()
