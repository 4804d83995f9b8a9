/* `domain list`, `domain show`: domains that mail is from, and what DNS has of them. */
#include "admin/domain.h"

#include "base/failure.h"
#include "base/memory.h"
#include "mail/domain.h"

#include "report/audit_value.h"

static struct redis *redis_of(const struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

bool admin_domain_name(
	struct admin_call *call, struct arena *arena, struct slice *domain_r)
{
	struct slice name = value_get_text(call->request, "domain");
	char ascii[DOMAIN_MAX + 1];
	struct slice domain;

	if (!domain_to_ascii(name, ascii, &domain))
		return admin_refuse(call, ADMIN_WRONG, "domain",
			"\"%.*s\" is no domain", SLICE_PRINT(name));
	*domain_r = arena_copy(arena, domain);
	return true;
}

/* ---- Looking ---- */

static void add_state(struct value *value, const struct domain_record *record)
{
	if (record->tenant.size)
		value_set_text(value, "tenant", record->tenant);
	value_set_truth(value, "configured", false);
	value_set_truth(value, "signs", record->active);
	value_set_number(value, "created_ms", record->created_ms);
}

/* The keys of KEYRING that are DOMAIN's, with its records. */
static void add_keys(struct value *list, const struct dkim_keyring *keyring,
	struct slice domain, bool signs, struct arena *arena)
{
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	size_t count = dkim_keyring_find(keyring, domain, signings);

	for (size_t i = 0; i < count; i++) {
		struct value *key = audit_key_value(signings[i].key, domain, arena);

		value_set_text(key, "state", signs ? SLICE("signs") : SLICE("waits"));
		value_append(list, key);
	}
}

static bool add_made_keys(struct value *list, struct slice domain,
	const struct domain_key *keys, size_t count, bool signs, struct arena *arena)
{
	struct dkim_keyring *keyring = domains_keyring(domain, keys, count);

	if (!keyring)
		return false;
	add_keys(list, keyring, domain, signs, arena);
	dkim_keyring_release(&keyring);
	return true;
}

static struct value *value_of_old(
	const struct domain_record *record, struct arena *arena)
{
	struct value *list = value_list();

	for (size_t i = 0; i < record->old_count; i++) {
		struct slice selector = record->old[i].selector;
		struct value *old = value_object();

		value_set_text(old, "selector", selector);
		value_set_text(old, "name",
			arena_format(arena, "%.*s._domainkey.%.*s",
				SLICE_PRINT(selector), SLICE_PRINT(record->domain)));
		value_set_number(old, "until_ms", record->old[i].until_ms);
		value_append(list, old);
	}
	return list;
}

struct value *admin_domain_value(
	const struct domain_record *record, struct arena *arena)
{
	struct value *value = value_object(), *keys = value_list();
	bool good = add_made_keys(keys, record->domain, record->keys, record->key_count,
			    record->active, arena) &&
		    add_made_keys(keys, record->domain, record->next,
			    record->next_count, false, arena);

	value_set_text(value, "domain", record->domain);
	add_state(value, record);
	value_set(value, "keys", keys);
	if (record->old_count)
		value_set(value, "old_keys", value_of_old(record, arena));
	if (!good)
		value_release(&value);
	return value;
}

/* One of the configuration, or of nobody. */
static struct value *describe_configured(
	struct admin_call *call, struct slice domain, struct arena *arena)
{
	struct world *world = world_hold(call->daemon->world);
	struct value *value = value_object(), *keys = value_list();

	add_keys(keys, world->keyring, domain, true, arena);
	value_set_text(value, "domain", domain);
	value_set_truth(value, "configured", true);
	value_set_truth(value, "signs", value_count(keys) > 0);
	value_set(value, "keys", keys);
	world_release(&world);
	return value;
}

bool admin_domain_find(struct admin_call *call, struct arena *arena,
	struct slice domain, struct domain_record *record_r, bool *made_r,
	struct deadline deadline)
{
	struct giver giver = giver_of(call, arena);

	*made_r = domains_read(redis_of(call), domain, arena, record_r, deadline);
	if (!*made_r && failure_kind_last() != FAILURE_DATA)
		return false;
	return giver_sees(&giver, *made_r ? record_r->tenant : SLICE_EMPTY) ||
	       admin_refuse(call, ADMIN_ABSENT, NULL, "there is no domain %.*s",
		       SLICE_PRINT(domain));
}

static void take_over(void *context, const char *name, const struct value *item)
{
	value_set(context, name, value_copy(item));
}

static bool show(struct admin_call *call, struct slice domain,
	struct domain_record *record, struct arena *arena, struct deadline deadline)
{
	struct audit *audit = ARENA_NEW(arena, struct audit);
	struct value *found = NULL, *value = NULL;

	if (domains_look(call->daemon, domain, record, arena, audit, deadline)) {
		found = audit_value_make(audit, arena);
		value = record ? admin_domain_value(record, arena)
			       : describe_configured(call, domain, arena);
	}
	audit_finish(audit);
	if (value)
		value_each(found, take_over, value);
	value_release(&found);
	return value && admin_say(call, value, deadline);
}

bool admin_domain_show(struct admin_call *call, struct deadline deadline)
{
	struct domain_record record = {.created_ms = 0};
	struct arena arena = {0};
	struct slice domain;
	bool made, good;

	good = admin_domain_name(call, &arena, &domain) &&
	       admin_domain_find(call, &arena, domain, &record, &made, deadline) &&
	       show(call, domain, made ? &record : NULL, &arena, deadline);
	arena_finish(&arena);
	return good;
}

/* Those of the configuration, and what else this node signs for, but is not in LIST. */
static bool say_keyring(struct admin_call *call, const struct domain_record *list,
	size_t count, struct arena *arena, struct deadline deadline)
{
	struct world *world = world_hold(call->daemon->world);
	struct slice before = SLICE_EMPTY;
	bool good = true;

	for (size_t i = 0; good && i < dkim_keyring_count(world->keyring); i++) {
		struct slice domain = dkim_key_domain(
			dkim_keyring_at(world->keyring, i));
		struct value *value;
		bool listed = slice_equal(domain, before);

		for (size_t j = 0; !listed && j < count; j++)
			listed = !list[j].removed &&
				 slice_equal(domain, list[j].domain);
		before = domain;
		if (listed)
			continue;
		value = describe_configured(call, domain, arena);
		good = admin_say(call, value, deadline);
	}
	world_release(&world);
	return good;
}

bool admin_domain_list(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct slice tenant = value_get_text(call->request, "tenant");
	struct domain_record *list = NULL;
	size_t count = 0;
	bool good = domains_list(redis_of(call), &arena, &list, &count, deadline);

	if (good && !tenant.size && giver_sees(&giver, SLICE_EMPTY))
		good = say_keyring(call, list, count, &arena, deadline);
	for (size_t i = 0; good && i < count; i++) {
		struct value *value;

		if (list[i].removed || !giver_sees(&giver, list[i].tenant) ||
			(tenant.size && !slice_equal(tenant, list[i].tenant)))
			continue;
		value = admin_domain_value(&list[i], &arena);
		good = value && admin_say(call, value, deadline);
	}
	arena_finish(&arena);
	return good;
}
