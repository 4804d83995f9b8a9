/*
 * `key …`: keys of the HTTP API. A new one is made here and told once; only a hash of
 * it is kept.
 */
#include "account/api_key.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "queue/envelope.h"

#include "admin/call.h"

#define DAY_MS 86400000

static struct redis *redis_of(const struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

static void tell(const char *event_name, const struct api_key *key)
{
	struct event event;

	event_begin(&event, EVENT_INFO, event_name);
	event_text(&event, "key", key->name);
	event_text(&event, "scopes", api_scopes_print(key->scopes));
	if (key->tenant.size)
		event_text(&event, "tenant", key->tenant);
	event_end(&event);
}

static bool take_senders(
	struct api_key *key, const struct value *senders, struct arena *arena)
{
	size_t count = value_count(senders);

	if (count > API_KEY_SENDERS_MAX)
		return fail(FAILURE_LIMIT, "a key has %d senders at most",
			API_KEY_SENDERS_MAX);
	key->senders = arena_take_array(arena, count, sizeof(*key->senders));
	for (size_t i = 0; i < count; i++)
		if (!account_sender_prepare(
			    value_text(value_at(senders, i)), arena, &key->senders[i]))
			return false;
	key->sender_count = count;
	return true;
}

static bool take_scopes(struct api_key *key, struct slice text)
{
	key->scopes = api_scopes_parse(text);
	return key->scopes ||
	       fail(FAILURE_DATA,
		       "\"%.*s\": scopes are send, read, admin, or several "
		       "with commas between them",
		       SLICE_PRINT(text));
}

/* What the request says into KEY; the rest stays as it is. */
static bool take(struct api_key *key, const struct value *request, struct arena *arena)
{
	int64_t days = value_get_number(request, "days");

	if (value_has(request, "senders") &&
		!take_senders(key, value_get(request, "senders"), arena))
		return false;
	if (value_has(request, "scopes") &&
		!take_scopes(key, value_get_text(request, "scopes")))
		return false;
	if (value_has(request, "tenant"))
		key->tenant = arena_copy(arena, value_get_text(request, "tenant"));
	if (key->tenant.size && !flow_name_is_valid(key->tenant, TENANT_SIZE_MAX))
		return fail(FAILURE_DATA, "\"%.*s\" is no tenant's name",
			SLICE_PRINT(key->tenant));
	if (value_has(request, "messages_per_hour"))
		key->messages_per_hour = (uint64_t)value_get_number(
			request, "messages_per_hour");
	if (value_has(request, "recipients_per_message"))
		key->recipients_per_message = (uint64_t)value_get_number(
			request, "recipients_per_message");
	if (days)
		key->expires_ms = worker_wall_ms() + days * DAY_MS;
	if (value_has(request, "disabled"))
		key->disabled = value_get_truth(request, "disabled");
	if ((key->scopes & API_SEND) && !key->sender_count)
		return fail(FAILURE_DATA,
			"a key that sends needs senders: --sender @example.com, or "
			"--sender '*' for any");
	return true;
}

bool admin_key_add(struct admin_call *call, struct deadline deadline)
{
	struct api_key key = {.scopes = API_SEND};
	char text[API_KEY_TEXT] = "";
	struct arena arena = {0};
	struct value *answer;
	bool good;

	key.name = value_get_text(call->request, "name");
	good = take(&key, call->request, &arena) &&
	       api_key_create(redis_of(call), &key, &arena, text, deadline);
	if (good) {
		tell("api_key_added", &key);
		answer = value_object();
		value_set_text(answer, "key", slice_of(text));
		value_set_text(answer, "id", key.id);
		value_set_text(answer, "name", key.name);
		value_set_text(answer, "scopes", api_scopes_print(key.scopes));
		good = admin_say(call, answer, deadline);
	}
	memory_wipe(text, sizeof(text));
	arena_finish(&arena);
	return good;
}

/* The key the request names. */
static bool find(struct admin_call *call, struct arena *arena, struct api_key *key_r,
	struct deadline deadline)
{
	struct slice name = value_get_text(call->request, "name");
	const struct api_key *found;
	struct api_key *list;
	size_t count;

	if (!api_key_list(redis_of(call), arena, &list, &count, deadline))
		return false;
	found = api_key_find(list, count, name);
	if (!found)
		return fail(FAILURE_DATA, "there is no API key \"%.*s\"",
			SLICE_PRINT(name));
	*key_r = *found;
	return true;
}

bool admin_key_change(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct api_key key = {.scopes = 0};
	bool good = find(call, &arena, &key, deadline) &&
		    take(&key, call->request, &arena) &&
		    api_key_write(redis_of(call), &key, deadline);

	if (good)
		tell("api_key_changed", &key);
	arena_finish(&arena);
	return good;
}

bool admin_key_remove(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct api_key key = {.scopes = 0};
	bool good = find(call, &arena, &key, deadline) &&
		    api_key_remove(redis_of(call), key.id, deadline);

	if (good)
		tell("api_key_removed", &key);
	arena_finish(&arena);
	return good;
}

static struct value *describe(const struct api_key *key)
{
	struct value *object = value_object(), *senders = value_list();

	for (size_t i = 0; i < key->sender_count; i++)
		value_append_text(senders, key->senders[i]);
	value_set_text(object, "name", key->name);
	value_set_text(object, "id", key->id);
	value_set_text(object, "scopes", api_scopes_print(key->scopes));
	value_set_text(object, "tenant", key->tenant);
	value_set(object, "senders", senders);
	value_set_number(object, "messages_per_hour", (int64_t)key->messages_per_hour);
	value_set_number(
		object, "recipients_per_message", (int64_t)key->recipients_per_message);
	value_set_truth(object, "disabled", key->disabled);
	value_set_number(object, "created_ms", key->created_ms);
	value_set_number(object, "expires_ms", key->expires_ms);
	return object;
}

bool admin_key_list(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct api_key *list = NULL;
	size_t count = 0;
	bool good = api_key_list(redis_of(call), &arena, &list, &count, deadline);

	for (size_t i = 0; good && i < count; i++)
		good = admin_say(call, describe(&list[i]), deadline);
	arena_finish(&arena);
	return good;
}
