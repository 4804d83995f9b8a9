/* Submission as a whole: from the client's words to what is in the queue. */
#include <gsasl.h>

#include "../dkim/sample.h"
#include "../io/material.h"
#include "base/encode.h"
#include "base/failure.h"
#include "check.h"
#include "desk.h"

static struct server server;
static struct desk desk;

struct setting {
	const char *settings, *keys;
	void (*body)(void);
};

#define OPEN	"none, require_auth: false"
#define AUTH	"none, auth_without_tls: true"
#define NO_WAIT "submission: { auth_delay: 0 }"

static void run_in_worker(void *arg)
{
	const struct setting *setting = arg;

	if (desk_open(&desk, &server, setting->settings, setting->keys))
		setting->body();
	desk_close(&desk);
}

static void with_desk(const char *settings, const char *keys, void (*body)(void))
{
	struct setting setting = {settings, keys, body};
	struct worker *worker;

	server_start(&server, "--appendonly no");
	worker = worker_create(&(struct worker_options){.fibers_max = 1000});
	worker_run(worker, run_in_worker, &setting);
	worker_destroy(&worker);
	server_finish(&server);
	CHECK_NUMBER(desk_complaints, 0);
	desk_complaints = 0;
}

static bool holds(struct slice text, const char *what)
{
	bool found = slice_find(text, slice_of(what)) < text.size;

	if (!found)
		fprintf(stderr, "not in the message: %s\n%.*s\n", what,
			SLICE_PRINT(text));
	return found;
}

#define CHECK_HOLDS(text, what) CHECK(holds(text, what))
#define CHECK_LACKS(text, what) CHECK(slice_find((text), slice_of(what)) == (text).size)

/* ---- Messages ---- */

static void fixes(void)
{
	struct arena arena = {0};
	struct caller caller;
	struct entry *entry;
	struct slice text;

	caller_open(&caller, &desk);
	CHECK(strstr(caller.reply, "LIMITS RCPTMAX=1000 MAILMAX=10000"));
	CHECK(!strstr(caller.reply, "AUTH") && !strstr(caller.reply, "STARTTLS"));
	caller_mail(&caller, "a@x.test", "b@Y.test c@y.TEST",
		"From: a@x.test\r\nBcc: secret@z.test\r\nSubject: s\r\n\r\n..dot\r\n",
		"250 2.0.0 Ok: queued as ");
	entry = desk_take(&desk, &arena, &text);
	if (CHECK(entry != NULL)) {
		CHECK_SLICE(entry->domain, "y.test");
		CHECK_NUMBER(entry->recipient_count, 2);
		CHECK_SLICE(entry->recipients[0].address, "b@y.test");
		CHECK_SLICE(entry->message->envelope.reverse_path, "a@x.test");
		CHECK_NUMBER(entry->message->envelope.size, text.size);
		CHECK_HOLDS(text, "Received: from client.example");
		CHECK_HOLDS(text, "with ESMTP id ");
		CHECK_HOLDS(text, "\r\nDate: ");
		CHECK_HOLDS(text, "\r\nMessage-ID: <");
		CHECK_HOLDS(text, "\r\n\r\n.dot\r\n");
		CHECK_LACKS(text, "secret");
		CHECK_LACKS(text, "DKIM-Signature");
		CHECK(!entry->message->envelope.eight_bit);
		queue_settle(desk.place.queue, entry);
	}
	caller_close(&caller);
	CHECK_NUMBER(submission_figures(desk.submission).accepted, 1);
	CHECK(submission_figures(desk.submission).bytes > 100);
	arena_finish(&arena);
}

CASE("a message: header put right, dots out, one entry for a domain")
{
	with_desk("", OPEN, fixes);
}

