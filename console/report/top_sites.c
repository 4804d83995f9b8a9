/* Destinations, the worst first, for the screen of `ringpost top`. */
#include <stdlib.h>

#include "base/memory.h"
#include "report/top_screen.h"

#define COLUMNS 5

struct site {
	const struct value *now;
	int64_t sent, deferred; /* thousandths a second */
	enum top_order order;
};

struct sites {
	const struct top_screen *screen;
	struct site *at;
	size_t count, room;
};

static void add_site(void *context, const char *name, const struct value *now)
{
	struct sites *sites = context;
	const struct top_screen *screen = sites->screen;
	const struct value *before = value_get(
		value_get(screen->before, "sites"), name);
	int64_t ms = top_time_between(screen->before, screen->now);
	struct site *site;

	if (sites->count == sites->room) {
		sites->room = sites->room * 2 + 64;
		sites->at = memory_resize(sites->at, sites->room * sizeof(*site));
	}
	site = &sites->at[sites->count++];
	*site = (struct site){.now = now, .order = screen->view->order};
	if (!before)
		return;
	site->sent = top_rate(value_get_number(before, "delivered"),
		value_get_number(now, "delivered"), ms);
	site->deferred = top_rate(value_get_number(before, "deferred"),
		value_get_number(now, "deferred"), ms);
}

static int64_t weight_of(const struct site *site)
{
	bool down = value_get_number(site->now, "backoff_until_ms") > 0;
	int64_t waiting = value_get_number(site->now, "waiting") * 2 + down;

	switch (site->order) {
	case TOP_SENT:
		return site->sent;
	case TOP_DEFERRED:
		return site->deferred;
	case TOP_WAITING:
	case TOP_ORDERS:
		break;
	}
	return waiting;
}

static int worse_first(const void *a, const void *b)
{
	const struct site *x = a, *y = b;
	int64_t first = weight_of(x), second = weight_of(y);

	if (first != second)
		return first < second ? 1 : -1;
	return slice_compare(
		value_get_text(x->now, "site"), value_get_text(y->now, "site"));
}

static void add_row(
	struct top_screen *screen, struct table *table, const struct site *site)
{
	int64_t now_ms = value_get_number(screen->now, "at_ms");
	int64_t until_ms = value_get_number(site->now, "backoff_until_ms");
	struct slice source = value_get_text(site->now, "source");
	struct slice limit = value_get_text(site->now, "limit");
	struct slice trouble = value_get_text(site->now, "trouble");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	table_add_text(table, top_count(site->now, "waiting", text));
	table_add_text(table, top_count(site->now, "connections", text));
	table_add_text(table, screen->before ? top_print_rate(site->sent, text) : "-");
	table_add_text(
		table, screen->before ? top_print_rate(site->deferred, text) : "-");
	buffer_append(&cell, value_get_text(site->now, "site"));
	if (source.size)
		buffer_append_format(&cell, " from %.*s", SLICE_PRINT(source));
	if (until_ms > now_ms)
		buffer_append_format(
			&cell, ", next %s", words_when(until_ms, now_ms, text));
	if (limit.size)
		buffer_append_format(&cell, ", waits for %.*s", SLICE_PRINT(limit));
	if (trouble.size)
		buffer_append_format(&cell, ": %.*s", SLICE_PRINT(trouble));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

void top_add_sites(struct top_screen *screen)
{
	struct table table = {.columns = COLUMNS, .right = {true, true, true, true}};
	struct sites sites = {.screen = screen};
	struct buffer text = {0};
	struct slice lines;
	size_t most;

	value_each(value_get(screen->now, "sites"), add_site, &sites);
	if (sites.count)
		qsort(sites.at, sites.count, sizeof(*sites.at), worse_first);
	most = screen->view->height ? screen->view->height : SIZE_MAX;
	table_add_text(&table, "WAITING");
	table_add_text(&table, "CONN");
	table_add_text(&table, "OUT/S");
	table_add_text(&table, "DEFERRED/S");
	table_add_text(&table, "SITE");
	for (size_t i = 0; i < sites.count && i < most; i++)
		add_row(screen, &table, &sites.at[i]);
	table_print(&table, screen->view->width, &text);
	for (lines = buffer_contents(&text); lines.size; top_end_line(screen))
		buffer_append(&screen->line, slice_cut(&lines, '\n'));
	buffer_finish(&text);
	table_finish(&table);
	memory_free(sites.at);
}
