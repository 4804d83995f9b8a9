/* What a message gets and loses at submission. */
#include "mail/fixup.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "check.h"

static struct arena arena;

static struct fixup_facts facts(void)
{
	return (struct fixup_facts){
		.hostname = SLICE("mail.example.com"),
		.helo = SLICE("client.example.org"),
		.client_name = SLICE("host-7.example.org"),
		.client_address = SLICE("192.0.2.7"),
		.protocol = SLICE("ESMTPSA"),
		.tls_version = SLICE("TLSv1.3"),
		.tls_cipher = SLICE("TLS_AES_256_GCM_SHA384"),
		.account = SLICE("alice"),
		.queue_id = SLICE("01jd9x7zk3m5"),
		.recipient = SLICE("bob@example.net"),
		.date_ms = 1795246367123,
	};
}

/* The whole new header, joined; in the arena. */
static struct slice fixed(
	const char *block, const struct fixup_facts *f, struct fixup *fixup_r)
{
	struct header header;
	struct buffer out = {0};
	struct slice text;

	CHECK(header_scan(&arena, slice_of(block), 0, 0, &header));
	fixup_build(&arena, &header, f, fixup_r);
	for (size_t i = 0; i < fixup_r->count; i++)
		buffer_append(&out, fixup_r->pieces[i]);
	CHECK_NUMBER(fixup_r->size, buffer_size(&out));
	text = arena_copy(&arena, buffer_contents(&out));
	buffer_finish(&out);
	return text;
}

/* Every line legal and below LIMIT. */
static void check_lines(struct slice text, size_t limit)
{
	while (text.size) {
		size_t end = slice_find(text, SLICE("\r\n"));

		CHECK(end < text.size);
		if (!CHECK(end < limit))
			fprintf(stderr, "«%.*s»\n",
				SLICE_PRINT(slice_part(text, 0, end)));
		for (size_t i = 0; i < end; i++)
			CHECK(text.at[i] != '\r' && text.at[i] != '\n');
		text = slice_from(text, end + 2);
	}
}

#define RECEIVED                                                                    \
	"Received: from client.example.org (host-7.example.org [192.0.2.7])\r\n"    \
	"\tby mail.example.com with ESMTPSA (TLSv1.3) (authenticated as alice)\r\n" \
	"\tid 01jd9x7zk3m5 for <bob@example.net> tls TLS_AES_256_GCM_SHA384;\r\n"   \
	"\tSat, 21 Nov 2026 07:32:47 +0000\r\n"

CASE("RFC 3848, RFC 6531 4.3: the protocol's word")
{
	CHECK_SLICE(fixup_protocol(false, false, false, false), "SMTP");
	CHECK_SLICE(fixup_protocol(true, false, false, false), "ESMTP");
	CHECK_SLICE(fixup_protocol(true, false, true, false), "ESMTPS");
	CHECK_SLICE(fixup_protocol(true, false, false, true), "ESMTPA");
	CHECK_SLICE(fixup_protocol(true, false, true, true), "ESMTPSA");
	CHECK_SLICE(fixup_protocol(true, true, false, false), "UTF8SMTP");
	CHECK_SLICE(fixup_protocol(true, true, true, true), "UTF8SMTPSA");
}

CASE("RFC 5321 4.4: Received")
{
	struct fixup_facts f = facts();

	CHECK_SLICE(fixup_received(&arena, &f), RECEIVED);
	f.client_name = f.account = f.recipient = SLICE_EMPTY;
	f.client_address = SLICE("2001:db8::7");
	f.tls_version = SLICE("TLSv1.2");
	f.tls_cipher = SLICE("ECDHE-RSA-AES256-GCM-SHA384");
	CHECK_SLICE(fixup_received(&arena, &f),
		"Received: from client.example.org ([IPv6:2001:db8::7])\r\n"
		"\tby mail.example.com with ESMTPSA\r\n"
		"\t(TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384) id 01jd9x7zk3m5;\r\n"
		"\tSat, 21 Nov 2026 07:32:47 +0000\r\n");
	f = (struct fixup_facts){.hostname = SLICE("mail.example.com"),
		.protocol = SLICE("HTTP"),
		.queue_id = SLICE("1")};
	CHECK_SLICE(fixup_received(&arena, &f),
		"Received: by mail.example.com with HTTP id 1;\r\n"
		"\tThu, 01 Jan 1970 00:00:00 +0000\r\n");
	f.client_address = SLICE("[192.0.2.1]");
	f.helo = SLICE("[192.0.2.1]");
	f.client_address = SLICE("192.0.2.1");
	CHECK(slice_starts(fixup_received(&arena, &f),
		SLICE("Received: from [192.0.2.1] ([192.0.2.1])\r\n\tby ")));
	arena_finish(&arena);
}