static void envelopes(void)
{
	struct arena arena = {0};
	struct caller caller;
	struct entry *entries[3];
	struct slice text;

	caller_open(&caller, &desk);
	caller_say(&caller,
		"MAIL FROM:<> RET=HDRS ENVID=QQ+2B1 BODY=8BITMIME SMTPUTF8 "
		"AUTH=someone",
		"250 2.1.0");
	caller_say(&caller,
		"RCPT TO:<j\xc3\xb6@b\xc3\xbc"
		"cher.example> NOTIFY=SUCCESS,DELAY "
		"ORCPT=rfc822;j+40x",
		"250 2.1.5");
	caller_say(&caller, "RCPT TO:<b@z.test> NOTIFY=NEVER", "250 2.1.5");
	caller_say(&caller, "RCPT TO:<Postmaster>", "250 2.1.5");
	caller_say(&caller, "RCPT TO:<x@[192.0.2.1]>", "550 5.1.2");
	caller_say(&caller, "DATA", "354");
	caller_send(&caller,
		SLICE("From: a@x.test\r\nSubject: \xc3\xa4\r\n\r\n\xe4\r\n.\r\n"),
		"250 2.0.0");
	for (int i = 0; i < 3; i++)
		entries[i] = desk_take(&desk, &arena, &text);
	if (CHECK(entries[0] && entries[1] && entries[2])) {
		const struct envelope *envelope = &entries[0]->message->envelope;

		CHECK_SLICE(entries[0]->domain, "xn--bcher-kva.example");
		CHECK_SLICE(entries[0]->recipients[0].original, "rfc822;j@x");
		CHECK_NUMBER(entries[0]->recipients[0].notify,
			NOTIFY_SUCCESS | NOTIFY_DELAY);
		CHECK_NUMBER(entries[1]->recipients[0].notify, NOTIFY_NEVER);
		CHECK_SLICE(entries[2]->domain, "mx.example");
		CHECK_SLICE(entries[2]->recipients[0].address, "Postmaster@mx.example");
		CHECK(envelope->reverse_path.size == 0 && envelope->account.size == 0);
		CHECK_SLICE(envelope->envelope_id, "QQ+1");
		CHECK(envelope->return_set && !envelope->return_full);
		CHECK(envelope->smtputf8 && envelope->eight_bit &&
			envelope->header_eight_bit);
		CHECK_NUMBER(envelope->lines_longest, 14);
		CHECK_HOLDS(text, "with UTF8SMTP id");
		for (int i = 0; i < 3; i++)
			queue_settle(desk.place.queue, entries[i]);
	}
	caller_close(&caller);
	arena_finish(&arena);
}

CASE("the envelope: DSN parameters, SMTPUTF8, 8-bit facts, domains as A-labels")
{
	with_desk("", OPEN, envelopes);
}

static const char *key_pem, *key_record;

static void signatures(void)
{
	static const char *const texts[] = {
		"From: a@x.test\r\nSubject: s\r\n\r\nbody\r\n",
		"From: a@x.test\r\nSubject: s\r\n",		 /* all header */
		"From: a@x.test\r\nTo: b\r\n c\r\n\r\n\r\n\r\n", /* empty body */
	};
	struct arena arena = {0};
	struct caller caller;

	desk_add_key(&desk, "x.test", key_pem);
	caller_open(&caller, &desk);
	for (size_t i = 0; i < 3; i++) {
		struct slice text, record = slice_of(key_record);
		struct dkim_answer answer = {DKIM_DNS_FOUND, &record, 1};
		struct dkim_verifier *verifier;
		struct header_end end = {0};
		struct header header;
		struct entry *entry;

		caller_mail(&caller, "a@x.test", "b@y.test", texts[i], "250 2.0.0");
		entry = desk_take(&desk, &arena, &text);
		if (!CHECK(entry != NULL))
			break;
		CHECK(slice_starts(text, SLICE("DKIM-Signature: ")));
		CHECK(header_end_find(&end, text));
		CHECK(header_scan(
			&arena, slice_part(text, 0, (size_t)end.size), 0, 0, &header));
		CHECK_NUMBER(entry->message->envelope.header_size, end.body_at);
		verifier = dkim_verify_begin(
			header.fields, header.count, SLICE("x.test"));
		dkim_verify_feed(verifier, slice_from(text, (size_t)end.body_at));
		dkim_verify_finish(verifier, &answer, worker_wall_ms() / 1000);
		if (CHECK_NUMBER(dkim_verify_result_count(verifier), 1))
			CHECK_NUMBER(
				dkim_verify_result(verifier, 0)->result, DKIM_PASS);
		dkim_verify_destroy(&verifier);
		queue_settle(desk.place.queue, entry);
	}
	caller_mail(&caller, "a@other.test", "b@y.test", "From: a@other.test\r\n\r\n",
		"250 2.0.0");
	caller_close(&caller);
	arena_finish(&arena);
}

