/* The report of a run as JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/report.h"

static json_t *time_json(const struct histogram *times)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "count",
		(json_int_t)times->count, "min", (json_int_t)times->minimum, "p50",
		(json_int_t)histogram_quantile(times, 0.5), "p90",
		(json_int_t)histogram_quantile(times, 0.9), "p99",
		(json_int_t)histogram_quantile(times, 0.99), "p99.9",
		(json_int_t)histogram_quantile(times, 0.999), "max",
		(json_int_t)times->maximum, "mean", histogram_mean(times));
}

static json_t *times_json(const struct tally *tally)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < TALLY_TIMES; i++)
		if (tally->times[i].count)
			json_object_set_new(
				all, report_time_name(i), time_json(&tally->times[i]));
	return all;
}

static json_t *numbers_json(const struct report *report)
{
	static const char *const names[TALLY_OPEN] = {
		NULL, "refused", "unknown", NULL, "recipients", "bytes", "items", "connections"};
	const struct tally *tally = report->total;
	bool sink = strcmp(report->program, "sink") == 0;
	json_t *all = json_object();

	json_object_set_new(all, report->done,
		json_integer((json_int_t)tally->numbers[TALLY_DONE]));
	json_object_set_new(all, sink ? "notifications" : "again",
		json_integer((json_int_t)tally->numbers[TALLY_AGAIN]));
	for (unsigned i = 0; i < TALLY_OPEN; i++)
		if (names[i])
			json_object_set_new(all, names[i],
				json_integer((json_int_t)tally->numbers[i]));
	json_object_set_new(
		all, "broken", json_integer((json_int_t)tally->numbers[TALLY_BROKEN]));
	json_object_set_new(all, "tls_resumed",
		json_integer((json_int_t)tally->numbers[TALLY_RESUMED]));
	return all;
}

static json_t *texts_json(const struct report *report)
{
	const struct tally_text **texts = memory_allocate_array(
		TALLY_TEXTS_MAX + 1, sizeof(*texts));
	size_t count = report_texts(report, texts, TALLY_TEXTS_MAX + 1);
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all,
			json_pack("{s:I, s:s}", "count", (json_int_t)texts[i]->count,
				"text", texts[i]->text));
	memory_free(texts);
	return all;
}

static json_t *cost_json(const struct tally *tally)
{
	return json_pack("{s:f, s:I, s:I, s:I}", "cpu_seconds", report_cpu_seconds(),
		"ring_enters", (json_int_t)tally->numbers[TALLY_ENTERS], "sends",
		(json_int_t)tally->numbers[TALLY_SENDS], "receives",
		(json_int_t)tally->numbers[TALLY_RECEIVES]);
}

static json_t *arguments_json(const struct report *report)
{
	json_t *all = json_array();

	for (char **argument = report->arguments; *argument; argument++)
		json_array_append_new(all, json_string(*argument));
	return all;
}

/* OFFSET: of a member of struct report_second. */
static json_t *per_second_json(const struct report *report, size_t offset)
{
	json_t *all = json_array();

	for (size_t i = 0; i < report->seconds; i++) {
		const char *second = (const char *)&report->per_second[i];
		uint64_t number;

		memcpy(&number, second + offset, sizeof(number));
		json_array_append_new(all, json_integer((json_int_t)number));
	}
	return all;
}

bool report_write_json(const struct report *report, const char *path)
{
	double seconds = report_seconds(report);
	double bytes = (double)tally_get(report->total, TALLY_BYTES);
	json_t *all = json_pack(
		"{s:s, s:s, s:o, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o}",
		"program", report->program, "version", RINGPOST_VERSION, "arguments",
		arguments_json(report), "seconds", seconds, "rate", report_rate(report),
		"megabytes_per_second", seconds > 0 ? bytes / 1e6 / seconds : 0.0,
		"messages", numbers_json(report), "microseconds",
		times_json(report->total), "errors", texts_json(report), "cost",
		cost_json(report->total), "per_second",
		per_second_json(report, offsetof(struct report_second, done)),
		"open_per_second",
		per_second_json(report, offsetof(struct report_second, open)));
	bool out = strcmp(path, "-") == 0;
	FILE *to = out ? stdout : fopen(path, "w");
	bool written;

	if (strcmp(report->program, "sink") == 0)
		json_object_set_new(all, "busy_per_second",
			per_second_json(report, offsetof(struct report_second, busy)));
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
