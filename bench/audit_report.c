/* What an audit found, as a table and as JSON. */
#include "bench/audit_report.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"

struct line {
	const char *name;
	uint64_t number;
};

/* Of the ledgers' lines, not of recipients. */
static size_t list_lines(const struct audit_book *book, struct line *lines)
{
	const struct line all[] = {
		{"messages_acked", book->acked},
		{"messages_unknown", book->unknown},
		{"messages_refused", book->refused},
		{"copies_taken", book->taken},
		{"notifications_taken", book->bounces},
		{"copies_without_id", book->without_id},
		{"copies_of_other_sources", book->foreign},
		{"broken_lines", book->broken_lines},
	};

	memcpy(lines, all, sizeof(all));
	return ARRAY_COUNT(all);
}

void audit_print(
	const struct audit_book *book, const struct audit_verdict *verdict, FILE *to)
{
	char text[AMOUNT_TEXT_SIZE];
	struct line lines[16];
	size_t count = list_lines(book, lines);

	for (size_t i = 0; i < count; i++)
		fprintf(to, "%-24s %10llu\n", lines[i].name,
			(unsigned long long)lines[i].number);
	fputs("\nof recipients:\n", to);
	for (unsigned i = 0; i < AUDIT_COUNTS; i++) {
		uint64_t number = verdict->counts[i];
		bool fault = audit_count_is_fault(i) && number;
		bool shown = i >= AUDIT_BOTH;

		fprintf(to, "%-24s %10llu%s\n", audit_count_name(i),
			(unsigned long long)number, fault ? "  <-" : "");
		for (uint64_t k = 0; shown && k < number && k < AUDIT_EXAMPLES_MAX; k++)
			fprintf(to, "    %s\n", verdict->examples[i][k]);
		if (shown && number > AUDIT_EXAMPLES_MAX)
			fputs("    ...\n", to);
	}
	fprintf(to, "slowest from ack to delivery: %s\n%s\n",
		amount_print_time(verdict->slowest_ms > 0
					  ? (uint64_t)verdict->slowest_ms * 1000
					  : 0,
			text),
		verdict->clean ? "clean" : "NOT CLEAN");
}

static json_t *counts_json(
	const struct audit_book *book, const struct audit_verdict *verdict)
{
	json_t *all = json_object();
	struct line lines[16];
	size_t count = list_lines(book, lines);

	for (size_t i = 0; i < count; i++)
		json_object_set_new(
			all, lines[i].name, json_integer((json_int_t)lines[i].number));
	for (unsigned i = 0; i < AUDIT_COUNTS; i++)
		json_object_set_new(all, audit_count_name(i),
			json_integer((json_int_t)verdict->counts[i]));
	return all;
}

static json_t *examples_json(const struct audit_verdict *verdict)
{
	json_t *all = json_object();

	for (unsigned i = AUDIT_BOTH; i < AUDIT_COUNTS; i++) {
		json_t *some = json_array();

		for (uint64_t k = 0; k < verdict->counts[i] && k < AUDIT_EXAMPLES_MAX;
			k++)
			json_array_append_new(
				some, json_string(verdict->examples[i][k]));
		if (json_array_size(some))
			json_object_set(all, audit_count_name(i), some);
		json_decref(some);
	}
	return all;
}

bool audit_write_json(const struct audit_book *book,
	const struct audit_verdict *verdict, const char *path)
{
	json_t *all = json_pack("{s:s, s:s, s:b, s:I, s:o, s:o}", "program", "audit",
		"version", RINGPOST_VERSION, "clean", (int)verdict->clean,
		"slowest_milliseconds", (json_int_t)verdict->slowest_ms, "counts",
		counts_json(book, verdict), "examples", examples_json(verdict));
	bool out = strcmp(path, "-") == 0;
	FILE *to = out ? stdout : fopen(path, "we");
	bool written;

	if (!to) {
		json_decref(all);
		return fail_errno(FAILURE_FILE, errno, "cannot write %s", path);
	}
	written = json_dumpf(all, to, JSON_INDENT(1)) == 0 && fputc('\n', to) != EOF;
	json_decref(all);
	if ((out ? fflush(to) : fclose(to)) != 0 || !written)
		return fail_errno(FAILURE_FILE, errno, "cannot write %s", path);
	return true;
}