static void signatures_without_threads(void)
{
	offload_stop();
	CHECK(offload_start(1, 0));
	signatures();
	offload_stop();
	CHECK(offload_start(1, 100));
}

CASE("signed with the key of From's domain, and verified")
{
	key_pem = SAMPLE_ED25519_PEM;
	key_record = SAMPLE_ED25519_RECORD;
	with_desk("", OPEN, signatures);
	key_pem = SAMPLE_RSA_PEM;
	key_record = SAMPLE_RSA_RECORD;
	with_desk("", OPEN, signatures);
}

CASE("an RSA signature that finds no place among the threads is made all the same")
{
	key_pem = SAMPLE_RSA_PEM;
	key_record = SAMPLE_RSA_RECORD;
	with_desk("", OPEN, signatures_without_threads);
}

static void split_everywhere(void)
{
	static const char text[] = "BDAT 64 LAST\r\n"
				   "From: a@x.test\r\nBcc: b@y.test\r\n"
				   "Message-ID: <1@x>\r\n\r\nHello\r\nworld";
	struct arena arena = {0};
	struct caller caller;

	caller_open(&caller, &desk);
	for (size_t cut = 14; cut < sizeof(text) - 1; cut++) {
		struct slice whole = SLICE(text), got;
		struct entry *entry;

		caller_say(&caller, "MAIL FROM:<a@x.test>", "250");
		caller_say(&caller, "RCPT TO:<b@y.test>", "250");
		stream_write(caller.stream, slice_part(whole, 0, cut));
		CHECK(stream_flush(caller.stream, deadline_after_ms(1000)));
		fiber_yield(deadline_none());
		fiber_yield(deadline_none());
		caller_send(&caller, slice_from(whole, cut), "250 2.0.0");
		entry = desk_take(&desk, &arena, &got);
		if (!CHECK(entry != NULL))
			break;
		CHECK_HOLDS(got, "\r\nMessage-ID: <1@x>\r\n");
		CHECK(slice_ends(got, SLICE("\r\n\r\nHello\r\nworld")));
		CHECK_LACKS(got, "Bcc");
		queue_settle(desk.place.queue, entry);
	}
	caller_close(&caller);
	arena_finish(&arena);
}

CASE("header and body told apart at every cut")
{
	with_desk("", OPEN, split_everywhere);
}