CASE("RFC 6710 4.1, RFC 6758, RFC 4865: a priority, and a date to come")
{
	struct fixup_facts f = facts();
	struct slice received, text;
	struct fixup fixup;

	f.priority = -9;
	received = fixup_received(&arena, &f);
	CHECK(slice_find(received, SLICE("PRIORITY -9;\r\n")) < received.size);
	check_lines(received, 78);
	f.priority = 3;
	f.priority_field = true;
	f.release_ms = f.date_ms + 3600000;
	text = fixed("From: a\r\n", &f, &fixup);
	CHECK(slice_find(text, SLICE("\r\nMT-Priority: 3\r\n")) < text.size);
	CHECK(slice_find(text, SLICE("\r\nDate: Sat, 21 Nov 2026 08:32:47 +0000\r\n")) <
		text.size);
	CHECK(slice_find(text, SLICE("\tSat, 21 Nov 2026 07:32:47 +0000\r\n")) <
		text.size);
	arena_finish(&arena);
}

CASE("fields made private go, wherever they stand")
{
	struct slice block = SLICE("X-A: 1\r\nDate: x\r\nX-A: 2\r\n 3\r\nMessage-ID: "
				   "<a@b>\r\nX-A: 4\r\n");
	struct fixup_facts f = facts();
	struct header header;
	struct fixup fixup;
	struct buffer text = {0};

	CHECK(header_scan(&arena, block, 0, 0, &header));
	for (size_t i = 0; i < header.count; i += 2)
		header_make_private(&header, &header.fields[i]);
	CHECK_NUMBER(header.counts[HEADER_PRIVATE], 3);
	CHECK_NUMBER(header.counts[HEADER_OTHER], 0);
	fixup_build(&arena, &header, &f, &fixup);
	for (size_t i = 0; i < fixup.count; i++)
		buffer_append(&text, fixup.pieces[i]);
	CHECK_SLICE(buffer_contents(&text),
		RECEIVED "Date: x\r\nMessage-ID: <a@b>\r\n\r\n");
	CHECK_NUMBER(fixup.removed, 3);
	buffer_finish(&text);
	arena_finish(&arena);
}

CASE("what peers say cannot break the field")
{
	struct fixup_facts f = facts();
	char text[5000];
	struct slice received;

	f.helo = SLICE("a b(c)\r\nX: y;\xc3\xa9");
	f.account = SLICE("al(i)\\ce\r\n\xc3\xa9");
	f.recipient = SLICE("b\xc3\xb6@example.net");
	received = fixup_received(&arena, &f);
	CHECK(slice_starts(received, SLICE("Received: from a?b?c???X:?y??? (host-7")));
	CHECK(slice_find(received, SLICE("(authenticated as al\\(i\\)\\\\ce?\?\?\?)")) <
		received.size);
	CHECK(slice_find(received, SLICE("for <")) == received.size);
	check_lines(received, 78);

	f.utf8 = true;
	received = fixup_received(&arena, &f);
	CHECK(slice_find(received, SLICE("b\xc3\xb6@")) < received.size);

	memset(text, '(', sizeof(text));
	f.helo = f.client_name = f.client_address = f.protocol = f.tls_version =
		f.tls_cipher = f.account = f.queue_id = f.hostname = slice_make(
			text, sizeof(text));
	check_lines(fixup_received(&arena, &f), 998);
	f.helo = f.client_name = f.recipient = slice_make(text, FIXUP_TEXT_MAX);
	check_lines(fixup_received(&arena, &f), 998);
	arena_finish(&arena);
}

