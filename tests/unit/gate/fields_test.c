/* The gate's look at a header: what is wrong with it, and how it is put right. */
#include "gate/fields.h"

#include "base/clock.h"
#include "base/memory.h"
#include "check.h"
#include "mail/date.h"
#include "mail/fixup.h"

#define NOW_MS 1795244400000 /* Sat, 21 Nov 2026 07:00:00 UTC */
#define ALL                                                                        \
	(GATE_BIT(GATE_AUTHOR) | GATE_BIT(GATE_MESSAGE_ID) | GATE_BIT(GATE_DATE) | \
		GATE_BIT(GATE_SINGLE))

struct row {
	const char *header;
	size_t authors;
	uint32_t missed;
};

CASE("each of the header's checks, alone and together")
{
	static const struct row table[] = {
		{"From: a@x.test\r\n", 1, 0},
		{"From: a@x.test\r\nDate: Sat, 21 Nov 2026 06:59:59 +0000\r\n"
		 "Message-ID: <1@x.test>\r\n",
			1, 0},
		{"From: a@x.test, b@x.test\r\n", 2, GATE_BIT(GATE_AUTHOR)},
		{"To: a@x.test\r\n", 0, GATE_BIT(GATE_AUTHOR)},
		{"Message-ID: none\r\n", 1, GATE_BIT(GATE_MESSAGE_ID)},
		{"Message-ID: <1@x.test> <2@x.test>\r\n", 1, GATE_BIT(GATE_MESSAGE_ID)},
		{"Date: yesterday\r\n", 1, GATE_BIT(GATE_DATE)},
		{"Date: Fri, 13 Nov 2026 06:00:00 +0000\r\n", 1, GATE_BIT(GATE_DATE)},
		{"Date: Sun, 22 Nov 2026 06:59:00 +0000\r\n", 1, 0},
		{"Date: Sun, 22 Nov 2026 07:01:00 +0000\r\n", 1, GATE_BIT(GATE_DATE)},
		{"Date: Sat, 21 Nov 2026 20:59:00 +1400\r\n", 1, 0},
		{"Subject: a\r\nSubject: b\r\n", 1, GATE_BIT(GATE_SINGLE)},
		{"Bcc: a@x.test\r\nBcc: b@x.test\r\n", 1, 0},
		{"Received: a\r\nReceived: b\r\n", 1, 0},
		{"To: a@x.test\r\nTo: b@x.test\r\nDate: no\r\nMessage-ID: no\r\n", 0,
			ALL},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct arena arena = {0};
		struct header header;

		CHECK(header_scan(&arena, slice_of(table[i].header), 0, 0, &header));
		if (!CHECK_NUMBER(fields_check(&header, table[i].authors, NOW_MS, ALL),
			    table[i].missed))
			fprintf(stderr, "%s\n", table[i].header);
		CHECK_NUMBER(fields_check(&header, table[i].authors, NOW_MS, 0), 0);
		arena_finish(&arena);
	}
}

CASE("RFC 5322 3.3: dates around now, hour by hour, in several zones and forms")
{
	static const struct {
		int minutes;
		const char *text;
	} zones[] = {{0, "+0000"}, {330, "+0530"}, {-480, "-0800 (PST)"}, {0, "GMT"}};
	const int64_t hour = 3600000;

	/* Over ends of months and years, and a leap day. */
	for (int64_t now = NOW_MS - 500 * hour * 24; now < NOW_MS + 900 * hour * 24;
		now += 17 * 24 * hour)
		for (int64_t at = -9 * 24; at < 3 * 24; at++) {
			size_t z = (size_t)(at + 216) % ARRAY_COUNT(zones);
			bool good = at >= -7 * 24 && at <= 24;
			char date[CLOCK_TEXT_SIZE], text[200];
			struct arena arena = {0};
			struct header header;

			clock_format_mail(
				now + at * hour + zones[z].minutes * 60000, date);
			snprintf(text, sizeof(text), "Date: %.*s %s\r\n",
				(int)(strlen(date) - 6), date, zones[z].text);
			CHECK(header_scan(&arena, slice_of(text), 0, 0, &header));
			if (!CHECK(fields_check(&header, 1, now, GATE_BIT(GATE_DATE)) ==
				    (good ? 0 : GATE_BIT(GATE_DATE))))
				fprintf(stderr, "%s", text);
			arena_finish(&arena);
		}
}

