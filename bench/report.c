/* The progress line, and the table at the end. */
#include "bench/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/memory.h"

#include "bench/amount.h"

#define TEXTS_SHOWN 20

static void print_times(const struct tally *tally, FILE *to);
static void print_texts(const struct report *report, FILE *to);
static void print_cost(const struct tally *tally, FILE *to);
static uint64_t sum(const struct report *report, enum tally_number number);

void report_open(struct report *report)
{
	report->began_us = clock_monotonic_us();
}

void report_tick(void *arg)
{
	struct report *report = arg;
	uint64_t done = sum(report, TALLY_DONE), bytes = sum(report, TALLY_BYTES);
	uint64_t rate = done - report->shown_done, busy = sum(report, TALLY_BUSY);

	if (report->seconds < REPORT_SECONDS_MAX) {
		report->per_second = memory_resize(report->per_second,
			(report->seconds + 1) * sizeof(*report->per_second));
		report->per_second[report->seconds++] = (struct report_second){
			.done = rate,
			.busy = busy - report->shown_busy,
			.open = sum(report, TALLY_OPEN),
		};
	}
	if (report->progress) {
		fprintf(stderr,
			"\r%s: %5zu s  %8llu/s  %7.1f MB/s  %llu %s  %llu refused  "
			"%llu unknown  %llu broken  %llu open \033[K",
			report->program, report->seconds, (unsigned long long)rate,
			(double)(bytes - report->shown_bytes) / 1e6,
			(unsigned long long)done, report->done,
			(unsigned long long)sum(report, TALLY_REFUSED),
			(unsigned long long)sum(report, TALLY_UNKNOWN),
			(unsigned long long)sum(report, TALLY_BROKEN),
			(unsigned long long)sum(report, TALLY_OPEN));
		report->line_open = true;
	}
	report->shown_done = done;
	report->shown_bytes = bytes;
	report->shown_busy = busy;
}

void report_close(struct report *report)
{
	if (report->line_open)
		fputc('\n', stderr);
	report->line_open = false;
	report->total = tally_create();
	for (size_t i = 0; i < report->tally_count; i++)
		tally_add(report->total, report->tallies[i]);
}

void report_finish(struct report *report)
{
	tally_destroy(&report->total);
	memory_free(report->per_second);
	report->per_second = NULL;
}

double report_seconds(const struct report *report)
{
	return (double)(report->total->last_us - report->total->first_us) / 1e6;
}

double report_rate(const struct report *report)
{
	double seconds = report_seconds(report);

	return seconds > 0 ? (double)tally_get(report->total, TALLY_DONE) / seconds : 0;
}

double report_cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

const char *report_time_name(enum tally_time time)
{
	static const char *const names[TALLY_TIMES] = {
		"message", "connect", "tls", "auth", "opening"};

	return names[time];
}

static int by_count(const void *a, const void *b)
{
	const struct tally_text *const *x = a, *const *y = b;

	if ((*x)->count != (*y)->count)
		return (*x)->count < (*y)->count ? 1 : -1;
	return strcmp((*x)->text, (*y)->text);
}

size_t report_texts(
	const struct report *report, const struct tally_text **at, size_t most)
{
	const struct map *texts = &report->total->texts;
	const struct tally_text **all = memory_allocate_array(
		texts->count, sizeof(*all));
	struct map_cursor cursor = {0};
	struct slice key;
	size_t count = 0;
	void *value;

	while (map_next(texts, &cursor, &key, &value))
		all[count++] = value;
	qsort(all, count, sizeof(*all), by_count);
	if (count > most)
		count = most;
	memcpy(at, all, count * sizeof(*all));
	memory_free(all);
	return count;
}

void report_print(const struct report *report, FILE *to)
{
	const struct tally *tally = report->total;
	double seconds = report_seconds(report);
	uint64_t bytes = tally_get(tally, TALLY_BYTES);

	fprintf(to, "%s: %llu messages %s in %.2f s: %.0f/s, %.1f MB/s\n",
		report->program, (unsigned long long)tally_get(tally, TALLY_DONE),
		report->done, seconds, report_rate(report),
		seconds > 0 ? (double)bytes / 1e6 / seconds : 0);
	fprintf(to,
		"  %llu recipients, %llu refused, %llu unknown, %llu %s; "
		"%llu connections, %llu broken, %llu resumed TLS\n",
		(unsigned long long)tally_get(tally, TALLY_RECIPIENTS),
		(unsigned long long)tally_get(tally, TALLY_REFUSED),
		(unsigned long long)tally_get(tally, TALLY_UNKNOWN),
		(unsigned long long)tally_get(tally, TALLY_AGAIN),
		strcmp(report->program, "sink") == 0 ? "notifications" : "sent again",
		(unsigned long long)tally_get(tally, TALLY_CONNECTIONS),
		(unsigned long long)tally_get(tally, TALLY_BROKEN),
		(unsigned long long)tally_get(tally, TALLY_RESUMED));
	print_times(tally, to);
	print_texts(report, to);
	print_cost(tally, to);
}

static void print_times(const struct tally *tally, FILE *to)
{
	static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
	char text[AMOUNT_TEXT_SIZE];

	fprintf(to, "  %-8s %10s %10s %10s %10s %10s %10s %10s\n", "", "count", "p50",
		"p90", "p99", "p99.9", "max", "mean");
	for (unsigned i = 0; i < TALLY_TIMES; i++) {
		const struct histogram *times = &tally->times[i];

		if (!times->count)
			continue;
		fprintf(to, "  %-8s %10llu", report_time_name(i),
			(unsigned long long)times->count);
		for (size_t q = 0; q < ARRAY_COUNT(quantiles); q++)
			fprintf(to, " %10s",
				amount_print_time(
					histogram_quantile(times, quantiles[q]), text));
		fprintf(to, " %10s", amount_print_time(times->maximum, text));
		fprintf(to, " %10s\n",
			amount_print_time((uint64_t)histogram_mean(times), text));
	}
}

static void print_texts(const struct report *report, FILE *to)
{
	const struct tally_text *texts[TEXTS_SHOWN];
	size_t count = report_texts(report, texts, ARRAY_COUNT(texts));

	for (size_t i = 0; i < count; i++)
		fprintf(to, "  %8llu  %s\n", (unsigned long long)texts[i]->count,
			texts[i]->text);
	if (report->total->texts.count > count)
		fprintf(to, "  and %zu texts more\n",
			report->total->texts.count - count);
}

static void print_cost(const struct tally *tally, FILE *to)
{
	double messages = (double)tally_get(tally, TALLY_DONE);
	double cpu = report_cpu_seconds();

	fprintf(to, "  CPU %.2f s", cpu);
	if (messages > 0)
		fprintf(to,
			", %.1f us a message; %.2f ring enters, %.2f sends, "
			"%.2f receives a message",
			cpu * 1e6 / messages,
			(double)tally_get(tally, TALLY_ENTERS) / messages,
			(double)tally_get(tally, TALLY_SENDS) / messages,
			(double)tally_get(tally, TALLY_RECEIVES) / messages);
	fputc('\n', to);
}

static uint64_t sum(const struct report *report, enum tally_number number)
{
	uint64_t all = 0;

	for (size_t i = 0; i < report->tally_count; i++)
		all += tally_get(report->tallies[i], number);
	return all;
}
