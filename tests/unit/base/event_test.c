/* Events: the lines, their caps, and where they go. */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/event.h"
#include "base/failure.h"
#include "clock_virtual.h"

#define HEAD(level, name)                                         \
	"{\"at\":\"2026-11-21T07:32:47.123Z\",\"level\":\"" level \
	"\",\"event\":\"" name "\""
#define LINE HEAD("info", "e") "}\n"

static char large[3 * EVENT_BYTES_MAX];

/* Lines collect, from none, at a known time. */
static void prepare(void)
{
	clock_virtual_set(0, 1795246367123);
	event_set_level(EVENT_INFO);
	event_defer(true);
	event_forget(event_pending().size);
	memset(large, 'a', sizeof(large));
}

static void write_line(void)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "e");
	event_end(&event);
}

CASE("a line with a field of every kind")
{
	struct slice texts[] = {SLICE("a\"b"), SLICE("")};
	struct event event;

	prepare();
	event_begin(&event, EVENT_WARNING, "delivered");
	event_text(&event, "id", SLICE("0k\n"));
	event_text(&event, "none", SLICE_EMPTY);
	event_number(&event, "size", 1234567890123);
	event_truth(&event, "tls", true);
	event_truth(&event, "eight", false);
	event_seconds(&event, "took", 1234567);
	event_texts(&event, "to", texts, 2);
	event_texts(&event, "cc", texts, 0);
	event_raw(&event, "raw", SLICE("{\"x\":[1]}"));
	event_end(&event);
	CHECK_SLICE(event_pending(),
		HEAD("warning", "delivered") ",\"id\":\"0k\\n\",\"none\":\"\",\"size\":"
					     "1234567890123,\"tls\":true,"
					     "\"eight\":false,\"took\":1.235,\"to\":["
					     "\"a\\\"b\",\"\"],\"cc\":[],"
					     "\"raw\":{\"x\":[1]}}\n");
}

