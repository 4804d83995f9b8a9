/* `webhook add|change|remove`: those made by calls. */
#include "base/encode.h"
#include "base/failure.h"
#include "base/random.h"
#include "events/webhook_set.h"

#include "admin/call.h"
#include "admin/webhook.h"
#include "daemon/events.h"

#define SECRET_BYTES 24

static struct redis *redis_of(const struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

/* ---- What a request says ---- */

static bool take_kinds(
	struct admin_call *call, const struct value *list, uint32_t *kinds)
{
	enum events_kind kind;
	uint32_t found = 0;

	for (size_t i = 0; i < value_count(list); i++) {
		struct slice name = value_text(value_at(list, i));

		if (!events_kind_parse(name, &kind))
			return admin_refuse(call, ADMIN_WRONG, "events",
				"there is no event \"%.*s\"", SLICE_PRINT(name));
		found |= 1u << kind;
	}
	*kinds = found ? found | 1u << EVENTS_TEST : EVENTS_ALL;
	return true;
}

/* A list of names, as words with a blank between them. */
static struct slice join(const struct value *list, struct arena *arena)
{
	struct buffer words = {0};
	struct slice joined;

	for (size_t i = 0; i < value_count(list); i++)
		buffer_append_format(&words, "%s%.*s", i ? " " : "",
			SLICE_PRINT(value_text(value_at(list, i))));
	joined = arena_copy(arena, buffer_contents(&words));
	buffer_finish(&words);
	return joined;
}

/* Whose events it is sent, and where: a tenant's own calls reach neither those of
 * others nor what stands beside us. */
static bool take_tenants(
	struct admin_call *call, struct webhook *webhook, struct arena *arena)
{
	const struct value *request = call->request;
	struct slice tenant = value_get_text(request, "tenant");

	if (value_has(request, "tenants"))
		webhook->tenants = join(value_get(request, "tenants"), arena);
	if (!tenant.size)
		return true;
	if (value_has(request, "tenants") && !slice_equal(webhook->tenants, tenant))
		return admin_refuse(call, ADMIN_NOT_ALLOWED, "tenants",
			"this is for the events of tenant %.*s", SLICE_PRINT(tenant));
	webhook->tenants = tenant;
	if (webhook->private_addresses &&
		(value_has(request, "private_addresses") || value_has(request, "url")))
		return admin_refuse(call, ADMIN_NOT_ALLOWED, "private_addresses",
			"private addresses are not for a tenant's webhooks");
	return true;
}

static bool take(struct admin_call *call, struct webhook *webhook, struct arena *arena)
{
	const struct value *request = call->request;

	if (value_has(request, "url"))
		webhook->url = value_get_text(request, "url");
	if (value_has(request, "private_addresses"))
		webhook->private_addresses = value_get_truth(
			request, "private_addresses");
	if (value_has(request, "disabled"))
		webhook->disabled = value_get_truth(request, "disabled");
	return (!value_has(request, "events") ||
		       take_kinds(
			       call, value_get(request, "events"), &webhook->kinds)) &&
	       take_tenants(call, webhook, arena);
}

static struct slice new_secret(struct arena *arena)
{
	char bytes[SECRET_BYTES], *text = arena_take(arena, 2 * SECRET_BYTES);

	random_fill(bytes, sizeof(bytes));
	hex_encode(slice_make(bytes, sizeof(bytes)), text);
	return slice_make(text, 2 * SECRET_BYTES);
}

/* ---- Made, changed and removed by a call ---- */

/* A secret of its own is told once: here. */
static bool write(struct admin_call *call, const struct webhook *webhook, bool tell,
	struct deadline deadline)
{
	if (!webhooks_write(redis_of(call), webhook, deadline))
		return false;
	admin_webhook_describe(webhook, call->answer);
	if (tell)
		value_set_text(call->answer, "secret", webhook->secret);
	daemon_hurry_events(call->daemon);
	return true;
}

static bool check_new(struct admin_call *call, struct deadline deadline)
{
	struct slice name = value_get_text(call->request, "name");
	struct arena arena = {0};
	struct webhook other;
	enum webhook_found found = admin_webhook_look(call, &arena, &other, deadline);
	bool configured = found == WEBHOOK_FOUND && other.configured;

	arena_finish(&arena);
	if (!call->daemon->world->config->events.stream)
		return fail(FAILURE_CONFIG,
			"there is no stream to send from: events.stream is not true");
	if (found == WEBHOOK_UNKNOWN)
		return false;
	if (configured)
		return admin_refuse(call, ADMIN_CONFLICT, "name",
			"webhook \"%.*s\" is in the configuration", SLICE_PRINT(name));
	if (found == WEBHOOK_FOUND && value_get_truth(call->request, "create"))
		return admin_refuse(call, ADMIN_CONFLICT, "name",
			"there is a webhook \"%.*s\" already", SLICE_PRINT(name));
	return true;
}

bool admin_webhook_add(struct admin_call *call, struct deadline deadline)
{
	struct webhook webhook = webhook_default();
	struct arena arena = {0};
	bool good;

	webhook.name = value_get_text(call->request, "name");
	webhook.secret = new_secret(&arena);
	good = check_new(call, deadline) && take(call, &webhook, &arena) &&
	       write(call, &webhook, true, deadline);
	arena_finish(&arena);
	return good;
}

/* The one the request names, if it can be changed here. */
static bool find_made(struct admin_call *call, struct arena *arena,
	struct webhook *webhook_r, struct deadline deadline)
{
	if (!admin_webhook_find(call, arena, webhook_r, deadline))
		return false;
	return !webhook_r->configured ||
	       admin_refuse(call, ADMIN_CONFLICT, "name",
		       "webhook \"%.*s\" is in the configuration: it is changed there",
		       SLICE_PRINT(webhook_r->name));
}

bool admin_webhook_change(struct admin_call *call, struct deadline deadline)
{
	bool renew = value_get_truth(call->request, "new_secret");
	struct arena arena = {0};
	struct webhook webhook;
	bool good = find_made(call, &arena, &webhook, deadline) &&
		    take(call, &webhook, &arena);

	if (good && renew)
		webhook.secret = new_secret(&arena);
	good = good && write(call, &webhook, renew, deadline);
	arena_finish(&arena);
	return good;
}

bool admin_webhook_remove(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct webhook webhook;
	bool was = false;
	bool good = find_made(call, &arena, &webhook, deadline) &&
		    webhooks_remove(redis_of(call), webhook.name, &was, deadline);

	value_set_truth(call->answer, "was", was);
	if (good)
		daemon_hurry_events(call->daemon);
	arena_finish(&arena);
	return good;
}
