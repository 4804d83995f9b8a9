/* Audits of ledgers written out: every verdict, alone. */
#include "bench/audit_judge.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

#define BODY " 100 0000aaaa "

static char folder[64];
static struct audit_verdict verdict;

static void write_file(const char *name, const char *text, char path[128])
{
	FILE *file;

	snprintf(path, 128, "%s/%s", folder, name);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

/* Times are small numbers of seconds; faults are at FAULT_MS if not 0. */
static void audit(const char *source, const char *sink, int64_t fault_ms)
{
	struct audit_question question = {.faults_ms = &fault_ms,
		.fault_count = fault_ms != 0,
		.within_ms = 2000,
		.late_ms = 5000};
	struct audit_book book = {0};
	char path[128];

	snprintf(folder, sizeof(folder), "/tmp/ringpost-audit-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	write_file("source", source, path);
	CHECK(audit_read_source(&book, path));
	unlink(path);
	write_file("sink", sink, path);
	CHECK(audit_read_sink(&book, path));
	unlink(path);
	rmdir(folder);
	audit_judge(&book, &question, &verdict);
	audit_book_finish(&book);
}

#define RUN   "# source r\n"
#define ENDED "# end r\n"

CASE("one message, two recipients, both there: clean")
{
	audit(RUN "1.000 acked r-1" BODY "2 a@x,b@x 250 q\n" ENDED,
		"1.100 taken r-1" BODY "1 a@x <> 1 0\n"
		"1.200 taken r-1" BODY "1 B@X <> 2 0\n",
		0);
	CHECK(verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_DELIVERED], 2);
	CHECK_NUMBER(verdict.slowest_ms, 200);
}

CASE("lost: acked, neither delivered nor returned")
{
	audit(RUN "1.000 acked r-1" BODY "2 a@x,b@x 250 q\n"
		  "1.000 acked r-2" BODY "1 c@x 250 q\n" ENDED,
		"1.100 taken r-1" BODY "1 a@x <> 1 0\n", 0);
	CHECK(!verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_LOST], 2);
}

CASE("returned is not lost; returned and delivered is said")
{
	audit(RUN "1.000 acked r-1" BODY "2 a@x,b@x 250 q\n" ENDED,
		"1.100 taken r-1" BODY "1 a@x <> 1 0\n"
		"1.200 bounce r-1 0 00000000 2 a@x,b@x <> 2 0\n"
		"1.300 delay r-1 0 00000000 1 b@x <> 2 0\n",
		0);
	CHECK(verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_RETURNED], 2);
	CHECK_NUMBER(verdict.counts[AUDIT_BOTH], 1);
}

CASE("duplicates: avoidable alone, not at a fault or behind a cut")
{
	static const char source[] = RUN "1.000 acked r-1" BODY "1 a@x 250 q\n" ENDED;

	audit(source,
		"10.000 taken r-1" BODY "1 a@x <> 1 0\n"
		"20.000 taken r-1" BODY "1 a@x <> 1 0\n",
		0);
	CHECK(!verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_AVOIDABLE], 1);
	audit(source,
		"10.000 taken r-1" BODY "1 a@x <> 1 0\n"
		"20.000 taken r-1" BODY "1 a@x <> 1 0\n",
		11500);
	CHECK_NUMBER(verdict.counts[AUDIT_AVOIDABLE], 0);
	CHECK_NUMBER(verdict.counts[AUDIT_UNAVOIDABLE], 1);
	audit(source,
		"10.000 taken r-1" BODY "1 a@x <> 1 0\n"
		"11.000 taken r-1" BODY "1 a@x <> 1 0\n"
		"20.000 taken r-1" BODY "1 a@x <> 1 0\n"
		"21.000 taken r-1" BODY "1 a@x <> 1 0\n",
		8500);
	CHECK_NUMBER(verdict.counts[AUDIT_UNAVOIDABLE], 1);
	CHECK_NUMBER(verdict.counts[AUDIT_AVOIDABLE], 2);
	audit(source,
		"2.000 cut r-1" BODY "1 a@x <> 1 0\n"
		"3.000 taken r-1" BODY "1 a@x <> 1 0\n",
		0);
	CHECK(verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_UNAVOIDABLE], 1);
}

CASE("what the source sent again may come again, unknown may come or not")
{
	audit(RUN "1.000 unknown r-1" BODY "1 a@x lost\n"
		  "2.000 acked r-1" BODY "1 a@x 250 q\n"
		  "3.000 unknown r-2" BODY "1 a@x lost\n"
		  "3.000 unknown r-3" BODY "1 a@x lost\n" ENDED,
		"1.100 taken r-1" BODY "1 a@x <> 1 0\n"
		"2.100 taken r-1" BODY "1 a@x <> 1 0\n"
		"3.100 taken r-3" BODY "1 a@x <> 1 0\n",
		0);
	CHECK(verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_UNAVOIDABLE], 1);
	CHECK_NUMBER(verdict.counts[AUDIT_DELIVERED], 2);
}

