/* As whom an account or a trusted network may send, and how much. */
#include "with_desk.h"

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

CHECK_MAIN()