static void refusals(void)
{
	struct arena arena = {0};
	struct caller caller;
	char *large = arena_take(&arena, 4000), *hops = arena_take(&arena, 4000);

	memset(large, 'x', 3000);
	for (size_t i = 0; i < 3000; i += 60)
		memcpy(large + i, "X-Filler: y\r\n", 13);
	strcpy(large + 3000, "\r\n\r\n");
	for (size_t i = 0; i < 10; i++)
		strcat(hops,
			"Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n");
	strcat(hops, "From: a@x.test\r\n\r\n");
	caller_open(&caller, &desk);
	caller_mail(&caller, "a@x.test", "b@y.test", large,
		"552 5.3.4 Message header too big");
	caller_mail(&caller, "a@x.test", "b@y.test", hops, "554 5.4.6");
	caller_mail(&caller, "a@x.test", "b@y.test",
		"From: a@x.test\r\nFrom: b@x.test\r\n\r\n", "550 5.6.0");
	caller_mail(&caller, "a@x.test", "b@y.test", "From: a@x.test\r\n\r\na\nb\r\n",
		"550 5.6.0 Message refused: it has ");
	caller_say(&caller, "MAIL FROM:<a@x.test> SIZE=99999999", "552 5.3.4");
	caller_say(&caller, "MAIL FROM:<a@x.test> SIZE=1000", "250 2.1.0");
	caller_say(&caller, "RCPT TO:<b@-.test>", "5");
	caller_say(&caller, "RSET", "250");
	/* Whoever may connect here may send as anyone, also without From. */
	caller_mail(&caller, "a@x.test", "b@y.test", "Subject: x\r\n\r\n", "250 2.0.0");
	caller_mail(
		&caller, "a@x.test", "b@y.test", "no header at all\r\n", "250 2.0.0");
	caller_mail(&caller, "a@x.test", "b@y.test", "", "250 2.0.0");
	caller_close(&caller);
	CHECK_NUMBER(submission_figures(desk.submission).accepted, 3);
	CHECK_NUMBER(submission_figures(desk.submission).refused, 5);
	arena_finish(&arena);
}

CASE("messages that are refused, and odd ones that are not")
{
	with_desk("submission: { header_size: 2 KiB, hops: 10 }", OPEN, refusals);
}

/* ---- Logging in ---- */

static const struct {
	enum sasl_mechanism mechanism;
	const char *name, *password;
	int want;
} logins[] = {
	{SASL_PLAIN, "app@x.test", "s3cret", 235},
	{SASL_PLAIN, "app@X.TEST", "s3cret", 235},
	{SASL_PLAIN, "app@x.test", "s3creT", 535},
	{SASL_PLAIN, "none@x.test", "s3cret", 535},
	{SASL_LOGIN, "app@x.test", "s3cret", 235},
	{SASL_LOGIN, "app@x.test", "wrong", 535},
	{SASL_CRAM_MD5, "app@x.test", "s3cret", 235},
	{SASL_CRAM_MD5, "app@x.test", "wrong", 535},
	{SASL_CRAM_MD5, "none@x.test", "s3cret", 535},
	{SASL_SCRAM_SHA_256, "app@x.test", "s3cret", 235},
	{SASL_SCRAM_SHA_256, "app@x.test", "wrong", 535},
	{SASL_SCRAM_SHA_256, "none@x.test", "s3cret", 535},
};

static void log_in_each_way(void)
{
	struct submission_figures figures;

	desk_add_account(&desk, "app@x.test", "s3cret", "");
	for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
		struct caller caller;
		int got;

		caller_open(&caller, &desk);
		CHECK(strstr(
			caller.reply, "AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256\n"));
		caller_say(&caller, "MAIL FROM:<app@x.test>", "530 5.7.0 Say AUTH");
		got = caller_log_in(&caller, logins[i].mechanism, logins[i].name,
			logins[i].password);
		if (!CHECK_NUMBER(got, logins[i].want))
			fprintf(stderr, "%s %s: %s\n",
				sasl_mechanism_name(logins[i].mechanism),
				logins[i].name, caller.reply);
		if (got == 535)
			CHECK(strcmp(caller.reply, "535 5.7.8 Authentication failed") ==
				0);
		caller_say(&caller, "MAIL FROM:<app@x.test>",
			got == 235 ? "250 2.1.0" : "530 5.7.0");
		caller_close(&caller);
	}
	figures = submission_figures(desk.submission);
	CHECK_NUMBER(figures.logins, 5);
	CHECK_NUMBER(figures.login_failures, 7);
}

