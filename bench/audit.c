/* `ringpost-bench audit`: reads ledgers, judges, and says what it found. */
#include "bench/audit.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/audit_judge.h"
#include "bench/audit_report.h"
#include "bench/amount.h"
#include "bench/options.h"

struct audit_options {
	bool help;
	struct texts fault, files;
	const char *faults, *json;
	int64_t within_us, late_us;
};

#define AT(member) offsetof(struct audit_options, member)

static const struct option table[] = {
	{"fault", "TIME", OPTION_TEXTS, AT(fault), 0, 0,
		"when something was killed or cut, in seconds since 1970 with\n"
		"decimals (date +%s.%3N); may be given several times"},
	{"faults", "FILE", OPTION_TEXT, AT(faults), 0, 0, "such times, one a line"},
	{"within", "TIME", OPTION_TIME, AT(within_us), 0, 0,
		"so near a fault a copy may have lost its reply (2s)"},
	{"late", "TIME", OPTION_TIME, AT(late_us), 0, 0,
		"delivered later than this after the ack, and after the last fault,\n"
		"is too late (any time)"},
	{"json", "FILE", OPTION_TEXT, AT(json), 0, 0,
		"the verdict as JSON; - for standard output, instead of the table"},
	{"help", NULL, OPTION_FLAG, AT(help), 0, 0, "this text"},
};

static const struct options options = {
	.command = "audit",
	.usage = "SOURCE-LEDGER SINK-LEDGER [BOUNCES...]",
	.about = "Compares what a source was told with what sinks took. BOUNCES are\n"
		 "ledgers of sinks that took notifications, or folders of saved ones\n"
		 "(a sink's ledger has those it took, too).\n"
		 "Exit status 0: clean; 1: something is lost, avoidably duplicated,\n"
		 "phantom, corrupted or late; 2: the ledgers cannot be read.\n",
	.at = table,
	.count = ARRAY_COUNT(table),
};

struct faults {
	int64_t *at_ms;
	size_t count;
};

static bool audit(const struct audit_options *given, struct audit_verdict *verdict);
static bool read_files(const struct audit_options *given, struct audit_book *book);
static bool read_faults(const struct audit_options *given, struct faults *faults);
static bool add_fault(struct faults *faults, struct slice text);
static int by_time(const void *a, const void *b);

int audit_main(char **arguments)
{
	struct audit_options given = {.within_us = 2000000};
	struct audit_verdict *verdict = NEW(struct audit_verdict);
	int status = 2;

	if (!options_read(&options, arguments, &given, &given.files)) {
		fprintf(stderr, "audit: %s\n", failure_last()->text);
	} else if (given.help) {
		options_help(&options, stdout);
		status = 0;
	} else if (given.files.count < 2) {
		fputs("audit: SOURCE-LEDGER and SINK-LEDGER are wanted\n", stderr);
	} else if (!audit(&given, verdict)) {
		fprintf(stderr, "audit: %s\n", failure_last()->text);
	} else {
		status = verdict->clean ? 0 : 1;
	}
	memory_free(verdict);
	texts_finish(&given.files);
	texts_finish(&given.fault);
	return status;
}

static bool audit(const struct audit_options *given, struct audit_verdict *verdict)
{
	struct audit_book book = {0};
	struct faults faults = {0};
	bool good = read_faults(given, &faults) && read_files(given, &book);

	if (good) {
		audit_judge(&book,
			&(struct audit_question){
				.faults_ms = faults.at_ms,
				.fault_count = faults.count,
				.within_ms = given->within_us / 1000,
				.late_ms = given->late_us / 1000,
			},
			verdict);
		if (!given->json || strcmp(given->json, "-") != 0)
			audit_print(&book, verdict, stdout);
		if (given->json)
			good = audit_write_json(&book, verdict, given->json);
	}
	memory_free(faults.at_ms);
	audit_book_finish(&book);
	return good;
}

static bool read_files(const struct audit_options *given, struct audit_book *book)
{
	const char **files = given->files.at;

	if (!audit_read_source(book, files[0]) || !audit_read_sink(book, files[1]))
		return false;
	for (size_t i = 2; i < given->files.count; i++)
		if (!audit_read_bounces(book, files[i]))
			return false;
	return true;
}

static bool read_faults(const struct audit_options *given, struct faults *faults)
{
	char line[64];
	bool good = true;
	FILE *file;

	for (size_t i = 0; i < given->fault.count; i++)
		if (!add_fault(faults, slice_of(given->fault.at[i])))
			return false;
	if (given->faults) {
		file = fopen(given->faults, "re");
		if (!file)
			return fail_errno(
				FAILURE_FILE, errno, "cannot read %s", given->faults);
		while (good && fgets(line, sizeof(line), file)) {
			struct slice text = slice_trim_all(slice_of(line));

			good = text.size == 0 || add_fault(faults, text);
		}
		fclose(file);
	}
	if (faults->count)
		qsort(faults->at_ms, faults->count, sizeof(*faults->at_ms), by_time);
	return good;
}

static bool add_fault(struct faults *faults, struct slice text)
{
	int64_t us;

	if (!amount_read_time(text, &us))
		return fail(FAILURE_CONFIG,
			"\"%.*s\" is not a time in seconds since 1970 "
			"(1790000000.123)",
			SLICE_PRINT(text));
	faults->at_ms = memory_resize(
		faults->at_ms, (faults->count + 1) * sizeof(*faults->at_ms));
	faults->at_ms[faults->count++] = us / 1000;
	return true;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}
