/* Commands off the wire, whole, byte by byte and at every cut. */
#include "check.h"

#include "imap/collect.h"

/* What a client's bytes give: one letter an outcome, texts behind. */
static void run(const char *bytes, size_t cut, struct buffer *out)
{
	struct imap_collector collector;
	struct slice all = slice_of(bytes), rest = all;
	uint64_t skip = 0;

	imap_collector_init(&collector);
	collector.literal_max = 20;
	collector.streams = true;
	while (rest.size) {
		size_t done = (size_t)(rest.at - all.at), used;
		size_t most = cut == 1 ? 1 : done < cut ? cut - done : rest.size;
		enum imap_collected how;

		if (skip) {
			used = skip < most ? (size_t)skip : most;
			rest = slice_from(rest, used);
			skip -= used;
			continue;
		}
		how = imap_collect(&collector, slice_part(rest, 0, most), &used);
		rest = slice_from(rest, used);
		if (how == IMAP_MORE)
			continue;
		buffer_append_byte(out, "?+CSRF"[how]);
		if (how == IMAP_COMMAND || how == IMAP_STREAM)
			buffer_append(out, buffer_contents(&collector.text));
		buffer_append_byte(out, '|');
		if (how == IMAP_STREAM)
			skip = collector.stream_size;
		if (how == IMAP_FATAL)
			break;
	}
	imap_collector_finish(&collector);
}

static void check_all(const char *bytes, const char *want)
{
	for (size_t cut = 1; cut <= strlen(bytes); cut++) {
		struct buffer out = {0};

		run(bytes, cut, &out);
		CHECK_SLICE(buffer_contents(&out), want);
		buffer_finish(&out);
	}
}

CASE("lines are commands; a bare LF ends one, too")
{
	check_all("a NOOP\r\nb NOOP\nc {x}\r\n", "Ca NOOP\r\n|Cb NOOP\n|Cc {x}\r\n|");
}

CASE("RFC 9051 4.3: a synchronising literal waits for the +")
{
	check_all("a LOGIN {4}\r\nabcd {0}\r\n\r\n",
		"+|+|Ca LOGIN {4}\r\nabcd {0}\r\n\r\n|");
}

CASE("RFC 7888: others do not; what looks like a line in one is none")
{
	check_all("a LOGIN {6+}\r\na\r\nb\r\n {1+}\r\nx\r\nb NOOP\r\n",
		"Ca LOGIN {6+}\r\na\r\nb\r\n {1+}\r\nx\r\n|Cb NOOP\r\n|");
}

CASE("a literal that is too large is refused; one that comes all the same is passed")
{
	check_all("a LOGIN {21}\r\nb NOOP\r\n", "R|Cb NOOP\r\n|");
	check_all("a LOGIN {21+}\r\n123456789012345678901 {2+}\r\nxy\r\nb NOOP\r\n",
		"R|Cb NOOP\r\n|");
	check_all("a LOGIN {99999999999999999999+}\r\n", "F|");
	check_all("a LOGIN {99999999999999999999}\r\nb NOOP\r\n", "R|Cb NOOP\r\n|");
}

CASE("APPEND's messages are not collected, its mailbox is")
{
	check_all("a APPEND INBOX {3}\r\nxyz\r\nb NOOP\r\n",
		"Sa APPEND INBOX {3}\r\n|C\r\n|Cb NOOP\r\n|");
	check_all("a APPEND {5+}\r\nINBOX (\\Seen) {3+}\r\nx\r\n (\\Draft) "
		  "~{2+}\r\n..\r\n",
		"Sa APPEND {5+}\r\nINBOX (\\Seen) {3+}\r\n|S (\\Draft) "
		"~{2+}\r\n|C\r\n|");
	check_all("a append {5}\r\nINBOX UTF8 (~{3+}\r\nxyz)\r\n",
		"+|Sa append {5}\r\nINBOX UTF8 (~{3+}\r\n|C)\r\n|");
	check_all("a APPEND ~{2+}\r\nxy {3+}\r\nabc\r\n",
		"Sa APPEND ~{2+}\r\nxy {3+}\r\n|C\r\n|");
}

CASE("before login a message is a literal as any other")
{
	struct imap_collector collector;
	size_t used;

	imap_collector_init(&collector);
	CHECK_NUMBER(imap_collect(&collector, SLICE("a APPEND x {9000}\r\n"), &used),
		IMAP_REFUSED);
	CHECK_NUMBER(
		imap_collect(&collector, SLICE("a APPEND x {99999999+}\r\n"), &used),
		IMAP_FATAL);
	imap_collector_finish(&collector);
}

CASE("a line has a cap; all lines of a command share it")
{
	struct imap_collector collector;
	size_t used;

	imap_collector_init(&collector);
	collector.line_max = 20;
	CHECK_NUMBER(
		imap_collect(&collector, SLICE("a LOGIN {4+}\r\n"), &used), IMAP_MORE);
	CHECK_NUMBER(imap_collector_wants(&collector), 4);
	CHECK_NUMBER(imap_collect(&collector, SLICE("abcdefghijk"), &used), IMAP_FATAL);
	imap_collector_finish(&collector);
}

CASE("a raw line has no literals")
{
	struct imap_collector collector;
	size_t used;

	imap_collector_init(&collector);
	collector.raw = true;
	CHECK_NUMBER(
		imap_collect(&collector, SLICE("DONE {3}\r\n"), &used), IMAP_COMMAND);
	CHECK(!collector.raw);
	imap_collector_rest(&collector);
	CHECK(!collector.text.bytes);
	imap_collector_finish(&collector);
}

CHECK_MAIN()