CASE("every mechanism: right, wrong, unknown")
{
	with_desk(NO_WAIT,
		AUTH ", mechanisms: [PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-256, "
		     "SCRAM-SHA-256-PLUS]",
		log_in_each_way);
}

static void exchange_faults(void)
{
	struct caller caller;
	char line[13000];

	desk_add_account(&desk, "app", "s3cret", "*");
	caller_open(&caller, &desk);
	caller_say(&caller, "AUTH CRAM-MD5", "504 5.5.4");
	caller_say(&caller, "AUTH GSSAPI", "504 5.5.4");
	caller_say(&caller, "AUTH PLAIN", "334");
	caller_say(&caller, "*", "501 5.7.0");
	caller_say(&caller, "AUTH PLAIN", "334");
	caller_say(&caller, "not base64!", "501 5.5.2");
	caller_say(&caller, "AUTH LOGIN", "334 VXNlcm5hbWU6");
	caller_say(&caller, "=", "501 5.5.2");
	caller_say(&caller, "AUTH PLAIN", "334");
	memset(line, 'A', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	caller_say(&caller, line, "500 5.5.6");
	caller_say(&caller, "NOOP", "250");
	caller_say(&caller, "AUTH PLAIN eAB5AHo=", "535 5.7.8");
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, "app", "s3cret"), 235);
	caller_say(&caller, "AUTH PLAIN", "503 5.5.1");
	caller_say(&caller, "MAIL FROM:<any@where.test>", "250");
	caller_close(&caller);

	caller_open(&caller, &desk);
	caller_say(&caller, "AUTH PLAIN", "334");
	caller_send(&caller, SLICE("AHUAcA==\nQUIT\r\n"), "421 4.5.2");
	caller_close(&caller);
}

CASE("RFC 4954: what can go wrong in the exchange")
{
	with_desk(NO_WAIT, AUTH ", mechanisms: [PLAIN, LOGIN]", exchange_faults);
}

static int64_t time_of(const char *name, const char *password, int want)
{
	struct caller caller;
	int64_t from;

	caller_open(&caller, &desk);
	from = worker_now_us();
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, name, password), want);
	from = worker_now_us() - from;
	caller_close(&caller);
	return from / 1000;
}

/* On a busy machine anything may be late; a delay is there every time. */
static bool is_ever_faster(const char *name, const char *password, int64_t limit_ms)
{
	for (unsigned i = 0; i < 50; i++)
		if (time_of(name, password, 235) < limit_ms)
			return true;
	return false;
}

static void delays(void)
{
	desk_add_account(&desk, "app", "s3cret", "");
	CHECK(is_ever_faster("app", "s3cret", 200));
	CHECK(time_of("app", "wrong", 535) >= 50);
	CHECK(time_of("none", "wrong", 535) >= 90);
	CHECK(time_of("app", "wrong", 535) >= 180);
	/* Who knows it is not made to wait, and costs no hash any more. */
	CHECK(is_ever_faster("app", "s3cret", 40));
	/* The changed password counts at once, the old one no more. */
	desk_add_account(&desk, "app", "changed", "");
	submission_close(&desk.submission);
	desk.submission = submission_open(desk.node, desk.accounts, desk.config,
		desk.keyring, desk.place.queue, NULL);
	CHECK(time_of("app", "s3cret", 535) >= 360);
	CHECK(is_ever_faster("app", "changed", 300));
}

CASE("failures are answered later each time; what was verified is not hashed again")
{
	with_desk("submission: { auth_delay: 50ms }", AUTH, delays);
}

static void blocked(void)
{
	struct caller caller;

	desk_add_account(&desk, "app", "s3cret", "");
	for (int i = 0; i < 5; i++) {
		caller_open(&caller, &desk);
		for (int j = 0; j < 20; j++)
			CHECK_NUMBER(caller_log_in(&caller, SASL_SCRAM_SHA_256, "none",
					     "wrong"),
				535);
		caller_close(&caller);
	}
	caller_open(&caller, &desk);
	caller_log_in(&caller, SASL_SCRAM_SHA_256, "none", "wrong");
	caller_say(&caller, "AUTH PLAIN AGFwcABzM2NyZXQ=", "421 4.7.0");
	caller_close(&caller);
	CHECK_NUMBER(submission_figures(desk.submission).logins, 0);
}

