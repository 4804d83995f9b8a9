/* What went over the distance, and how late it was beyond what was asked for. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"
#include "bench/delay_core.h"
#include "bench/report.h"

/* Added up over the workers. */
struct totals {
	uint64_t numbers[DELAY_NUMBERS];
	struct histogram late;
};

static uint64_t sum(const struct delay *delay, enum delay_number number);
static void print(const struct delay *delay, const struct totals *totals);
static bool write_json(const struct delay *delay, const struct totals *totals);
static json_t *json_of(const struct delay *delay, const struct totals *totals);

void delay_report_tick(void *arg)
{
	struct delay *delay = arg;
	uint64_t bytes = sum(delay, DELAY_BYTES_THERE) + sum(delay, DELAY_BYTES_BACK);

	if (!delay->options.quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\rdelay: %llu open, %.1f MB/s \033[K",
			(unsigned long long)sum(delay, DELAY_OPEN),
			(double)(bytes - delay->shown_bytes) / 1e6);
	delay->shown_bytes = bytes;
}

bool delay_report(const struct delay *delay)
{
	struct totals *totals = NEW(struct totals);
	const char *json = delay->options.json;
	bool good = true;

	for (unsigned i = 0; i < DELAY_NUMBERS; i++)
		totals->numbers[i] = sum(delay, i);
	for (size_t i = 0; i < delay->options.workers; i++)
		histogram_add(&totals->late, &delay->workers[i].late);
	if (!json || strcmp(json, "-") != 0)
		print(delay, totals);
	if (json)
		good = write_json(delay, totals);
	memory_free(totals);
	return good;
}

static uint64_t sum(const struct delay *delay, enum delay_number number)
{
	uint64_t all = 0;

	for (size_t i = 0; i < delay->options.workers; i++)
		all += __atomic_load_n(
			&delay->workers[i].numbers[number], __ATOMIC_RELAXED);
	return all;
}

static double seconds_of(const struct delay *delay)
{
	return (double)(delay->ended_us - delay->began_us) / 1e6;
}

static void print(const struct delay *delay, const struct totals *totals)
{
	const uint64_t *numbers = totals->numbers;
	static const double quantiles[] = {0.5, 0.99, 0.999, 1};
	static const char *const names[] = {"p50", "p99", "p99.9", "max"};
	char text[AMOUNT_TEXT_SIZE];

	printf("delay: %llu connections (%llu at a time), %llu did not reach the "
	       "target, %llu reset\n",
		(unsigned long long)numbers[DELAY_CONNECTIONS],
		(unsigned long long)numbers[DELAY_OPEN_MOST],
		(unsigned long long)numbers[DELAY_UNREACHED],
		(unsigned long long)numbers[DELAY_RESET]);
	printf("  %.1f MB there, %.1f MB back in %.2f s, %llu sends; CPU %.2f s\n",
		(double)numbers[DELAY_BYTES_THERE] / 1e6,
		(double)numbers[DELAY_BYTES_BACK] / 1e6, seconds_of(delay),
		(unsigned long long)numbers[DELAY_SENDS], report_cpu_seconds());
	fputs("  late", stdout);
	for (size_t i = 0; i < ARRAY_COUNT(quantiles); i++)
		printf("  %s %s", names[i],
			amount_print_time(
				histogram_quantile(&totals->late, quantiles[i]), text));
	putchar('\n');
}

static bool write_json(const struct delay *delay, const struct totals *totals)
{
	const char *path = delay->options.json;
	bool out = strcmp(path, "-") == 0, written;
	FILE *to = out ? stdout : fopen(path, "w");
	json_t *all;

	if (!to)
		return fail_errno(FAILURE_FILE, errno, "cannot write %s", path);
	all = json_of(delay, totals);
	written = json_dumpf(all, to, JSON_INDENT(1)) == 0 && fputc('\n', to) != EOF;
	json_decref(all);
	if ((out ? fflush(to) : fclose(to)) != 0 || !written)
		return fail_errno(FAILURE_FILE, errno, "cannot write %s", path);
	return true;
}

static json_t *json_of(const struct delay *delay, const struct totals *totals)
{
	static const char *const names[DELAY_NUMBERS] = {"connections", "unreached",
		"reset", NULL, "open_most", "bytes_there", "bytes_back", "sends"};
	const struct histogram *late = &totals->late;
	json_t *all = json_pack(
		"{s:s, s:s, s:I, s:f, s:f, s:{s:I, s:I, s:I, s:I, s:I}}", "program",
		"delay", "version", RINGPOST_VERSION, "rtt_us",
		(json_int_t)delay->options.rtt_us, "seconds", seconds_of(delay),
		"cpu_seconds", report_cpu_seconds(), "late_us", "count",
		(json_int_t)late->count, "p50",
		(json_int_t)histogram_quantile(late, 0.5), "p99",
		(json_int_t)histogram_quantile(late, 0.99), "p99.9",
		(json_int_t)histogram_quantile(late, 0.999), "max",
		(json_int_t)late->maximum);

	for (unsigned i = 0; i < DELAY_NUMBERS; i++)
		if (names[i])
			json_object_set_new(all, names[i],
				json_integer((json_int_t)totals->numbers[i]));
	return all;
}
