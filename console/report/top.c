/* The answer to "top" as a screen. */
#include "report/top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/top_screen.h"

#define LABEL	     "%-11s"
#define REFUSALS_MAX 6 /* categories shown */

/* ---- Lines ---- */

static bool is_full(const struct top_screen *screen)
{
	return screen->view->height && screen->lines >= screen->view->height;
}

void top_end_line(struct top_screen *screen)
{
	size_t width = screen->view->width ? screen->view->width : SIZE_MAX;

	if (!is_full(screen)) {
		words_cut(buffer_contents(&screen->line), width, screen->into);
		buffer_append_byte(screen->into, '\n');
		screen->lines++;
	}
	buffer_clear(&screen->line);
}

/* Text of others: what is no printable character does not move the cursor. */
static void add_text(struct top_screen *screen, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		bool control = (unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f;

		buffer_append_byte(&screen->line, control ? '?' : text.at[i]);
	}
}

const char *top_count(
	const struct value *object, const char *name, char text[WORDS_SIZE])
{
	return words_number((uint64_t)value_get_number(object, name), text);
}

/* ---- Rates ---- */

static const char *const rows[] = {
	"received", "delivered", "deferred", "bounced", "refused"};

static int64_t total_of(const struct value *answer, const char *name)
{
	const struct value *totals = value_get(answer, "totals");
	int64_t total = value_get_number(totals, name);

	if (strcmp(name, "refused") == 0)
		total += value_get_number(totals, "brought_refused");
	return total;
}

/* A server that began anew in between counts from 0. */
int64_t top_rate(int64_t before, int64_t now, int64_t ms)
{
	if (now < before)
		before = 0;
	return ms > 0 ? (now - before) * 1000000 / ms : 0;
}

int64_t top_time_between(const struct value *before, const struct value *now)
{
	return value_get_number(now, "at_ms") - value_get_number(before, "at_ms");
}

const char *top_print_rate(int64_t thousandths, char text[WORDS_SIZE])
{
	if (thousandths >= 100000)
		return words_number((uint64_t)(thousandths / 1000), text);
	snprintf(text, WORDS_SIZE, "%.1f", (double)thousandths / 1000);
	return text;
}

void report_top_rates(const struct value *before, struct value *now)
{
	struct value *rates = value_object();
	int64_t ms = top_time_between(before, now);

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		value_set_number(rates, rows[i],
			top_rate(
				total_of(before, rows[i]), total_of(now, rows[i]), ms));
	value_set(now, "rates", rates);
}

static void add_cells(struct top_screen *screen, const char *label,
	const char *(*cell)(const struct top_screen *, const char *, char[WORDS_SIZE]))
{
	char text[WORDS_SIZE];

	buffer_append_format(&screen->line, "  " LABEL, label);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		buffer_append_format(
			&screen->line, "%13s", cell(screen, rows[i], text));
	top_end_line(screen);
}

static const char *second_cell(
	const struct top_screen *screen, const char *name, char text[WORDS_SIZE])
{
	if (!screen->before)
		return "-";
	return top_print_rate(
		top_rate(total_of(screen->before, name), total_of(screen->now, name),
			top_time_between(screen->before, screen->now)),
		text);
}

static const char *minute_cell(
	const struct top_screen *screen, const char *name, char text[WORDS_SIZE])
{
	const struct value *minute = value_get(screen->now, "last_minute");

	return value_has(minute, name) ? top_count(minute, name, text) : "-";
}

static const char *total_cell(
	const struct top_screen *screen, const char *name, char text[WORDS_SIZE])
{
	return words_number((uint64_t)total_of(screen->now, name), text);
}

/* ---- The head ---- */

static const char *order_words(enum top_order order)
{
	static const char *const words[TOP_ORDERS] = {
		[TOP_WAITING] = "what waits",
		[TOP_SENT] = "what goes out",
		[TOP_DEFERRED] = "what is deferred",
	};

	return words[order];
}

static void add_head(struct top_screen *screen)
{
	const struct value *now = screen->now;
	int64_t at_ms = value_get_number(now, "at_ms");
	char time[WORDS_SIZE], up[WORDS_SIZE];

	buffer_append_format(&screen->line, "%s  ", words_time(at_ms, at_ms, time));
	add_text(screen, value_get_text(now, "hostname"));
	buffer_append_format(&screen->line, ", up %s",
		words_duration(value_get_number(now, "uptime_s") * 1000, up));
	if (screen->view->note)
		buffer_append_format(&screen->line, "  %s", screen->view->note);
	top_end_line(screen);
}