CASE("an address that guesses on is not listened to")
{
	with_desk("submission: { auth_delay: 0, errors: 1000 }", AUTH, blocked);
}

static void make_tls(void)
{
	struct tls_pair pair;
	size_t which;

	material_make(&(struct material_wish){
		.name = "mx.example", .names = "DNS:mx.example"});
	pair = (struct tls_pair){
		material_path("mx.example", "pem"), material_path("mx.example", "key")};
	desk.tls = tls_server_create(&pair, 1, "1.2", "smtp", &which);
	desk.client_tls = tls_client_create(NULL, "1.2");
}

static void tls(void)
{
	struct caller caller;

	make_tls();
	desk_add_account(&desk, "app", "s3cret", "@x.test");
	caller_open(&caller, &desk);
	CHECK(!strstr(caller.reply, "AUTH"));
	CHECK(strstr(caller.reply, "STARTTLS"));
	caller_say(&caller, "AUTH PLAIN AGFwcABzM2NyZXQ=", "538 5.7.11");
	caller_say(&caller, "MAIL FROM:<a@x.test>", "530 5.7.0 Say STARTTLS");
	caller_start_tls(&caller, "one");
	CHECK(strstr(caller.reply, "AUTH PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n"));
	CHECK_NUMBER(caller_log_in(&caller, SASL_SCRAM_SHA_256, "app", "s3cret"), 235);
	caller_mail(
		&caller, "a@x.test", "b@y.test", "From: a@x.test\r\n\r\n", "250 2.0.0");
	caller_close(&caller);
}

/* SCRAM-SHA-256-PLUS as GNU SASL's client does it; the code of the last reply. */
static int log_in_bound(struct caller *caller, const char *binding)
{
	Gsasl *library;
	Gsasl_session *client;
	struct slice challenge = SLICE_EMPTY;
	char *answer = NULL;
	bool begun = false;

	CHECK(gsasl_init(&library) == GSASL_OK);
	CHECK(gsasl_client_start(library, "SCRAM-SHA-256-PLUS", &client) == GSASL_OK);
	gsasl_property_set(client, GSASL_AUTHID, "app");
	gsasl_property_set(client, GSASL_PASSWORD, "s3cret");
	gsasl_property_set(client, GSASL_CB_TLS_EXPORTER, binding);
	do {
		char *text = memory_copy_text(challenge);
		int result = gsasl_step64(client, text, &answer);

		memory_free(text);
		if (!CHECK(result == GSASL_OK || result == GSASL_NEEDS_MORE))
			break;
		stream_write_format(caller->stream, "%s%s\r\n",
			begun ? "" : "AUTH SCRAM-SHA-256-PLUS ", answer);
		caller_send(caller, SLICE_EMPTY, "");
		challenge = slice_trim(slice_of(caller->reply + 3));
		gsasl_free(answer);
		begun = true;
	} while (strncmp(caller->reply, "334", 3) == 0);
	gsasl_finish(client);
	gsasl_done(library);
	return atoi(caller->reply);
}

static void bound(void)
{
	char bytes[64], text[BASE64_SIZE(64) + 1] = "";
	struct caller caller;
	size_t size;

	make_tls();
	desk_add_account(&desk, "app", "s3cret", "@x.test");
	caller_open(&caller, &desk);
	caller_start_tls(&caller, "three");
	CHECK(strstr(caller.reply, "AUTH SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n"));
	CHECK(tls_is_1_3(caller.stream));
	CHECK(tls_channel_binding(caller.stream, true, bytes, &size));
	bytes[0] ^= 1; /* somebody between us has TLS of his own with each */
	base64_encode(slice_make(bytes, size), text);
	CHECK_NUMBER(log_in_bound(&caller, text), 535);
	bytes[0] ^= 1;
	base64_encode(slice_make(bytes, size), text);
	CHECK_NUMBER(log_in_bound(&caller, text), 235);
	caller_close(&caller);
}

