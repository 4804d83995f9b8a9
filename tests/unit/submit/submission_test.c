/* Messages handed in: from the client's words to what is in the queue. */
#include "../dkim/sample.h"
#include "with_desk.h"

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

CHECK_MAIN()