static void add_server(struct top_screen *screen)
{
	const struct value *now = screen->now, *workers = value_get(now, "workers");
	const struct value *redis = value_get(now, "redis");
	char text[WORDS_SIZE];

	buffer_append_format(&screen->line, LABEL, "Server");
	if (value_get_truth(now, "accepting")) {
		buffer_append(&screen->line, SLICE("accepts mail"));
	} else {
		buffer_append(&screen->line, SLICE("TAKES NO MAIL: "));
		add_text(screen, value_get_text(now, "accepting_trouble"));
	}
	buffer_append_format(&screen->line, "; %s",
		words_count((uint64_t)value_get_number(now, "sessions"), "session",
			"sessions", text));
	buffer_append_format(&screen->line, "; %s",
		words_size((uint64_t)value_get_number(now, "memory"), text));
	if (value_get_truth(redis, "up"))
		buffer_append_format(&screen->line, ", Redis %s",
			words_size((uint64_t)value_get_number(redis, "memory"), text));
	else
		buffer_append(&screen->line, SLICE(", REDIS IS AWAY"));
	buffer_append(&screen->line, SLICE("; busy"));
	for (size_t i = 0; i < value_count(workers); i++)
		buffer_append_format(&screen->line, " %lld",
			(long long)value_get_number(
				value_at(workers, i), "busy_percent"));
	buffer_append(&screen->line, SLICE(" %"));
	top_end_line(screen);
}

static void add_queue(struct top_screen *screen)
{
	const struct value *queue = value_get(screen->now, "queue");
	const struct value *relay = value_get(screen->now, "relay");
	int64_t late_ms = value_get_number(screen->now, "late_ms");
	char text[4][WORDS_SIZE];

	buffer_append_format(&screen->line, LABEL, "Queue");
	if (value_get_number(queue, "uncounted")) {
		buffer_append(&screen->line, SLICE("not to be counted now"));
	} else {
		buffer_append_format(
			&screen->line, "%s ready", top_count(queue, "ready", text[0]));
		if (late_ms >= 1000)
			buffer_append_format(&screen->line, " (late by %s)",
				words_duration(late_ms, text[1]));
		buffer_append_format(&screen->line,
			", %s being delivered, %s deferred, %s held",
			top_count(queue, "taken", text[0]),
			top_count(queue, "deferred", text[1]),
			top_count(queue, "held", text[2]));
	}
	top_end_line(screen);
	buffer_append_format(&screen->line,
		LABEL "%s connections, %s idle; %s sites, %s left alone; %s in line",
		"Relay", top_count(relay, "connections", text[0]),
		top_count(relay, "idle", text[1]), top_count(relay, "sites", text[2]),
		top_count(relay, "down", text[3]),
		top_count(relay, "waiting", (char[WORDS_SIZE]){0}));
	top_end_line(screen);
}

/* ---- What refusals were about ---- */

struct refusal {
	const char *name;
	int64_t count;
};

struct refusals {
	struct refusal at[64];
	size_t count;
};

static void add_refusal(void *context, const char *name, const struct value *item)
{
	struct refusals *refusals = context;

	if (refusals->count < ARRAY_COUNT(refusals->at) && value_number(item))
		refusals->at[refusals->count++] = (struct refusal){
			name, value_number(item)};
}

static int more_first(const void *a, const void *b)
{
	int64_t first = ((const struct refusal *)a)->count;
	int64_t second = ((const struct refusal *)b)->count;

	return (first < second) - (first > second);
}

static void add_refusals(struct top_screen *screen)
{
	struct refusals *refusals = NEW(struct refusals);
	char text[WORDS_SIZE];

	value_each(value_get(screen->now, "refusals"), add_refusal, refusals);
	qsort(refusals->at, refusals->count, sizeof(refusals->at[0]), more_first);
	buffer_append_format(&screen->line, LABEL, "Refusals");
	if (!refusals->count)
		buffer_append(&screen->line, SLICE("none in an hour"));
	for (size_t i = 0; i < refusals->count && i < REFUSALS_MAX; i++)
		buffer_append_format(&screen->line, "%s%s %s",
			i ? ", " : "in an hour: ",
			words_number((uint64_t)refusals->at[i].count, text),
			refusals->at[i].name);
	memory_free(refusals);
	top_end_line(screen);
}

void report_top(const struct value *before, const struct value *now,
	const struct top_view *view, struct buffer *into)
{
	struct top_screen screen = {before, now, view, into, {0}, 0};

	add_head(&screen);
	add_server(&screen);
	buffer_append_format(&screen.line, LABEL "  %13s%13s%13s%13s%13s", "Mail",
		"received", "delivered", "deferred", "bounced", "refused");
	top_end_line(&screen);
	add_cells(&screen, "a second", second_cell);
	add_cells(&screen, "a minute", minute_cell);
	add_cells(&screen, "in all", total_cell);
	add_queue(&screen);
	add_refusals(&screen);
	top_end_line(&screen);
	buffer_append_format(&screen.line, "Sites by %s:", order_words(view->order));
	top_end_line(&screen);
	top_add_sites(&screen);
	buffer_finish(&screen.line);
}
