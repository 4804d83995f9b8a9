/*
 * The line of a site: which flow an entry waits in, who is next, and when the
 * queue may bring more.
 */
#include "base/config_tenants.h"
#include "run/worker.h"

#include "relay/entry_limits.h"
#include "relay/expiry.h"
#include "relay/outcome.h"
#include "relay/site_react.h"
#include "relay/warmup.h"

#define PROBE_WAITING_MAX 100

struct flow_class flow_class_of(const struct relay *relay, struct slice flow)
{
	struct flow_class class = {.name = flow};
	struct flow_parts parts;
	const struct config_stream *stream;

	if (flow.size == 0 || !flow_parse(flow, &parts))
		return class;
	class.priority = parts.priority;
	if (parts.tenant.size + parts.stream.size == 0)
		class.name = SLICE_EMPTY;
	else
		class.name = slice_part(
			flow, 0, parts.tenant.size + 1 + parts.stream.size);
	stream = config_stream_find(relay->config, parts.stream);
	class.urgent = stream && stream->urgent;
	return class;
}

static struct line_flow *flow_of(struct site *site, const struct entry *entry)
{
	const struct config *config = site->relay->config;
	const struct envelope *envelope = &entry->message->envelope;
	struct line_terms terms = {CONFIG_WEIGHT, CONFIG_WEIGHT, false};
	char text[FLOW_SIZE_MAX + 1];
	struct slice name = envelope_flow_name(envelope, text);
	struct line_flow *flow = line_find(&site->line, name);
	const struct config_tenant *tenant;
	const struct config_stream *stream;

	if (flow)
		return flow;
	tenant = config_tenant_find(config, envelope->tenant);
	stream = config_stream_find(config, envelope->stream);
	if (tenant)
		terms.tenant_weight = (unsigned)tenant->weight;
	if (stream) {
		terms.stream_weight = (unsigned)stream->weight;
		terms.urgent = stream->urgent;
	}
	return line_flow(&site->line, name, &terms);
}

static size_t places(const struct site *site)
{
	/* One connection tries a site that was down; what waits for it meanwhile is
	 * put off with it, and what is too old was returned on its way here. */
	return site->failures ? PROBE_WAITING_MAX : SITE_WAITING_MAX;
}

size_t site_wanted(const struct site *site, const struct flow_class *class,
	struct taker_room *room_r)
{
	struct line_flow *flow = line_find(&site->line, class->name);
	size_t wanted;

	if (site_is_down(site))
		return 0;
	wanted = line_room(
		&site->line, flow, class->urgent, class->priority, places(site));
	if (wanted == 0)
		room_r->list = &flow->room;
	return wanted;
}

static void note_waiting(struct site *site)
{
	if (site->waiting_count++ == 0)
		site->holders++;
}

static void note_taken(struct site *site)
{
	struct site *held = site;

	if (--site->waiting_count == 0)
		site_release(&held);
}

void site_put_back(struct site *site, struct entry *entry)
{
	line_put_back(&site->line, flow_of(site, entry),
		entry->message->envelope.priority, &entry->link);
	note_waiting(site);
}

void site_add(struct site *site, struct entry *entry)
{
	if (site_is_down(site)) {
		site_put_off(site, entry);
		return;
	}
	expiry_look_soon(site->relay);
	line_add(&site->line, flow_of(site, entry), entry->message->envelope.priority,
		&entry->link);
	note_waiting(site);
	site_serve(site);
}

struct entry *site_first(struct site *site)
{
	struct line_look look = {0};
	struct link *link = line_peek(&site->line, &look);

	return link ? CONTAINER_OF(link, struct entry, link) : NULL;
}

bool site_first_domain(struct site *site, struct slice *domain_r)
{
	const struct entry *first = site_first(site);

	if (!first)
		return false;
	*domain_r = first->domain;
	return true;
}

struct entry *site_drop_first(struct site *site)
{
	struct line_look look = {0};
	struct link *link;

	line_peek(&site->line, &look);
	link = line_take(&site->line, &look);
	note_taken(site);
	return CONTAINER_OF(link, struct entry, link);
}

/* The caller holds the site otherwise: as a connection does. */
struct entry *site_take(struct site *site)
{
	struct line_look look = {0};
	struct link *link;

	if (site->line.count == 0 || site_suspended_ms(site) || site_tempo_us(site) ||
		site_withhold(site) || !site_take_warmup(site))
		return NULL;
	if (!site_may_send(site)) {
		if (site->schedule)
			warmup_give_back(site->schedule->warmup);
		return NULL;
	}
	if (!site_tempo_take(site)) {
		site_give_back(site, worker_now_us());
		entry_limits_end(site_first(site), false);
		return NULL;
	}
	link = line_take(&site->line, &look);
	note_taken(site);
	if (!site->failures && line_wants(&site->line, look.flow, places(site)))
		queue_want_room(site->relay->options.queue, &look.flow->room);
	return CONTAINER_OF(link, struct entry, link);
}

void site_want(struct site *site)
{
	struct list room;

	list_init(&room);
	line_rooms(&site->line, &room);
	queue_want_room(site->relay->options.queue, &room);
}

void site_empty(struct site *site, struct list *into)
{
	struct site *held = site;

	site_want(site);
	if (site->waiting_count == 0)
		return;
	line_empty(&site->line, into);
	site->waiting_count = 0;
	site_release(&held);
}

static bool is_over(void *context, const struct link *link)
{
	const int64_t *now_ms = context;

	return outcome_is_over(CONTAINER_OF(link, struct entry, link), *now_ms);
}

void site_expire(struct site *site)
{
	struct site *held = site;
	int64_t now_ms = worker_wall_ms();
	struct list over;
	struct link *link;

	list_init(&over);
	line_sift(&site->line, is_over, &now_ms, &over);
	if (list_is_empty(&over))
		return;
	site->holders++;
	while ((link = list_take(&over))) {
		note_taken(site);
		outcome_expire(site->relay, CONTAINER_OF(link, struct entry, link));
	}
	site_want(site);
	site_release(&held);
}
