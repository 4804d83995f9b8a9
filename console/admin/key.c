/*
 * `key …`: keys of the HTTP API. A new one is made here and told once; only a hash of
 * it is kept.
 */
#include "account/api_key.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "queue/envelope.h"

#include "admin/giver.h"

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

static bool take_scopes(
	struct api_key *key, const struct value *request, struct arena *arena)
{
	struct slice text = admin_words(request, "scopes", arena);

	key->scopes = api_scopes_parse(text);
	return key->scopes ||
	       fail(FAILURE_DATA,
		       "\"%.*s\": scopes are send, read, admin, or several of them",
		       SLICE_PRINT(text));
}

static void take_limits(struct api_key *key, const struct value *request)
{
	int64_t days = value_get_number(request, "days");

	if (value_has(request, "messages_per_hour"))
		key->messages_per_hour = (uint64_t)value_get_number(
			request, "messages_per_hour");
	if (value_has(request, "recipients_per_message"))
		key->recipients_per_message = (uint64_t)value_get_number(
			request, "recipients_per_message");
	if (days)
		key->expires_ms = worker_wall_ms() + days * DAY_MS;
	else if (value_has(request, "expires_ms"))
		key->expires_ms = value_get_number(request, "expires_ms");
	if (value_has(request, "disabled"))
		key->disabled = value_get_truth(request, "disabled");
}

/* What the request says into KEY; the rest stays as it is. */
static bool take(struct admin_call *call, struct api_key *key, struct arena *arena)
{
	const struct value *request = call->request;

	if (value_has(request, "senders") &&
		!take_senders(key, value_get(request, "senders"), arena))
		return admin_mark(call, ADMIN_WRONG, "senders");
	if (value_has(request, "scopes") && !take_scopes(key, request, arena))
		return admin_mark(call, ADMIN_WRONG, "scopes");
	if (value_has(request, "tenant"))
		key->tenant = arena_copy(arena, value_get_text(request, "tenant"));
	if (key->tenant.size && !flow_name_is_valid(key->tenant, TENANT_SIZE_MAX))
		return admin_refuse(call, ADMIN_WRONG, "tenant",
			"\"%.*s\" is no tenant's name", SLICE_PRINT(key->tenant));
	take_limits(key, request);
	return !(key->scopes & API_SEND) || key->sender_count ||
	       admin_refuse(call, ADMIN_WRONG, "senders",
		       "a key that sends needs senders: addresses, @example.com, or "
		       "\"*\" for any");
}

static struct value *describe_new(const struct api_key *key, const char *text)
{
	struct value *answer = value_object();

	value_set_text(answer, "key", slice_of(text));
	value_set_text(answer, "id", key->id);
	value_set_text(answer, "name", key->name);
	value_set(answer, "scopes", admin_words_list(api_scopes_print(key->scopes)));
	return answer;
}

/* Whose time is limited makes keys that last no longer. */
static void begin(struct api_key *key, const struct giver *giver)
{
	key->scopes = API_SEND;
	key->expires_ms = giver->expires_ms;
	key->messages_per_hour = giver->messages_per_hour;
	key->recipients_per_message = giver->recipients_per_message;
}

bool admin_key_add(struct admin_call *call, struct deadline deadline)
{
	struct api_key key = {.name = value_get_text(call->request, "name")};
	char text[API_KEY_TEXT] = "";
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	bool good;

	begin(&key, &giver);
	good = (flow_name_is_valid(key.name, ACCOUNT_LABEL_MAX) ||
		       admin_refuse(call, ADMIN_WRONG, "name",
			       "a key's name has 1 to %d letters, digits and -_.",
			       ACCOUNT_LABEL_MAX)) &&
	       take(call, &key, &arena) && giver_covers_key(&giver, call, &key) &&
	       (api_key_create(redis_of(call), &key, &arena, text, deadline) ||
		       admin_mark(call, ADMIN_CONFLICT, "name"));
	if (good) {
		tell("api_key_added", &key);
		good = admin_say(call, describe_new(&key, text), deadline);
	}
	memory_wipe(text, sizeof(text));
	arena_finish(&arena);
	return good;
}

/* The key the request names. */
static bool find(struct admin_call *call, const struct giver *giver,
	struct arena *arena, struct api_key *key_r, struct deadline deadline)
{
	struct slice name = value_get_text(call->request, "name");
	const struct api_key *found;
	struct api_key *list;
	size_t count;

	if (!api_key_list(redis_of(call), arena, &list, &count, deadline))
		return false;
	found = api_key_find(list, count, name);
	if (!found || !giver_sees(giver, found->tenant))
		return admin_refuse(call, ADMIN_ABSENT, NULL,
			"there is no API key \"%.*s\"", SLICE_PRINT(name));
	*key_r = *found;
	return true;
}

bool admin_key_change(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct api_key key = {.scopes = 0};
	bool good = find(call, &giver, &arena, &key, deadline) &&
		    take(call, &key, &arena) && giver_covers_key(&giver, call, &key) &&
		    api_key_write(redis_of(call), &key, deadline);

	if (good) {
		tell("api_key_changed", &key);
		good = admin_say(call, admin_key_value(&key), deadline);
	}
	arena_finish(&arena);
	return good;
}

bool admin_key_remove(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct api_key key = {.scopes = 0};
	bool good = find(call, &giver, &arena, &key, deadline) &&
		    api_key_remove(redis_of(call), key.id, deadline);

	if (good)
		tell("api_key_removed", &key);
	arena_finish(&arena);
	return good;
}

bool admin_key_show(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct api_key key = {.scopes = 0};
	bool good = find(call, &giver, &arena, &key, deadline) &&
		    admin_say(call, admin_key_value(&key), deadline);

	arena_finish(&arena);
	return good;
}

bool admin_key_list(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct slice tenant = value_get_text(call->request, "tenant");
	struct api_key *list = NULL;
	size_t count = 0;
	bool good = api_key_list(redis_of(call), &arena, &list, &count, deadline);

	for (size_t i = 0; good && i < count; i++)
		if (giver_sees(&giver, list[i].tenant) &&
			(!tenant.size || slice_equal(tenant, list[i].tenant)))
			good = admin_say(call, admin_key_value(&list[i]), deadline);
	arena_finish(&arena);
	return good;
}
