/* Ledgers: their lines, and when they are in the file. */
#include "bench/ledger.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "bench/ledger_entry.h"
#include "run/on_worker.h"

CASE("a line is read as it was written")
{
	struct buffer line = {0}, list = {0};
	struct ledger_entry entry = {.wall_ms = 1790000000007,
		.outcome = SLICE("acked"),
		.id = SLICE("run-17"),
		.size = 3711,
		.crc = 0x00fa11c0,
		.count = 2,
		.rest = SLICE("250 4AB \x01 CD")};
	struct ledger_entry got;
	struct slice text;

	ledger_recipient_add(&list, SLICE("a@d.test"));
	ledger_recipient_add(&list, SLICE("\"b, %\"@d.test"));
	entry.recipients = buffer_contents(&list);
	ledger_entry_write(&line, &entry);
	CHECK_SLICE(buffer_contents(&line),
		"1790000000.007 acked run-17 3711 00fa11c0 2 "
		"a@d.test,\"b%2c%20%25\"@d.test 250 4AB ? CD\n");
	text = buffer_contents(&line);
	CHECK(ledger_entry_read(slice_part(text, 0, text.size - 1), &got));
	CHECK_NUMBER(got.wall_ms, entry.wall_ms);
	CHECK_SLICE(got.outcome, "acked");
	CHECK_SLICE(got.id, "run-17");
	CHECK_NUMBER(got.size, 3711);
	CHECK_NUMBER(got.crc, entry.crc);
	CHECK_NUMBER(got.count, 2);
	CHECK(slice_equal(got.recipients, entry.recipients));
	CHECK_SLICE(got.rest, "250 4AB ? CD");
	buffer_finish(&line);
	buffer_finish(&list);
}

CASE("nothing is a dash, and read as nothing")
{
	struct buffer line = {0};
	struct ledger_entry got;
	struct slice text;

	ledger_entry_write(&line,
		&(struct ledger_entry){.wall_ms = 1000, .outcome = SLICE("refused")});
	text = buffer_contents(&line);
	CHECK_SLICE(text, "1.000 refused - 0 00000000 0 - -\n");
	CHECK(ledger_entry_read(slice_part(text, 0, text.size - 1), &got));
	CHECK(got.id.size == 0 && got.recipients.size == 0);
	buffer_finish(&line);
}

CASE("what is no line")
{
	static const char *const lines[] = {"", "# remark",
		"1 acked a 1 00000000 1 x y", "1.00 acked a 1 00000000 1 x y",
		"1.000 acked", "1.000 acked a", "1.000 acked a x 00000000 1 x y",
		"1.000 acked a 1 0000000 1 x y", "1.000 acked a 1 0000000g 1 x y",
		"1.000 acked a 1 00000000 x x y", "x.000 acked a 1 00000000 1 x y"};
	struct ledger_entry got;

	for (size_t i = 0; i < ARRAY_COUNT(lines); i++)
		CHECK(!ledger_entry_read(slice_of(lines[i]), &got));
}

CASE("the id in an envelope")
{
	CHECK_SLICE(ledger_id_of_local(SLICE("bench+run-17")), "run-17");
	CHECK_SLICE(ledger_id_of_local(SLICE("a+b+run-17")), "run-17");
	CHECK_SLICE(ledger_id_of_local(SLICE("bench")), "");
	CHECK_SLICE(ledger_id_of_local(SLICE("")), "");
}

#define WRITERS 50
#define LINES	40

struct
try {
	struct ledger ledger;
	const char *path;
	unsigned done;
};

static off_t size_of(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 ? facts.st_size : -1;
}

/* Whatever was committed is in the file by then. */
static void append_lines(void *arg)
{
	struct try *try = arg;

	for (unsigned i = 0; i < LINES; i++) {
		buffer_append_format(ledger_line(&try->ledger), "line %u\n", i % 10);
		ledger_line_end(&try->ledger);
		try->done++;
		CHECK(ledger_commit(&try->ledger, deadline_after_ms(20000)));
		CHECK(size_of(try->path) >= (off_t)(i + 1) * 7);
	}
}

static void write_one(struct try *try, bool synced)
{
	struct scope scope, writers;
	int fd = ledger_open_file(try->path, synced);

	CHECK(fd >= 0);
	scope_init(&scope);
	scope_init(&writers);
	CHECK(ledger_open(&try->ledger, fd, synced, &writers));
	CHECK(ledger_is_open(&try->ledger));
	for (unsigned i = 0; i < WRITERS; i++)
		CHECK(scope_spawn(&scope, "appender", append_lines, try));
	CHECK(scope_join(&scope, deadline_after_ms(60000)));
	ledger_close(&try->ledger, deadline_after_ms(1000));
	scope_finish(&writers, deadline_after_ms(1000));
	close(fd);
}

static void write_both(void *arg)
{
	struct try *try = arg;

	write_one(try, false);
	CHECK_NUMBER(size_of(try->path), WRITERS * LINES * 7);
	write_one(try, true);
	CHECK_NUMBER(size_of(try->path), 2 * WRITERS * LINES * 7);
	CHECK_NUMBER(try->done, 2 * WRITERS * LINES);
}

CASE("committed lines are in the file, plain and synced, and it is appended to")
{
	char path[] = "/tmp/ringpost-ledger-XXXXXX";
	struct try try = {.path = path};

	close(mkstemp(path));
	on_worker(write_both, &try);
	unlink(path);
}

static void fill_disk(void *arg)
{
	struct ledger ledger;
	int fd = ledger_open_file("/dev/full", false);

	CHECK(ledger_open(&ledger, fd, false, NULL));
	buffer_append(ledger_line(&ledger), SLICE("x\n"));
	ledger_line_end(&ledger);
	CHECK(!ledger_commit(&ledger, deadline_after_ms(1000)));
	CHECK(failure_kind_last() == FAILURE_FILE && ledger.failed);
	CHECK(strstr(failure_last()->text, "No space left"));
	ledger_close(&ledger, deadline_after_ms(1000));
	close(fd);
}

static void no_ledger(void *arg)
{
	struct ledger ledger;

	CHECK(ledger_open(&ledger, -1, true, NULL));
	CHECK(!ledger_is_open(&ledger));
	ledger_close(&ledger, deadline_after_ms(1));
}

CASE("a full disk is a failure, no ledger is none")
{
	on_worker(fill_disk, NULL);
	on_worker(no_ledger, NULL);
	CHECK_NUMBER(ledger_open_file("/nowhere/ledger", false), -1);
}

CHECK_MAIN()
