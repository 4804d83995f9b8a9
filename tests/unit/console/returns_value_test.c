/* What `ringpost returns` says of a report, for programs and for people. */
#include "report/returns_value.h"

#include "base/memory.h"
#include "check.h"

#define NOTIFICATION                                                           \
	"From: MAILER-DAEMON@mx.test\r\nSubject: Undelivered Mail\r\n"         \
	"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"            \
	"Content-Type: message/delivery-status\r\n\r\n"                        \
	"Reporting-MTA: dns; mx.test\r\n\r\n"                                  \
	"Final-Recipient: rfc822; ann@a.test\r\n"                              \
	"Original-Recipient: rfc822; list@b.test\r\n"                          \
	"Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; store.test\r\n"   \
	"Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n\r\n--b\r\n"    \
	"Content-Type: text/rfc822-headers\r\n\r\nReturn-Path: <v@b.test>\r\n" \
	"From: shop@b.test\r\nSubject: Hello\r\nMessage-ID: <1@b.test>\r\n\r\n--b--"

#define COMPLAINT                                                               \
	"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"             \
	"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n" \
	"User-Agent: Loop/1\r\nSource-IP: 192.0.2.1\r\nIncidents: 3\r\n"        \
	"Original-Rcpt-To: ann@a.test\r\n\r\n--b--"

static const char about[] =
	"{\"id\":\"1m7z6q5wr036g000\",\"tenant\":\"shop\",\"rcpt\":\"list@b.test\","
	"\"one\":true,\"expires_ms\":200000}";

static const struct {
	const char *message, *json, *text;
	bool tied;
} table[] = {
	{NOTIFICATION,
		"{\"kind\":\"status\",\"style\":\"rfc3464\",\"reporter\":\"mx.test\","
		"\"recipients\":[{\"action\":\"failed\",\"address\":\"ann@a.test\","
		"\"original\":\"list@b.test\",\"code\":550,\"status\":\"5.1.1\","
		"\"text\":\"No such user here\",\"host\":\"store.test\","
		"\"category\":\"other\",\"hard\":false}],"
		"\"original\":{\"message_id\":\"<1@b.test>\","
		"\"return_path\":\"v@b.test\",\"from\":\"shop@b.test\","
		"\"subject\":\"Hello\"}}",
		"This is a notification about delivery, for programs (rfc3464), of "
		"mx.test.\n\n<ann@a.test> (mail to <list@b.test>): failed\n"
		"  store.test said: 550 5.1.1 No such user here\n"
		"  Category: other.\n\n"
		"The message it returns, \"Hello\", from shop@b.test, is "
		"<1@b.test>.\n\n"
		"Signed by us, it is about message 1m7z6q5wr036g000 of tenant shop to\n"
		"<list@b.test>; taken until 00:03:20.\n",
		true},
	{COMPLAINT,
		"{\"kind\":\"complaint\",\"style\":\"arf\",\"recipients\":"
		"[{\"address\":\"ann@a.test\"}],\"complaint\":{\"type\":\"abuse\","
		"\"agent\":\"Loop/1\",\"source\":\"192.0.2.1\",\"incidents\":3}}",
		"This is a complaint (arf).\nIts type is abuse, of 3 incidents, of "
		"mail from 192.0.2.1; written by Loop/1.\n\n<ann@a.test>\n",
		false},
	{"Subject: Hello\r\n\r\nYou.\r\n", "{\"kind\":\"none\",\"recipients\":[]}",
		"This is no report; it would be ignored.\n", false},
};

CASE("as JSON, and in sentences")
{
	setenv("TZ", "UTC", 1);
	value_prepare();
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct arena arena = {0};
		struct buffer json = {0}, text = {0};
		struct report report;
		struct value *value;

		report_read(&arena, slice_of(table[i].message), &report);
		value = returns_value(&report, NULL);
		value_print(value, &json);
		CHECK_SLICE(buffer_contents(&json), table[i].json);
		if (table[i].tied)
			value_set(value, "about", value_parse(slice_of(about)));
		report_returns(value, 100000, &text);
		CHECK_SLICE(buffer_contents(&text), table[i].text);
		value_release(&value);
		buffer_finish(&json);
		buffer_finish(&text);
		arena_finish(&arena);
	}
}

CHECK_MAIN()