CASE("numbers and seconds")
{
	static const struct {
		int64_t value;
		const char *number, *seconds;
	} rows[] = {
		{0, "0", "0.000"},
		{499, "499", "0.000"},
		{500, "500", "0.001"},
		{-499, "-499", "0.000"},
		{-1500000, "-1500000", "-1.500"},
		{59999999, "59999999", "60.000"},
		{INT64_MAX, "9223372036854775807", "9223372036854.776"},
		{INT64_MIN, "-9223372036854775808", "-9223372036854.776"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[200];
		struct event event;

		prepare();
		event_begin(&event, EVENT_INFO, "e");
		event_number(&event, "n", rows[i].value);
		event_seconds(&event, "s", rows[i].value);
		event_end(&event);
		snprintf(wanted, sizeof(wanted), "%s,\"n\":%s,\"s\":%s}\n",
			HEAD("info", "e"), rows[i].number, rows[i].seconds);
		CHECK_SLICE(event_pending(), wanted);
	}
}

CASE("what is below the level is not built")
{
	struct event event;

	prepare();
	event_begin(&event, EVENT_DEBUG, "e");
	CHECK(!event.wanted);
	event_text(&event, "a", SLICE("b"));
	event_texts(&event, "a", NULL, 0);
	event_number(&event, "a", 1);
	event_end(&event);
	event_note(EVENT_DEBUG, "e", "%s", "x");
	CHECK_SLICE(event_pending(), "");
	event_set_level(EVENT_ERROR);
	event_note(EVENT_WARNING, "e", "%s", "x");
	CHECK_SLICE(event_pending(), "");
	event_set_level(EVENT_DEBUG);
	event_begin(&event, EVENT_DEBUG, "e");
	event_end(&event);
	CHECK_SLICE(event_pending(), HEAD("debug", "e") "}\n");
}

CASE("notes are formatted, escaped, and cut")
{
	prepare();
	event_note(EVENT_ERROR, "e", "%s %d", "a\tb", 5);
	CHECK_SLICE(event_pending(), HEAD("error", "e") ",\"message\":\"a\\tb 5\"}\n");
	event_forget(event_pending().size);
	event_note(EVENT_ERROR, "e", "%.*s", 511, large);
	CHECK(slice_ends(event_pending(), SLICE("aaa\"}\n")));
	event_forget(event_pending().size);
	event_note(EVENT_ERROR, "e", "%.*s", 512, large);
	CHECK(slice_ends(event_pending(), SLICE("aaa\",\"cut\":true}\n")));
}

/* One field of SIZE bytes and one more; the line must stay whole and capped. */
static struct slice line_with(size_t size, bool *cut_r)
{
	struct slice texts[2] = {slice_make(large, size), SLICE("z")};
	struct event event;

	event_forget(event_pending().size);
	event_begin(&event, EVENT_INFO, "e");
	switch (size % 3) {
	case 0:
		event_text(&event, "x", texts[0]);
		break;
	case 1:
		event_texts(&event, "x", texts, 2);
		break;
	default:
		event_raw(&event, "x", slice_make(large, size));
		break;
	}
	event_truth(&event, "y", true);
	event_end(&event);
	*cut_r = event.cut;
	return event_pending();
}

CASE("at every length around the cap a line is whole, and says if it was cut")
{
	prepare();
	for (size_t size = EVENT_BYTES_MAX - 200; size < EVENT_BYTES_MAX + 100;
		size++) {
		bool cut;
		struct slice line = line_with(size, &cut);

		CHECK(line.size <= EVENT_BYTES_MAX);
		CHECK_NUMBER(slice_index(line, '\n'), line.size - 1);
		CHECK_NUMBER(slice_ends(line, SLICE(",\"cut\":true}\n")), cut);
		CHECK_NUMBER(
			slice_find(line, SLICE("],\"y\":true")) < line.size ||
				slice_find(line, SLICE("\",\"y\":true")) < line.size ||
				slice_find(line, SLICE("a,\"y\":true")) < line.size ||
				cut,
			true);
		CHECK(cut || size < EVENT_BYTES_MAX - 80);
		CHECK(!cut || size > EVENT_BYTES_MAX - 150);
	}
}

CASE("what needs more room escaped is cut too, at a whole character")
{
	struct event event;
	struct slice line;

	prepare();
	memset(large, '\x01', sizeof(large));
	event_begin(&event, EVENT_INFO, "e");
	event_text(&event, "x", slice_make(large, sizeof(large)));
	event_text(&event, "y", SLICE("left out"));
	event_end(&event);
	line = event_pending();
	CHECK(line.size <= EVENT_BYTES_MAX && line.size > EVENT_BYTES_MAX - 32);
	CHECK(slice_ends(line, SLICE("\\u0001\",\"cut\":true}\n")));
}

CASE("lines collect in order and are taken in part")
{
	struct slice lines;

	prepare();
	write_line();
	write_line();
	event_note(EVENT_INFO, "n", "last");
	lines = event_pending();
	CHECK(slice_starts(lines, SLICE(LINE LINE)));
	event_forget(2 * (sizeof(LINE) - 1));
	CHECK_SLICE(event_pending(), HEAD("info", "n") ",\"message\":\"last\"}\n");
}

CASE("beyond 4 MiB lines are dropped, and the next one says how many")
{
	size_t size;

	prepare();
	do {
		size = event_pending().size;
		write_line();
	} while (event_pending().size > size);
	CHECK(size <= 4 << 20 && size > (4 << 20) - 2 * EVENT_BYTES_MAX);
	write_line();
	write_line();
	event_forget(size);
	write_line();
	write_line();
	CHECK_SLICE(event_pending(), HEAD("info", "e") ",\"dropped\":3}\n" LINE);
}

/* What stands in the pipe, up to SIZE bytes. */
static struct slice read_some(int fd, char *text, size_t size)
{
	ssize_t got = read(fd, text, size);

	return slice_make(text, got > 0 ? (size_t)got : 0);
}

CASE("without a flusher each line is written at once")
{
	char text[1000];
	int ends[2];

	prepare();
	CHECK(pipe(ends) == 0);
	event_set_descriptor(ends[1]);
	CHECK_NUMBER(event_descriptor(), ends[1]);
	write_line();
	event_defer(false);
	CHECK_SLICE(read_some(ends[0], text, sizeof(text)), LINE);
	write_line();
	write_line();
	CHECK_SLICE(read_some(ends[0], text, sizeof(text)), LINE LINE);
	CHECK_SLICE(event_pending(), "");
	event_set_descriptor(2);
	close(ends[0]);
	close(ends[1]);
}

CASE("what a full pipe does not take is written later, no line torn")
{
	static char text[200000];
	unsigned written = 0, lines = 0;
	struct slice rest;
	int ends[2];

	prepare();
	CHECK(pipe2(ends, O_NONBLOCK) == 0);
	event_set_descriptor(ends[1]);
	event_defer(false);
	for (; event_pending().size < 1000; written++)
		write_line();
	rest = read_some(ends[0], text, sizeof(text));
	write_line();
	written++;
	CHECK_SLICE(event_pending(), "");
	rest.size +=
		read_some(ends[0], text + rest.size, sizeof(text) - rest.size).size;
	while (rest.size) {
		CHECK_SLICE(slice_part(rest, 0, sizeof(LINE) - 1), LINE);
		rest = slice_from(rest, sizeof(LINE) - 1);
		lines++;
	}
	CHECK_NUMBER(lines, written);
	event_set_descriptor(2);
	close(ends[0]);
	close(ends[1]);
}

static void *collect_one(void *unused)
{
	event_defer(true);
	write_line();
	return NULL;
}

CASE("a thread's lines are its own, and written when it ends")
{
	char text[1000];
	pthread_t thread;
	int ends[2];

	prepare();
	CHECK(pipe(ends) == 0);
	event_set_descriptor(ends[1]);
	pthread_create(&thread, NULL, collect_one, NULL);
	pthread_join(thread, NULL);
	CHECK_SLICE(event_pending(), "");
	CHECK_SLICE(read_some(ends[0], text, sizeof(text)), LINE);
	event_set_descriptor(2);
	close(ends[0]);
	close(ends[1]);
}

CASE("a second event inside the first is our bug, and found")
{
	pid_t child;
	int status;

	prepare();
	child = fork();
	if (child == 0) {
		struct event event;

		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		event_begin(&event, EVENT_INFO, "outer");
		write_line();
		event_text(&event, "x", SLICE("y"));
		_exit(0);
	}
	waitpid(child, &status, 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

CASE("quoting into a buffer, all or nothing")
{
	struct buffer buffer;

	buffer_init(&buffer, 12);
	CHECK(event_quote(&buffer, SLICE("a\"b")));
	CHECK_SLICE(buffer_contents(&buffer), "\"a\\\"b\"");
	CHECK(event_quote(&buffer, SLICE("1234")));
	CHECK(!event_quote(&buffer, SLICE("")));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_SLICE(buffer_contents(&buffer), "\"a\\\"b\"\"1234\"");
	buffer_finish(&buffer);
	buffer_init(&buffer, 0);
	memset(large, '\x02', 1000);
	CHECK(event_quote(&buffer, slice_make(large, 1000)));
	CHECK_NUMBER(buffer_size(&buffer), 6002);
	buffer_finish(&buffer);
}

CHECK_MAIN()