CASE("SCRAM-SHA-256-PLUS (RFC 9266): bound to this TLS and no other")
{
	with_desk(NO_WAIT "\ntls: [ { certificate: /c.pem, key: /k.pem } ]",
		"starttls, mechanisms: [SCRAM-SHA-256, SCRAM-SHA-256-PLUS]", bound);
}

static void tls_after_auth(void)
{
	struct caller caller;

	make_tls();
	desk_add_account(&desk, "app", "s3cret", "@x.test");
	caller_open(&caller, &desk);
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, "app", "s3cret"), 235);
	caller_start_tls(&caller, "two");
	caller_say(&caller, "MAIL FROM:<a@x.test>", "530 5.7.0 Say AUTH");
	/* The one session it may have is free again. */
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, "app", "s3cret"), 235);
	caller_say(&caller, "MAIL FROM:<a@x.test>", "250 2.1.0");
	caller_close(&caller);
}

CASE("RFC 3207 4.2: after STARTTLS nobody is logged in")
{
	with_desk("submission: { auth_delay: 0, sessions_per_account: 1 }\n"
		  "tls: [ { certificate: /c.pem, key: /k.pem } ]",
		"starttls, auth_without_tls: true", tls_after_auth);
}

CASE("AUTH only after STARTTLS; PLUS only then")
{
	with_desk(NO_WAIT "\ntls: [ { certificate: /c.pem, key: /k.pem } ]",
		"starttls, mechanisms: [PLAIN, SCRAM-SHA-256, SCRAM-SHA-256-PLUS]",
		tls);
}

static void redis_down(void)
{
	struct caller caller;

	desk_add_account(&desk, "app", "s3cret", "");
	caller_open(&caller, &desk);
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, "app", "s3cret"), 235);
	caller_close(&caller);
	server_kill(&server);
	rest_ms(100);
	caller_open(&caller, &desk);
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, "other", "s3cret"), 454);
	CHECK(strncmp(caller.reply, "454 4.7.0", 9) == 0);
	CHECK_NUMBER(caller_log_in(&caller, SASL_SCRAM_SHA_256, "app", "s3cret"), 235);
	caller_say(&caller, "MAIL FROM:<>", "452 4.3.1");
	caller_close(&caller);
}

CASE("Redis is down: who was here of late may log in, and hears 452")
{
	with_desk(NO_WAIT, AUTH, redis_down);
}

/* ---- Rights ---- */

static void rights(void)
{
	struct caller caller;

	desk_add_account(&desk, "app", "s3cret", "@x.test c@y.test");
	caller_open(&caller, &desk);
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, "app", "s3cret"), 235);
	caller_say(&caller, "MAIL FROM:<a@y.test>",
		"550 5.7.1 Envelope sender a@y.test is not yours to use");
	caller_mail(
		&caller, "c@y.test", "b@z.test", "From: a@x.test\r\n\r\n", "250 2.0.0");
	caller_mail(&caller, "", "b@z.test", "From: a@x.test\r\n\r\n", "250 2.0.0");
	caller_mail(&caller, "", "b@z.test", "From: a@y.test\r\n\r\n",
		"550 5.7.1 From address a@y.test is not yours to use");
	caller_mail(&caller, "a@x.test", "b@z.test",
		"From: a@x.test, evil@bank.test\r\n\r\n",
		"550 5.7.1 From address evil@bank.test");
	caller_mail(&caller, "a@x.test", "b@z.test", "Subject: s\r\n\r\n",
		"550 5.6.0 The message has no valid From field");
	caller_mail(&caller, "a@x.test", "b@z.test", "From: me\r\n\r\n", "550 5.6.0");
	caller_mail(&caller, "a@x.test", "b@z.test",
		"From: bank <b@bank.test>\r\nFrom: a@x.test\r\n\r\n", "550 5.6.0");
	caller_close(&caller);
}

