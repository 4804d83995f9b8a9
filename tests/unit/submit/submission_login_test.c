/* Logging in to submit: every mechanism, with TLS and without, right and wrong. */
#include <gsasl.h>

#include "../io/material.h"
#include "base/encode.h"
#include "with_desk.h"

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

CHECK_MAIN()
