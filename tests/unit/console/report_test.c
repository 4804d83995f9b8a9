/* Answers of the server as text. */
#include "report/report.h"

#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

#include "check.h"

#define NOW 1795254787000LL /* 2026-11-21 09:53:07 UTC */

static struct value *parse(const char *text)
{
	struct value *value = value_parse(slice_of(text));

	CHECK(value);
	setenv("TZ", "UTC", 1);
	tzset();
	return value;
}

static const char deferred[] =
	"{\"id\":\"1m7ynm3ch015wm76\",\"message\":\"1m7ynm3ch015wm76\","
	"\"state\":\"deferred\",\"sender\":\"a@sender.test\",\"domain\":\"x.test\","
	"\"recipient_count\":1,\"size\":2048,\"created_ms\":1795254187000,"
	"\"due_ms\":1795255387000,\"expires_ms\":1795686187000,\"attempts\":10,"
	"\"recipients\":[{\"address\":\"b@x.test\",\"notify\":[\"never\"]}],"
	"\"notes\":[{\"at_ms\":1795254188000,\"host\":\"mx.x.test[192.0.2.1]:25\","
	"\"answer\":\"451 4.7.1 later\"}],\"relay\":\"The site mx.x.test is well.\"}";

CASE("why: where it is, what it waits for, what was answered, when it ends")
{
	struct value *entry = parse(deferred);
	struct buffer text = {0};

	report_why(entry, NOW, &text);
	CHECK_SLICE(buffer_contents(&text),
		"1m7ynm3ch015wm76 is a message of 2.0 KiB from <a@sender.test> to "
		"<b@x.test>,\n"
		"received 10 min ago.\n"
		"It waits in the queue for its next attempt, in 10 min (at 10:03:07).\n"
		"The site mx.x.test is well.\n"
		"10 attempts were made, the last ones:\n"
		"  09:43:08, mx.x.test[192.0.2.1]:25: 451 4.7.1 later\n"
		"Undelivered, it goes back to its sender in 4 days (at Nov 26 "
		"09:43).\n");
	buffer_finish(&text);
	value_release(&entry);
}

CASE("why, in each state")
{
	static const struct {
		const char *entry, *says;
	} cases[] = {
		{"{\"state\":\"held\"}", "It is held"},
		{"{\"state\":\"taken\"}", "The relay has it in hand."},
		{"{\"state\":\"ready\"}", "It is due"},
		{"{\"state\":\"deferred\",\"due_ms\":5}", "It is due"},
		{"{\"recipient_count\":3,\"domain\":\"x.test\"}",
			"to 3 recipients at x.test"},
		{"{}", "No attempt has been made yet."},
		{"{}", "received nobody knows"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct value *entry = parse(cases[i].entry);
		struct buffer text = {0};

		report_why(entry, NOW, &text);
		CHECK(slice_find(buffer_contents(&text), slice_of(cases[i].says)) <
			buffer_size(&text));
		buffer_finish(&text);
		value_release(&entry);
	}
}

CASE("an entry in full")
{
	struct value *entry = parse(deferred);
	struct buffer text = {0};

	report_entry(entry, NOW, &text);
	CHECK_SLICE(buffer_contents(&text),
		"Id          1m7ynm3ch015wm76\n"
		"State       deferred, 10 attempts\n"
		"From        <a@sender.test>\n"
		"To          <b@x.test> notify never\n"
		"Size        2.0 KiB\n"
		"Received    09:43:07 (10 min ago)\n"
		"Next try    10:03:07 (in 10 min)\n"
		"Expires     Nov 26 09:43 (in 4 days)\n"
		"Relay       The site mx.x.test is well.\n"
		"Attempts    09:43:08  mx.x.test[192.0.2.1]:25\n"
		"              451 4.7.1 later\n");
	buffer_finish(&text);
	value_release(&entry);
}

CASE("a list is a table; control bytes of answers do nothing to the terminal")
{
	struct value *list = parse(
		"[{\"id\":\"1m7ynm3ch015wm76\",\"state\":\"deferred\","
		"\"sender\":\"\",\"recipients\":[\"b@x.test\",\"c@x.test\"],"
		"\"recipient_count\":2,\"size\":100,\"created_ms\":1795254187000,"
		"\"due_ms\":1795255387000,\"last\":{\"answer\":\"451 \\u001b[2J\"}},"
		"{\"id\":\"1m7ynm3ch015wm77.12\",\"state\":\"ready\","
		"\"sender\":\"a@y\",\"recipients\":[\"b@z\"],\"recipient_count\":1}]");
	struct buffer text = {0};

	report_entries(list, NOW, 0, &text);
	CHECK_SLICE(buffer_contents(&text),
		"ID                      AGE   SIZE  STATE     NEXT       SENDER → "
		"RECIPIENT: LAST ANSWER\n"
		"1m7ynm3ch015wm76     10 min  100 B  deferred  in 10 min  <> → "
		"<b@x.test> +1: 451 ?[2J\n"
		"1m7ynm3ch015wm77.12       -    0 B  ready     -          <a@y> → "
		"<b@z>\n");
	buffer_finish(&text);
	value_release(&list);
}

CASE("what was looked through, and what was not")
{
	static const struct {
		const char *searched, *text;
	} cases[] = {
		{"[]", ""},
		{"[{\"source\":\"stream\",\"complete\":true}]",
			"Looked through: the stream of events.\n"},
		{"[{\"source\":\"stream\",\"missing\":[\"older\"]},"
		 "{\"source\":\"file\",\"files\":3,\"bytes\":1048576,"
		 "\"missing\":[\"damaged\",\"rest\"]},"
		 "{\"source\":\"log\",\"missing\":[\"elsewhere\"]}]",
			"Looked through: the stream of events (what is older is not "
			"kept); 3 files of\n"
			"events, 1.0 MiB (not all of it: that would take too long at "
			"once; some of it\n"
			"cannot be read); the log (not at all: it goes to standard "
			"error, to the\n"
			"journal).\n"},
		{"[{\"source\":\"file\",\"missing\":[\"unreadable\",\"what\"]}]",
			"Looked through: the file of events (it could not be read just "
			"now).\n"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct value *searched = value_parse(slice_of(cases[i].searched));
		struct buffer text = {0};

		report_searched(searched, &text);
		CHECK_SLICE(buffer_contents(&text), cases[i].text);
		buffer_finish(&text);
		value_release(&searched);
	}
}

CASE("the status of a server that says nothing at all is still text")
{
	struct value *status = parse("{}");
	struct buffer text = {0};

	report_status(status, NOW, &text);
	CHECK(slice_find(buffer_contents(&text), SLICE("Redis       DOWN")) <
		buffer_size(&text));
	CHECK(slice_find(buffer_contents(&text), SLICE("Accepting   NO")) <
		buffer_size(&text));
	buffer_finish(&text);
	value_release(&status);
}

CHECK_MAIN()