CASE("phantoms: never sent, to nobody asked for, refused")
{
	audit(RUN "1.000 acked r-1" BODY "1 a@x 250 q\n"
		  "1.000 refused r-2" BODY "0 - mail 550 5.1.1 no\n"
		  "1.000 refused r-3" BODY "1 a@x dot 451 4.3.0 later\n" ENDED,
		"1.100 taken r-1" BODY "2 a@x,stranger@x <> 1 0\n"
		"1.100 taken r-2" BODY "1 a@x <> 1 0\n"
		"1.100 taken r-3" BODY "1 a@x <> 1 0\n"
		"1.100 taken r-99" BODY "1 a@x <> 1 0\n"
		"1.100 taken other-1" BODY "1 a@x <> 1 0\n"
		"1.100 taken -" BODY "1 a@x <> 1 0\n",
		0);
	CHECK(!verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_PHANTOM], 3);
	CHECK_NUMBER(verdict.counts[AUDIT_AFTER_4XX], 1);
	CHECK_NUMBER(verdict.counts[AUDIT_UNRECORDED], 0);
}

CASE("a source that was killed: what it had under way is not a phantom")
{
	audit(RUN "1.000 acked r-1" BODY "1 a@x 250 q\n1.000 ac",
		"1.100 taken r-1" BODY "1 a@x <> 1 0\n"
		"1.100 taken r-2" BODY "1 a@x <> 1 0\n",
		0);
	CHECK(verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_UNRECORDED], 1);
}

CASE("corrupted: another size, another sum")
{
	audit(RUN "1.000 acked r-1" BODY "1 a@x 250 q\n"
		  "1.000 acked r-2" BODY "1 a@x 250 q\n" ENDED,
		"1.100 taken r-1 100 0000aaab 1 a@x <> 1 0\n"
		"1.100 taken r-2 101 0000aaaa 1 a@x <> 1 0\n",
		0);
	CHECK(!verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_CORRUPTED], 2);
}

CASE("late: after the ack and the last fault")
{
	static const char source[] = RUN "1.000 acked r-1" BODY "1 a@x 250 q\n" ENDED;
	static const char sink[] = "7.500 taken r-1" BODY "1 a@x <> 1 0\n";

	audit(source, sink, 0);
	CHECK(!verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_LATE], 1);
	audit(source, sink, 3000);
	CHECK(verdict.clean);
}

CASE("a thousand recipients, each twice but one")
{
	struct buffer source = {0}, sink = {0};

	buffer_append(&source, SLICE(RUN "1.000 acked r-1" BODY "1000 "));
	for (unsigned i = 0; i < 1000; i++) {
		buffer_append_format(&source, "%su%u@x", i ? "," : "", i);
		if (i != 500)
			buffer_append_format(
				&sink, "2.000 taken r-1" BODY "1 u%u@x <> 1 0\n", i);
		buffer_append_format(
			&sink, "2.%03u taken r-1" BODY "1 u%u@x <> 1 0\n", i / 2, i);
	}
	buffer_append(&source, SLICE(" 250 q\n" ENDED "\0"));
	buffer_append(&sink, SLICE("\0"));
	audit(source.bytes, sink.bytes, 2100);
	CHECK_NUMBER(verdict.counts[AUDIT_DELIVERED], 1000);
	CHECK_NUMBER(verdict.counts[AUDIT_UNAVOIDABLE], 999);
	CHECK_NUMBER(verdict.counts[AUDIT_LOST], 0);
	CHECK(verdict.clean);
	buffer_finish(&source);
	buffer_finish(&sink);
}

static const char saved[] = "To: <bench+r-1@source.test>\n"
			    "\n"
			    "Final-Recipient: rfc822; a@x\n"
			    "Action: failed\n"
			    "\n";

CASE("a folder of saved notifications, a ledger of them, neither")
{
	struct audit_question question = {.within_ms = 2000};
	struct audit_book book = {0};
	char source[128], sink[128], mail[128];

	snprintf(folder, sizeof(folder), "/tmp/ringpost-audit-XXXXXX");
	CHECK(mkdtemp(folder) != NULL);
	write_file("source", RUN "1.000 acked r-1" BODY "1 a@x 250 q\n" ENDED, source);
	write_file("sink", "", sink);
	write_file("1.1.eml", saved, mail);
	CHECK(audit_read_source(&book, source) && audit_read_sink(&book, sink));
	audit_judge(&book, &question, &verdict);
	CHECK_NUMBER(verdict.counts[AUDIT_LOST], 1);
	CHECK(audit_read_bounces(&book, folder));
	audit_judge(&book, &question, &verdict);
	CHECK(verdict.clean);
	CHECK_NUMBER(verdict.counts[AUDIT_RETURNED], 1);
	CHECK(audit_read_bounces(&book, sink));
	CHECK(!audit_read_bounces(&book, "/nowhere"));
	CHECK(failure_kind_last() == FAILURE_FILE);
	audit_book_finish(&book);
	unlink(source);
	unlink(sink);
	unlink(mail);
	rmdir(folder);
}

CHECK_MAIN()