CASE("RFC 6409 8: what is missing is added, what exists stays")
{
	struct fixup_facts f = facts();
	struct fixup fixup;
	const char *whole = "From: a@example.com\r\nSubject:\r\n\tfolded  oddly\r\n"
			    "Date: whenever\r\nmessage-id: <own@example.com>\r\n";

	CHECK_SLICE(fixed(whole, &f, &fixup),
		arena_copy_text(
			&arena, arena_format(&arena, "%s%s\r\n", RECEIVED, whole)));
	CHECK_NUMBER(fixup.count, 3);
	CHECK(!fixup.date_added && !fixup.message_id_added && !fixup.from_missing);
	CHECK_SLICE(fixup.message_id, "<own@example.com>");

	CHECK_SLICE(fixed("From: a@example.com\r\n", &f, &fixup),
		RECEIVED "From: a@example.com\r\n"
			 "Date: Sat, 21 Nov 2026 07:32:47 +0000\r\n"
			 "Message-ID: <01jd9x7zk3m5@mail.example.com>\r\n\r\n");
	CHECK(fixup.date_added && fixup.message_id_added);
	CHECK_SLICE(fixup.message_id, "<01jd9x7zk3m5@mail.example.com>");

	/* no header at all; a header whose last line has no end */
	CHECK_SLICE(fixed("", &f, &fixup),
		RECEIVED "Date: Sat, 21 Nov 2026 07:32:47 +0000\r\n"
			 "Message-ID: <01jd9x7zk3m5@mail.example.com>\r\n\r\n");
	CHECK(fixup.from_missing);
	CHECK_SLICE(fixed("Date: x\r\nMessage-ID: none\r\nFrom: a", &f, &fixup),
		RECEIVED "Date: x\r\nMessage-ID: none\r\nFrom: a\r\n\r\n");
	CHECK_SLICE(fixup.message_id, "");
	arena_finish(&arena);
}

CASE("Bcc, Return-Path and mbox lines go, wherever they stand")
{
	struct fixup_facts f = facts();
	struct fixup fixup;

	CHECK_SLICE(fixed("From alice Sat Nov 21 07:32:47 2026\r\n"
			  "Return-Path: <x@example.com>\r\n"
			  "From: a\r\nBCC: b,\r\n c\r\nbcc : d\r\nTo: e\r\n"
			  "Resent-Bcc: f\r\nDate: x\r\nMessage-ID: <a@b>\r\nBcc: g",
			    &f, &fixup),
		RECEIVED "From: a\r\nTo: e\r\nDate: x\r\nMessage-ID: <a@b>\r\n\r\n");
	CHECK_NUMBER(fixup.removed, 6);
	CHECK_SLICE(fixed(" stray fold\r\nDate: x\r\nMessage-ID: <a@b>\r\nno field\r\n",
			    &f, &fixup),
		RECEIVED "Date: x\r\nMessage-ID: <a@b>\r\nno field\r\n\r\n");
	CHECK_SLICE(fixed("Bcc: all\r\n", &f, &fixup),
		RECEIVED "Date: Sat, 21 Nov 2026 07:32:47 +0000\r\n"
			 "Message-ID: <01jd9x7zk3m5@mail.example.com>\r\n\r\n");
	fixed("A:\r\nBcc: b\r\nA:\r\nResent-Bcc: b\r\nA:\r\nReturn-Path: b\r\nA:\r\n"
	      " f\r\nB",
		&f, &fixup);
	CHECK_NUMBER(fixup.count, 1 + 4 + 1 + 1 + 3 + 1);
	fixed("From: a\r\nFrom: b\r\nSubject: c\r\nTo: d\r\nTo: e\r\n", &f, &fixup);
	CHECK_NUMBER(fixup.duplicates, 1u << HEADER_FROM | 1u << HEADER_TO);
	arena_finish(&arena);
}

CHECK_MAIN()
