/* What the log knows about a message. */
#include "report/log_search.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"

#include "report/log_hunt.h"

#include "check.h"

#define ID SLICE("1m7ynm3ch015wm76")

static char path[] = "/tmp/log_search_test.XXXXXX";

static void write_log(const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

CASE("each event that names it, in order, and no other")
{
	struct buffer text = {0};

	write_log("{\"at\":\"2026-11-21T07:32:47.123Z\",\"level\":\"info\","
		  "\"event\":\"received\",\"id\":\"1m7ynm3ch015wm76\",\"size\":5}\n"
		  "{\"at\":\"2026-11-21T07:32:48.000Z\",\"event\":\"received\","
		  "\"id\":\"1m7ynm3ch015wm77\"}\n"
		  "garbage 1m7ynm3ch015wm76\n"
		  "{\"at\":\"2026-11-21T07:32:49.000Z\",\"event\":\"bounced\","
		  "\"of\":\"1m7ynm3ch015wm76\"}\n"
		  "{\"at\":\"unfinished 1m7ynm3ch015wm76");
	CHECK(log_search(path, ID, 0, &text));
	CHECK_SLICE(buffer_contents(&text),
		"  2026-11-21 07:32:47 received size=5\n"
		"  2026-11-21 07:32:49 bounced of=1m7ynm3ch015wm76\n");
	buffer_finish(&text);
}

CASE("nothing, an empty file, no file, no log")
{
	struct buffer text = {0};

	write_log("{\"at\":\"2026-11-21T07:32:47.123Z\",\"event\":\"x\"}\n");
	CHECK(!log_search(path, ID, 0, &text));
	write_log("");
	CHECK(!log_search(path, ID, 0, &text));
	CHECK(!log_search("/nonexistent/log", ID, 0, &text));
	CHECK_NUMBER(failure_kind_last(), FAILURE_FILE);
	CHECK(!log_search("-", ID, 0, &text));
	CHECK(slice_find(slice_of(failure_last()->text), SLICE("journalctl")) <
		strlen(failure_last()->text));
	CHECK_NUMBER(buffer_size(&text), 0);
}

CASE("so many lines at most")
{
	struct buffer text = {0}, log = {0};
	size_t lines = 0;

	for (int i = 0; i < LOG_SEARCH_LINES + 50; i++)
		buffer_append(&log, SLICE("{\"at\":\"2026-11-21T07:32:47.123Z\","
					  "\"id\":\"1m7ynm3ch015wm76\"}\n"));
	buffer_append_byte(&log, 0);
	write_log(log.bytes + log.start);
	CHECK(log_search(path, ID, 0, &text));
	for (size_t i = text.start; i < text.end; i++)
		lines += text.bytes[i] == '\n';
	CHECK_NUMBER(lines, LOG_SEARCH_LINES);
	buffer_finish(&log);
	buffer_finish(&text);
}

static bool count_line(void *context, struct slice line)
{
	CHECK(slice_starts(line, SLICE("{\"at\":\"")));
	CHECK(slice_ends(line, SLICE("}")));
	++*(size_t *)context;
	return true;
}

/* A line each second for COUNT seconds, each tenth about the message, some very long.
 */
static void write_large(unsigned count)
{
	FILE *file = fopen(path, "w");

	for (unsigned i = 0; i < count; i++) {
		char text[CLOCK_TEXT_SIZE];
		struct slice at = clock_format_iso(
			INT64_C(1763700000000) + i * INT64_C(1000), text);

		fprintf(file, "{\"at\":\"%.*s\",\"id\":\"%s\",\"x\":\"%0*d\"}\n",
			SLICE_PRINT(at), i % 10 ? "other" : "1m7ynm3ch015wm76",
			i % 1000 == 999 ? 200000 : 90, 0);
	}
	fclose(file);
}

CASE("a large file: from a time on, without what is older, over all parts")
{
	size_t count = 0;
	struct log_hunt hunt = {
		.file = path, .id = ID, .visit = count_line, .context = &count};

	write_large(40000);
	CHECK(log_hunt(&hunt));
	CHECK_NUMBER(count, 4000);
	CHECK(!hunt.cut);
	count = 0;
	hunt.since_ms = INT64_C(1763700000000) + INT64_C(30000) * 1000;
	CHECK(log_hunt(&hunt));
	CHECK(count >= 1000 && count < 2500);
	count = 0;
	hunt.since_ms = INT64_C(1763700000000) + INT64_C(50000) * 1000;
	CHECK(log_hunt(&hunt));
	CHECK(count < 1500);
}

int main(void)
{
	int fd = mkstemp(path), status;

	close(fd);
	status = check_run();
	unlink(path);
	return status;
}
