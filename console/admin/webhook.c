/* `webhook …`: who is sent events, how that goes, and what was not taken. */
#include "base/clock.h"
#include "base/encode.h"
#include "base/failure.h"
#include "base/random.h"
#include "events/encode.h"
#include "events/reader.h"
#include "events/webhook_dead.h"
#include "events/webhook_set.h"
#include "run/worker.h"

#include "admin/call.h"
#include "daemon/events.h"

#define SECRET_BYTES 24

static struct redis *redis_of(const struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

/* ---- Finding ---- */

/* In ARENA, and all it has. */
static bool find(const struct admin_call *call, struct arena *arena,
	struct webhook *webhook_r, struct deadline deadline)
{
	struct slice name = value_get_text(call->request, "name");
	struct world *world = world_hold(call->daemon->world);
	const struct webhook *found = webhook_set_find(world->webhooks, name);
	struct webhook *list;
	size_t count = 0;

	if (found) {
		*webhook_r = *found;
		webhook_r->name = arena_copy(arena, found->name);
		webhook_r->url = arena_copy(arena, found->url);
		webhook_r->secret = arena_copy(arena, found->secret);
		webhook_r->tenants = arena_copy(arena, found->tenants);
		webhook_r->ca_file = arena_copy(arena, found->ca_file);
	}
	world_release(&world);
	if (found)
		return true;
	if (!webhooks_read(redis_of(call), arena, &list, &count, deadline))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!slice_equal(list[i].name, name))
			continue;
		*webhook_r = list[i];
		return true;
	}
	return fail(FAILURE_DATA, "there is no webhook \"%.*s\"", SLICE_PRINT(name));
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

static bool say(struct admin_call *call, const struct webhook *webhook,
	const struct cursor *end, struct deadline deadline)
{
	struct value *item = value_object();
	struct webhook_state state;
	uint64_t dead = 0;

	value_set_text(item, "webhook", webhook->name);
	value_set_text(item, "url", webhook->url);
	value_set_truth(item, "configured", webhook->configured);
	value_set_truth(item, "disabled", webhook->disabled);
	value_set(item, "events", kinds_value(webhook->kinds));
	value_set_text(item, "tenants", webhook->tenants);
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
	bool good = find(call, &arena, &webhook, deadline);

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
	bool good = find(call, &arena, &webhook, deadline) &&
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
	bool good = find(call, &arena, &redelivery.webhook, deadline) &&
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

/* ---- Made and removed by a call ---- */

static bool read_kinds(const struct value *list, uint32_t *kinds)
{
	enum events_kind kind;
	uint32_t found = 0;

	for (size_t i = 0; i < value_count(list); i++) {
		struct slice name = value_text(value_at(list, i));

		if (!events_kind_parse(name, &kind))
			return fail(FAILURE_DATA, "there is no event \"%.*s\"",
				SLICE_PRINT(name));
		found |= 1u << kind;
	}
	if (found)
		*kinds = found | 1u << EVENTS_TEST;
	return true;
}

static struct slice new_secret(struct arena *arena)
{
	char bytes[SECRET_BYTES], *text = arena_take(arena, 2 * SECRET_BYTES);

	random_fill(bytes, sizeof(bytes));
	hex_encode(slice_make(bytes, sizeof(bytes)), text);
	return slice_make(text, 2 * SECRET_BYTES);
}

bool admin_webhook_add(struct admin_call *call, struct deadline deadline)
{
	const struct value *request = call->request;
	struct webhook webhook = webhook_default();
	struct arena arena = {0};
	bool good;

	webhook.name = value_get_text(request, "name");
	webhook.url = value_get_text(request, "url");
	webhook.tenants = value_get_text(request, "tenants");
	webhook.private_addresses = value_get_truth(request, "private_addresses");
	webhook.secret = new_secret(&arena);
	if (!call->daemon->world->config->events.stream)
		good = fail(FAILURE_CONFIG,
			"there is no stream to send from: events.stream is not true");
	else if (webhook_set_find(call->daemon->world->webhooks, webhook.name))
		good = fail(FAILURE_DATA, "webhook \"%.*s\" is in the configuration",
			SLICE_PRINT(webhook.name));
	else
		good = read_kinds(value_get(request, "events"), &webhook.kinds) &&
		       webhooks_write(redis_of(call), &webhook, deadline);
	if (good) {
		value_set_text(call->answer, "secret", webhook.secret);
		daemon_hurry_events(call->daemon);
	}
	arena_finish(&arena);
	return good;
}

bool admin_webhook_remove(struct admin_call *call, struct deadline deadline)
{
	bool was = false;
	bool good = webhooks_remove(
		redis_of(call), value_get_text(call->request, "name"), &was, deadline);

	value_set_truth(call->answer, "was", was);
	if (good)
		daemon_hurry_events(call->daemon);
	return good;
}
