/* `webhook …`: who is sent events, how that goes, and what was not taken. */
#include "admin/webhook.h"

#include "base/clock.h"
#include "base/failure.h"
#include "base/random.h"
#include "events/encode.h"
#include "events/reader.h"
#include "events/webhook_dead.h"
#include "events/webhook_set.h"
#include "run/worker.h"

#include "admin/call.h"

static struct redis *redis_of(const struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

/* ---- Finding ---- */

/* A call that is limited to a tenant knows what is sent this tenant's events only. */
static bool is_for(const struct admin_call *call, const struct webhook *webhook)
{
	struct slice tenant = value_get_text(call->request, "tenant");

	return !tenant.size || slice_equal(webhook->tenants, tenant);
}

static struct webhook copy_of(const struct webhook *webhook, struct arena *arena)
{
	struct webhook copy = *webhook;

	copy.name = arena_copy(arena, webhook->name);
	copy.url = arena_copy(arena, webhook->url);
	copy.secret = arena_copy(arena, webhook->secret);
	copy.tenants = arena_copy(arena, webhook->tenants);
	copy.ca_file = arena_copy(arena, webhook->ca_file);
	return copy;
}

enum webhook_found admin_webhook_look(struct admin_call *call, struct arena *arena,
	struct webhook *webhook_r, struct deadline deadline)
{
	struct slice name = value_get_text(call->request, "name");
	struct world *world = world_hold(call->daemon->world);
	const struct webhook *found = webhook_set_find(world->webhooks, name);
	struct webhook *list;
	size_t count = 0;

	if (found)
		*webhook_r = copy_of(found, arena);
	world_release(&world);
	if (found)
		return WEBHOOK_FOUND;
	if (!webhooks_read(redis_of(call), arena, &list, &count, deadline))
		return WEBHOOK_UNKNOWN;
	for (size_t i = 0; i < count; i++) {
		if (!slice_equal(list[i].name, name))
			continue;
		*webhook_r = list[i];
		return WEBHOOK_FOUND;
	}
	return WEBHOOK_ABSENT;
}

bool admin_webhook_find(struct admin_call *call, struct arena *arena,
	struct webhook *webhook_r, struct deadline deadline)
{
	enum webhook_found found = admin_webhook_look(call, arena, webhook_r, deadline);

	if (found == WEBHOOK_UNKNOWN)
		return false;
	if (found == WEBHOOK_FOUND && is_for(call, webhook_r))
		return true;
	return admin_refuse(call, ADMIN_ABSENT, "name", "there is no webhook \"%.*s\"",
		SLICE_PRINT(value_get_text(call->request, "name")));
}

/* ---- Looking ---- */

static struct value *kinds_value(uint32_t kinds)
{
	struct value *list = value_list();

	for (unsigned i = 0; kinds != EVENTS_ALL && i < EVENTS_TEST; i++)
		if (kinds & 1u << i)
			value_append_text(
				list, slice_of(events_kind_name((enum events_kind)i)));
	return list;
}

static void tell_state(struct value *item, const struct webhook_state *state,
	const struct cursor *end, uint64_t dead)
{
	char cursor[CURSOR_SIZE];
	int64_t behind_ms = 0;

	if (state->known && cursor_is_behind(&state->cursor, end))
		behind_ms = worker_wall_ms() - (int64_t)state->cursor.ms;
	if (state->known)
		value_set_text(item, "cursor", cursor_print(&state->cursor, cursor));
	value_set_number(item, "behind_ms", behind_ms);
	value_set_number(item, "sent", (int64_t)state->sent);
	value_set_number(item, "failed", (int64_t)state->failed);
	value_set_number(item, "dead", (int64_t)state->dead);
	value_set_number(item, "dead_letters", (int64_t)dead);
	value_set_number(item, "missed", (int64_t)state->missed);
	if (state->sent_ms)
		value_set_number(item, "sent_ms", state->sent_ms);
	if (state->failing_ms)
		value_set_number(item, "failing_ms", state->failing_ms);
	if (state->status)
		value_set_number(item, "status", state->status);
	if (state->why[0])
		value_set_text(item, "why", slice_of(state->why));
}

void admin_webhook_describe(const struct webhook *webhook, struct value *into)
{
	struct value *tenants = value_list();
	struct slice rest = webhook->tenants;

	while (rest.size)
		value_append_text(tenants, slice_cut(&rest, ' '));
	value_set_text(into, "name", webhook->name);
	value_set_text(into, "url", webhook->url);
	value_set_truth(into, "configured", webhook->configured);
	value_set_truth(into, "disabled", webhook->disabled);
	value_set_truth(into, "private_addresses", webhook->private_addresses);
	value_set(into, "events", kinds_value(webhook->kinds));
	value_set(into, "tenants", tenants);
}

static bool say(struct admin_call *call, const struct webhook *webhook,
	const struct cursor *end, struct deadline deadline)
{
	struct value *item;
	struct webhook_state state;
	uint64_t dead = 0;

	if (!is_for(call, webhook))
		return true;
	item = value_object();
	admin_webhook_describe(webhook, item);
	if (!webhook_state_read(redis_of(call), webhook->name, &state, deadline) ||
		!webhook_dead_count(redis_of(call), webhook->name, &dead, deadline)) {
		value_release(&item);
		return false;
	}
	tell_state(item, &state, end, dead);
	return admin_say(call, item, deadline);
}

bool admin_webhook_list(struct admin_call *call, struct deadline deadline)
{
	struct world *world = world_hold(call->daemon->world);
	struct reader reader = {.redis = redis_of(call)};
	struct arena arena = {0};
	struct webhook *made = NULL;
	size_t count = 0;
	bool good = reader_seek_end(&reader, deadline) &&
		    webhooks_read(redis_of(call), &arena, &made, &count, deadline);

	for (size_t i = 0; good && i < world->webhooks->count; i++)
		good = say(call, &world->webhooks->list[i], &reader.cursor, deadline);
	for (size_t i = 0; good && i < count; i++)
		if (!webhook_set_find(world->webhooks, made[i].name))
			good = say(call, &made[i], &reader.cursor, deadline);
	arena_finish(&arena);
	world_release(&world);
	return good;
}

bool admin_webhook_show(struct admin_call *call, struct deadline deadline)
{
	struct reader reader = {.redis = redis_of(call)};
	struct arena arena = {0};
	struct webhook webhook;
	bool good = admin_webhook_find(call, &arena, &webhook, deadline) &&
		    reader_seek_end(&reader, deadline) &&
		    say(call, &webhook, &reader.cursor, deadline);

	arena_finish(&arena);
	return good;
}

/* ---- Trying ---- */

static void tell_answer(
	struct value *answer, bool taken, const struct webhook_answer *said)
{
	value_set_truth(answer, "taken", taken);
	value_set_number(answer, "status", said->status);
	if (said->why[0])
		value_set_text(answer, "why", slice_of(said->why));
}

/* A line like any other, but told to nobody else. */
static struct slice make_line(struct arena *arena)
{
	struct events_fact fact = {.kind = EVENTS_TEST, .reason = SLICE("operator")};
	struct slice id = arena_format(
		arena, "test-%llx", (unsigned long long)random_u64());
	char *line = arena_take(arena, EVENTS_LINE_MAX), at[CLOCK_TEXT_SIZE];
	size_t size = events_encode(
		&fact, id, clock_format_iso(worker_wall_ms(), at), line);

	return slice_make(line, size - 1);
}

bool admin_webhook_test(struct admin_call *call, struct deadline deadline)
{
	struct webhook_body body = {.count = 0};
	int64_t began_us = worker_now_us();
	struct webhook_answer said;
	struct arena arena = {0};
	struct webhook webhook;
	bool good = admin_webhook_find(call, &arena, &webhook, deadline);

	if (good) {
		webhook_body_begin(&body);
		webhook_body_add(&body, make_line(&arena));
		tell_answer(call->answer,
			webhook_post(&webhook, webhook_body_end(&body), 1,
				call->daemon->workers[0].dns, &said, deadline),
			&said);
		value_set_number(call->answer, "took_us", worker_now_us() - began_us);
	}
	webhook_body_finish(&body);
	arena_finish(&arena);
	return good;
}

/* ---- Dead letters ---- */

static bool say_dead(
	void *context, const struct webhook_dead *dead, struct deadline deadline)
{
	struct value *item = value_object();
	struct cursor at;

	value_set_text(item, "id", dead->id);
	if (cursor_parse(dead->id, &at))
		value_set_number(item, "at_ms", (int64_t)at.ms);
	value_set_number(item, "count", (int64_t)dead->count);
	value_set_text(item, "why", dead->why);
	value_set_text(item, "events", dead->lines);
	return admin_say(context, item, deadline);
}

bool admin_webhook_dead(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct webhook webhook;
	bool good = admin_webhook_find(call, &arena, &webhook, deadline) &&
		    webhook_dead_walk(redis_of(call), webhook.name, SLICE_EMPTY,
			    say_dead, call, deadline);

	arena_finish(&arena);
	return good;
}

struct redelivery {
	struct admin_call *call;
	struct webhook webhook;
	uint64_t letters, events;
	struct webhook_answer said;
	bool refused, failed;
};

static bool redeliver(
	void *context, const struct webhook_dead *dead, struct deadline deadline)
{
	struct redelivery *redelivery = context;
	struct admin_call *call = redelivery->call;

	if (!webhook_post(&redelivery->webhook, dead->lines, 1,
		    call->daemon->workers[0].dns, &redelivery->said, deadline)) {
		redelivery->refused = true;
		return false;
	}
	redelivery->letters++;
	redelivery->events += dead->count;
	redelivery->failed = !webhook_dead_remove(
		redis_of(call), redelivery->webhook.name, dead->id, deadline);
	return !redelivery->failed;
}

bool admin_webhook_redeliver(struct admin_call *call, struct deadline deadline)
{
	struct redelivery redelivery = {.call = call};
	struct arena arena = {0};
	bool good = admin_webhook_find(call, &arena, &redelivery.webhook, deadline) &&
		    webhook_dead_walk(redis_of(call), redelivery.webhook.name,
			    SLICE_EMPTY, redeliver, &redelivery, deadline) &&
		    !redelivery.failed;

	value_set_number(call->answer, "letters", (int64_t)redelivery.letters);
	value_set_number(call->answer, "events", (int64_t)redelivery.events);
	if (redelivery.refused)
		tell_answer(call->answer, false, &redelivery.said);
	arena_finish(&arena);
	return good;
}
