/* Addresses, replies and codes found in text. */
#include "mail/report_text.h"

#include "check.h"
#include "mail/report_read.h"

static const struct {
	const char *text;
	int code; /* -1: none found */
	const char *status;
} replies[] = {
	{"550 5.1.1 no such user", 550, "5.1.1"},
	{"550-5.1.1 no", 550, "5.1.1"},
	{"550 #5.1.1 no", 550, "5.1.1"},
	{"said: 452 too much", 452, ""},
	{"552 mailbox full", 552, ""},
	{"(#5.7.1)", 0, "5.7.1"},
	{"status 4.4.7 expired", 0, "4.4.7"},
	{"after 450 seconds", -1, ""},
	{"500 messages, code 551 moved", 500, ""}, /* begins a line */
	{"limit of 500 messages, code 551 moved", 551, ""},
	{"[10.5.1.1] refused", -1, ""},
	{"version 5.1.1.2", -1, ""},
	{"5.1.1a", -1, ""},
	{"at 4.5.1.1:25 then 554 5.7.1 no", 554, "5.7.1"},
	{"450 5.1.1 mixed", 450, ""},
	{"error 2.1.5", -1, ""},
	{"x550 y", -1, ""},
	{"5501 y", -1, ""},
	{"580 y", -1, ""},
	{"", -1, ""},
};

CASE("replies in text")
{
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct report_reply reply = {0};
		bool found = report_find_reply(slice_of(replies[i].text), &reply);

		if (!CHECK(found == (replies[i].code >= 0)))
			fprintf(stderr, "… in \"%s\"\n", replies[i].text);
		if (!found)
			continue;
		CHECK_NUMBER(reply.code, replies[i].code);
		CHECK_SLICE(reply.status, replies[i].status);
	}
}

static const struct {
	const char *line, *stripped;
} lines[] = {
	{"550 5.1.1 no such user", "no such user"},
	{"550-5.1.1 no 550-5.1.1 such 550 5.1.1 user", "no such user"},
	{"550-no 550-such 550 user", "no such 550 user"},
	{"554: 5.7.1 error 554", "error 554"},
	{"5.1.1 no", "no"},
	{"#5.1.1 no", "no"},
	{"no code 550", "no code 550"},
	{"550", ""},
	{"", ""},
};

CASE("codes taken off")
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct arena arena = {0};

		CHECK_SLICE(report_strip_codes(&arena, slice_of(lines[i].line)),
			lines[i].stripped);
		arena_finish(&arena);
	}
}

static const struct {
	const char *value, *mailbox;
} mailboxes[] = {
	{"rfc822; user@example.org", "user@example.org"},
	{"RFC822;<user@example.org>", "user@example.org"},
	{"\"A; B\" <user@example.org>", "user@example.org"},
	{"user@example.org (comment)", "user@example.org"},
	{"utf-8; j\\x{F6}rg@example.org", "j\xc3\xb6rg@example.org"},
	{"<mailto:user@example.org>", "user@example.org"},
	{"LOCAL;<>", ""},
	{"rfc822; nobody", ""},
	{"x400; /S=user/", ""},
	{"<\"a b\"@example.org>", "\"a b\"@example.org"},
	{"", ""},
};

CASE("RFC 3464 2.3: the addresses of fields")
{
	for (size_t i = 0; i < sizeof(mailboxes) / sizeof(mailboxes[0]); i++) {
		struct arena arena = {0};

		CHECK_SLICE(report_mailbox(&arena, slice_of(mailboxes[i].value)),
			mailboxes[i].mailbox);
		arena_finish(&arena);
	}
}

static const struct {
	const char *text, *address;
} texts[] = {
	{"write to <a@b.example>.", "a@b.example"},
	{"a@b and c@d.example", "c@d.example"},
	{"@@@ x@@ ..a@b.example.", "a@b.example"},
	{"mailto:a@b.example?x", "a@b.example"},
	{"\xe5\x9d\x80"
	 "a@b.example\xe3\x80\x82",
		"a@b.example"},
	{"j\xc3\xb6rg@b.example", "j\xc3\xb6rg@b.example"},
	{"a@[192.0.2.1]", ""},
	{"a@", ""},
	{"@b.example", ""},
	{"a@-b.example", ""},
};

CASE("addresses in text")
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct report_place place = {0};

		report_find_address(slice_of(texts[i].text), &place);
		CHECK_SLICE(place.address, texts[i].address);
	}
}

CASE("a line is clean, and has an end")
{
	struct arena arena = {0};
	char text[3000];

	CHECK_SLICE(report_line(&arena, SLICE(" a\r\n\t b\001\xff c ")), "a b?? c");
	memset(text, 'x', sizeof(text));
	CHECK_NUMBER(report_line(&arena, slice_make(text, sizeof(text))).size,
		REPORT_TEXT_MAX);
	arena_finish(&arena);
}

CHECK_MAIN()
