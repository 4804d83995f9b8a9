/* What accounts are told that are nearly full. */
#include "manage/notice.h"

#include "base/memory.h"

#include "check.h"

#define NOON INT64_C(1767268800000) /* 2026-01-01 12:00 UTC */

static void check(
	const struct quota_crossing *crossing, const char *to, const char *has)
{
	struct buffer text = {0}, whole = {0};

	buffer_append_format(&whole,
		"From: Mail server <postmaster@mx.test>\r\n%s"
		"Date: Thu, 01 Jan 2026 12:00:00 +0000\r\n"
		"Message-ID: <quota.80.1767268800000@mx.test>\r\n"
		"Subject: Your mailboxes are 80 %% full\r\n"
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n"
		"Your mailboxes together have\r\n\r\n%s"
		"\r\nOnce they are full, new mail is not put into them any more, "
		"and goes\r\nback to its senders in the end. Please remove what "
		"you do not need; what\r\nis in the trash counts, too.\r\n",
		to, has);
	buffer_append_byte(&whole, 0);
	notice_write(crossing, SLICE("mx.test"), NOON, &text);
	CHECK_SLICE(buffer_contents(&text), buffer_contents(&whole).at);
	buffer_finish(&text);
	buffer_finish(&whole);
}

CASE("bytes, or messages, or both")
{
	struct quota_crossing crossing = {.account = SLICE("jo@here.test"),
		.percent = 80,
		.used = {.bytes = UINT64_C(1677721600), .messages = 8},
		.quota = {.bytes = UINT64_C(2147483648)}};

	check(&crossing, "To: <jo@here.test>\r\n", "  1600 of 2048 MiB (78 %)\r\n");
	crossing.quota.messages = 10;
	crossing.account = SLICE("jo");
	check(&crossing, "",
		"  1600 of 2048 MiB (78 %)\r\n  8 of 10 messages (80 %)\r\n");
	crossing.quota.bytes = 0;
	crossing.account = SLICE("j\xc3\xb6@here.test");
	check(&crossing, "", "  8 of 10 messages (80 %)\r\n");
	crossing.quota = (struct store_sums){.bytes = 1000};
	crossing.used.bytes = 801;
	check(&crossing, "", "  801 of 1000 bytes (80 %)\r\n");
}

CASE("once a day")
{
	struct quota_crossing crossing = {.percent = 95};
	struct buffer key = {0};

	notice_write_key(&crossing, NOON, &key);
	CHECK_SLICE(buffer_contents(&key), "quota-95-20454");
	buffer_clear(&key);
	notice_write_key(&crossing, NOON + 12 * 3600 * INT64_C(1000), &key);
	CHECK_SLICE(buffer_contents(&key), "quota-95-20455");
	buffer_finish(&key);
}

CHECK_MAIN()