CASE("RFC 5322 3.6.4: Message-IDs")
{
	static const char *const good[] = {"<a@b>", " <a.b.c@x.test> ", "<\"a b\"@c>",
		"<1@[192.0.2.1]>", "\r\n\t<folded@x.test>", "<a@b@c>"};
	static const char *const bad[] = {"", "a@b", "<>", "<a>", "<@b>", "<a@>",
		"<a b@c>", "<a@b> <c@d>", "<a@b", "<<a@b>>", "<a@b>x", "<a\t@b>"};

	/* The quoted one has a space, which nobody reads as one id. */
	for (size_t i = 0; i < ARRAY_COUNT(good); i++)
		CHECK(fields_is_message_id(slice_of(good[i])) == (i != 2));
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (!CHECK(!fields_is_message_id(slice_of(bad[i]))))
			fprintf(stderr, "%s\n", bad[i]);
}

/* What goes out of TEXT after CHECKS were put right, without Received. */
static void check_fixed(const char *text, uint32_t checks, const char *wanted)
{
	struct arena arena = {0};
	struct buffer out = {0};
	struct fixup_facts facts = {.hostname = SLICE("mx.test"),
		.queue_id = SLICE("1"),
		.date_ms = NOW_MS};
	struct header header;
	struct fixup fixup;

	CHECK(header_scan(&arena, slice_of(text), 0, 0, &header));
	facts.added = fields_fix(&header, checks, &arena);
	fixup_build(&arena, &header, &facts, &fixup);
	for (size_t i = 1; i < fixup.count; i++)
		buffer_append(&out, fixup.pieces[i]);
	CHECK_SLICE(buffer_contents(&out), wanted);
	buffer_finish(&out);
	arena_finish(&arena);
}

CASE("what is wrong is replaced, the rest keeps its bytes")
{
	check_fixed("From: a@x.test\r\nDate: no\r\nMessage-ID: no\r\nX-A:  b \r\n", ALL,
		"From: a@x.test\r\nX-A:  b \r\n"
		"Date: Sat, 21 Nov 2026 07:00:00 +0000\r\n"
		"Message-ID: <1@mx.test>\r\n\r\n");
	check_fixed("Subject: a\r\nFrom: a@x.test\r\nSubject: b\r\nDate: x\r\n"
		    "Message-ID: <a@b>\r\nSubject: c\r\n",
		GATE_BIT(GATE_SINGLE),
		"Subject: a\r\nFrom: a@x.test\r\nDate: x\r\nMessage-ID: "
		"<a@b>\r\n\r\n");
}

CASE("addresses of several To fields are joined, none is lost")
{
	check_fixed(
		"To: a@x.test,\r\n b@x.test ,\r\nDate: x\r\nTO: \"C\" <c@x.test>\r\n"
		"Message-ID: <a@b>\r\nCc: d@x.test\r\nTo: \r\n",
		GATE_BIT(GATE_SINGLE),
		"Date: x\r\nMessage-ID: <a@b>\r\nCc: d@x.test\r\n"
		"To: a@x.test,\r\n b@x.test,\r\n \"C\" <c@x.test>\r\n\r\n");
}

CASE("names and words of checks")
{
	struct slice names[GATE_CHECKS];
	struct reply reply = gate_check_refusal(GATE_SPF, SLICE("no"));
	char text[100], json[GATE_JSON_SIZE];

	CHECK_NUMBER(gate_check_names(ALL, names), 4);
	CHECK_SLICE(gate_checks_json(ALL, json),
		"[\"author\",\"message_id\",\"date\",\"single\"]");
	CHECK_SLICE(gate_checks_json(0, json), "[]");
	CHECK(gate_checks_json(GATE_BIT(GATE_CHECKS) - 1, json).size < GATE_JSON_SIZE);
	CHECK_SLICE(names[0], "author");
	CHECK_SLICE(names[3], "single");
	CHECK_SLICE(reply_print(&reply, text, sizeof(text)), "550 5.7.23 no");
	for (unsigned i = 0; i < GATE_CHECKS; i++)
		if (ALL & GATE_BIT(i))
			CHECK(*fields_words((enum gate_check)i) != 0);
}

CHECK_MAIN()
