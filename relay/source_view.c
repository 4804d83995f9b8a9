/*
 * What there is to say of each source: where it stands, what it does, how far
 * its warm-up has come.
 */
#include "relay/source_view.h"

#include "run/worker.h"

#include "relay/pool.h"
#include "relay/relay_core.h"
#include "relay/warmup.h"

static void add_pools(struct relay_source_view *view, const struct sources *sources,
	const struct source *source, struct arena *arena)
{
	const char **names = arena_take_array(
		arena, sources->pool_count, sizeof(*names));

	view->pools = names;
	for (size_t i = 1; i < sources->pool_count; i++)
		for (size_t j = 0; j < sources->pools[i].count; j++)
			if (sources->pools[i].members[j].source == source)
				names[view->pool_count++] = sources->pools[i].name;
}

static void show_warmup(struct relay_warmup_view *view,
	const struct source_schedule *schedule, int64_t now_ms)
{
	const struct warmup *warmup = schedule->warmup;
	int64_t from = atomic_load(&warmup->from_day), sent;
	struct warmup_day day;

	if (schedule->config->from_day >= 0)
		from = schedule->config->from_day;
	view->provider = schedule->config->provider;
	view->days = schedule->config->days;
	view->shut_until_ms = warmup_shut_until(warmup, now_ms);
	if (from == WARMUP_UNKNOWN)
		return;
	day = warmup_day(schedule->config, from, now_ms);
	view->over = day.over;
	view->allowed = day.messages;
	view->day = day.number < 0 ? 0 : (uint64_t)day.number + 1;
	if (atomic_load(&warmup->total_day) != day.day)
		return;
	sent = atomic_load(&warmup->total);
	if (now_ms < atomic_load(&warmup->left_until_ms))
		sent -= atomic_load(&warmup->left);
	view->sent = sent > 0 ? (uint64_t)sent : 0;
}

static void add_warmups(struct relay_source_view *view, const struct source *source,
	struct arena *arena)
{
	struct relay_warmup_view *list = arena_take_array(
		arena, source->schedule_count, sizeof(*list));

	for (size_t i = 0; i < source->schedule_count; i++)
		show_warmup(&list[i], &source->schedules[i], worker_wall_ms());
	view->warmups = list;
	view->warmup_count = source->schedule_count;
}

/* Without its user and password. */
static struct slice proxy_text(const struct source *source, struct arena *arena)
{
	const struct config_proxy *proxy = source->proxy;

	if (!proxy)
		return SLICE_EMPTY;
	return arena_format(arena, "%s://%s:%u",
		proxy->kind == CONFIG_PROXY_SOCKS5 ? "socks5" : "haproxy", proxy->host,
		proxy->port);
}

static void count_sites(struct relay *relay, const struct source *source,
	struct relay_source_view *view)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	while (map_next(&relay->sites, &cursor, &key, &value)) {
		const struct site *site = value;

		if (site->source != source)
			continue;
		view->connections += site->connection_count;
		view->waiting += site->waiting_count;
	}
}

void relay_each_source(struct relay *relay,
	bool (*visit)(void *context, const struct relay_source_view *source),
	void *context)
{
	const struct sources *sources = relay->sources;
	bool more = true;

	for (size_t i = 0; more && i < sources->config->source_count; i++) {
		const struct config_source *written = &sources->config->sources[i];
		const struct source *source = &sources->list[i];
		struct arena arena = {0};
		char trouble[SOURCE_TROUBLE_MAX];
		struct relay_source_view view = {
			.name = source->name,
			.address = written->address,
			.address6 = written->address6,
			.ehlo = source->ehlo,
			.proxy = proxy_text(source, &arena),
			.trouble = source_trouble(source, worker_now_us(), trouble),
			.delivered = atomic_load(&source->state->delivered),
			.deferred = atomic_load(&source->state->deferred),
		};

		add_pools(&view, sources, source, &arena);
		add_warmups(&view, source, &arena);
		count_sites(relay, source, &view);
		more = visit(context, &view);
		arena_finish(&arena);
	}
}