CASE("senders: envelope and every author")
{
	with_desk(NO_WAIT, AUTH, rights);
}

static void limited(void)
{
	struct account account;
	struct arena arena = {0};
	struct caller one, two;

	desk_add_account(&desk, "app", "s3cret", "*");
	CHECK(account_read(desk.place.redis, SLICE("app"), &arena, &account,
		deadline_after_ms(60000)));
	account.messages_per_hour = 2;
	account.recipients_per_message = 1;
	account.sessions = 1;
	CHECK(account_write(
		desk.place.redis, &account, false, deadline_after_ms(60000)));

	caller_open(&one, &desk);
	caller_open(&two, &desk);
	CHECK_NUMBER(caller_log_in(&one, SASL_PLAIN, "app", "s3cret"), 235);
	CHECK_NUMBER(caller_log_in(&two, SASL_PLAIN, "app", "s3cret"), 421);
	caller_close(&two);
	caller_say(&one, "EHLO client", "250-");
	CHECK(strstr(one.reply, "RCPTMAX=1 "));
	caller_say(&one, "MAIL FROM:<a@x.test>", "250");
	caller_say(&one, "RCPT TO:<b@y.test>", "250");
	caller_say(&one, "RCPT TO:<c@y.test>", "452 4.5.3");
	caller_say(&one, "RSET", "250");
	caller_mail(&one, "a@x.test", "b@y.test", "From: a@x.test\r\n\r\n", "250");
	caller_mail(&one, "a@x.test", "b@y.test", "From: a@x.test\r\n\r\n", "250");
	caller_say(&one, "MAIL FROM:<a@x.test>", "250");
	caller_say(&one, "RCPT TO:<b@y.test>", "250");
	caller_say(&one, "DATA", "450 4.7.1 This account may send 2 messages an hour");
	caller_close(&one);
	caller_open(&two, &desk);
	CHECK_NUMBER(caller_log_in(&two, SASL_PLAIN, "app", "s3cret"), 235);
	caller_close(&two);
	arena_finish(&arena);
}

CASE("an account's messages an hour, recipients, sessions")
{
	with_desk(NO_WAIT, AUTH, limited);
}

static void trusted(void)
{
	struct caller caller;

	desk_add_account(&desk, "app", "s3cret", "c@y.test");
	caller_open(&caller, &desk);
	caller_say(&caller, "MAIL FROM:<a@y.test>", "550 5.7.1");
	caller_mail(&caller, "any@x.test", "b@z.test", "From: one@w.test\r\n\r\n",
		"250 2.0.0");
	caller_mail(&caller, "any@x.test", "b@z.test", "From: two@w.test\r\n\r\n",
		"550 5.7.1");
	caller_mail(&caller, "any@x.test", "b@z.test", "\r\nno From\r\n", "550 5.6.0");
	/* Who logs in has the account's rights, and no others. */
	CHECK_NUMBER(caller_log_in(&caller, SASL_PLAIN, "app", "s3cret"), 235);
	caller_say(&caller, "MAIL FROM:<any@x.test>", "550 5.7.1");
	caller_say(&caller, "MAIL FROM:<c@y.test>", "250");
	caller_close(&caller);
}

CASE("trusted networks and the senders they may use")
{
	with_desk("submission: { trusted_networks: [127.0.0.0/8], auth_delay: 0, "
		  "trusted_senders: [\"@x.test\", \"one@w.test\"] }",
		AUTH, trusted);
}

int main(void)
{
	int result;

	if (!offload_start(1, 100))
		return EXIT_FAILURE;
	result = check_run();
	offload_stop();
	return result;
}
