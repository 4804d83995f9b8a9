/* `domain …`: domains that mail is from: their DKIM keys, and what DNS has of them. */
#include <time.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "mail/domain.h"
#include "queue/envelope.h"

#include "admin/giver.h"
#include "daemon/domains.h"
#include "report/audit_value.h"

#define MARK_SIZE 4 /* of a selector: no two are the same */

static struct redis *redis_of(const struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

static bool prepare(
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

/* The keys of KEYRING that sign for DOMAIN, with its records. */
static struct value *describe_keys(
	const struct dkim_keyring *keyring, struct slice domain, struct arena *arena)
{
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	size_t count = dkim_keyring_find(keyring, domain, signings);
	struct value *list = value_list();

	for (size_t i = 0; i < count; i++)
		value_append(list, audit_key_value(signings[i].key, domain, arena));
	return list;
}

/* RECORD: NULL: one of the configuration, or of nobody. NULL with a failure. */
static struct value *describe(struct admin_call *call, struct slice domain,
	const struct domain_record *record, struct arena *arena)
{
	struct world *world = world_hold(call->daemon->world);
	struct dkim_keyring *keyring = record ? domains_keyring(record)
					      : dkim_keyring_hold(world->keyring);
	struct value *value = keyring ? value_object() : NULL, *keys;

	if (value) {
		keys = describe_keys(keyring, domain, arena);
		value_set_text(value, "domain", domain);
		if (record) {
			add_state(value, record);
		} else {
			value_set_truth(value, "configured", true);
			value_set_truth(value, "signs", value_count(keys) > 0);
		}
		value_set(value, "keys", keys);
	}
	dkim_keyring_release(&keyring);
	world_release(&world);
	return value;
}

/* The record of a domain that who asks may see; *made_r: there is one. */
static bool find(struct admin_call *call, struct arena *arena, struct slice domain,
	struct domain_record *record_r, bool *made_r, struct deadline deadline)
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
		value = describe(call, domain, record, arena);
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

	good = prepare(call, &arena, &domain) &&
	       find(call, &arena, domain, &record, &made, deadline) &&
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
		value = describe(call, domain, NULL, arena);
		good = value && admin_say(call, value, deadline);
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
		value = describe(call, list[i].domain, &list[i], &arena);
		good = value && admin_say(call, value, deadline);
	}
	arena_finish(&arena);
	return good;
}

/* ---- Changing ---- */

struct making {
	enum dkim_algorithm algorithm;
	struct buffer pem;
	bool made;
};

static void make_key(void *arg)
{
	struct making *making = arg;

	making->made = dkim_key_generate(making->algorithm, 0, &making->pem);
}

static bool add_key(struct domain_record *record, enum dkim_algorithm algorithm,
	struct slice selector, struct arena *arena, struct deadline deadline)
{
	struct making making = {.algorithm = algorithm};
	bool good = offload(make_key, &making, deadline) &&
		    (making.made || fail(FAILURE_RESOURCE, "no key could be made"));

	if (good)
		record->keys[record->key_count++] = (struct domain_key){
			selector, arena_copy(arena, buffer_contents(&making.pem))};
	if (making.pem.bytes)
		memory_wipe(making.pem.bytes, making.pem.capacity);
	buffer_finish(&making.pem);
	return good;
}

/* "rp202611a7xk": of the month, and by chance. */
static struct slice make_selector(struct arena *arena)
{
	time_t now = (time_t)(worker_wall_ms() / 1000);
	char mark[MARK_SIZE], month[16];
	struct tm today;

	gmtime_r(&now, &today);
	strftime(month, sizeof(month), "rp%Y%m", &today);
	base32_encode(random_u64(), MARK_SIZE, mark);
	return arena_format(arena, "%s%.*s", month, MARK_SIZE, mark);
}

static struct slice lower(struct slice text, struct arena *arena)
{
	char *copy = arena_copy_text(arena, text);

	for (char *c = copy; *c; c++)
		*c = ascii_lower(*c);
	return slice_of(copy);
}

static bool add_keys(struct admin_call *call, struct domain_record *record,
	struct arena *arena, struct deadline deadline)
{
	struct slice type = value_get_text(call->request, "type");
	struct slice selector = value_get_text(call->request, "selector");
	bool rsa = !type.size || !slice_equal(type, SLICE("ed25519"));
	bool ed = slice_equal(type, SLICE("ed25519")) ||
		  slice_equal(type, SLICE("both"));

	if (type.size && !ed && !slice_equal(type, SLICE("rsa")))
		return admin_refuse(
			call, ADMIN_WRONG, "type", "type is rsa, ed25519 or both");
	selector = lower(selector, arena);
	if (!selector.size)
		selector = make_selector(arena);
	else if (!flow_name_is_valid(selector, 50) ||
		 slice_index(selector, '.') < selector.size ||
		 slice_index(selector, '_') < selector.size)
		return admin_refuse(call, ADMIN_WRONG, "selector",
			"a selector has 1 to 50 letters, digits and hyphens");
	return (!rsa || add_key(record, DKIM_RSA_SHA256, selector, arena, deadline)) &&
	       (!ed || add_key(record, DKIM_ED25519_SHA256,
			       rsa ? arena_format(
					     arena, "%.*sed", SLICE_PRINT(selector))
				   : selector,
			       arena, deadline));
}

/* That it is nobody's yet, and there is room. */
static bool has_place(struct admin_call *call, const struct domain_record *record,
	struct arena *arena, struct deadline deadline)
{
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	size_t count = 0, all = 0, own = 0,
	       signs = dkim_keyring_find(
		       call->daemon->world->keyring, record->domain, signings);
	struct domain_record *list = NULL;

	for (size_t i = 0; i < signs; i++)
		if (slice_equal(dkim_key_domain(signings[i].key), record->domain))
			return admin_refuse(call, ADMIN_CONFLICT, "domain",
				"%.*s has a key already", SLICE_PRINT(record->domain));
	if (!domains_list(redis_of(call), arena, &list, &count, deadline))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (slice_equal(list[i].domain, record->domain) && !list[i].removed)
			return admin_refuse(call, ADMIN_CONFLICT, "domain",
				"%.*s is there already", SLICE_PRINT(record->domain));
		all += !list[i].removed;
		own += !list[i].removed && slice_equal(list[i].tenant, record->tenant);
	}
	return (all < DOMAINS_MAX &&
		       (!record->tenant.size || own < DOMAINS_OF_TENANT_MAX)) ||
	       fail(FAILURE_LIMIT, "there are too many domains already");
}

/* Who adds a domain may send as all of it. */
bool admin_domain_add(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct domain_record record = {.created_ms = worker_wall_ms(),
		.tenant = value_get_text(call->request, "tenant")};
	struct value *value;
	bool good;

	good = (!record.tenant.size ||
		       flow_name_is_valid(record.tenant, TENANT_SIZE_MAX) ||
		       admin_refuse(call, ADMIN_WRONG, "tenant",
			       "this is no tenant's name")) &&
	       prepare(call, &arena, &record.domain) &&
	       giver_covers_domain(&giver, call, record.domain) &&
	       has_place(call, &record, &arena, deadline) &&
	       add_keys(call, &record, &arena, deadline) &&
	       domains_write(redis_of(call), &record, deadline);
	value = good ? describe(call, record.domain, &record, &arena) : NULL;
	good = value && admin_say(call, value, deadline);
	arena_finish(&arena);
	return good;
}

bool admin_domain_remove(struct admin_call *call, struct deadline deadline)
{
	struct domain_record record = {.created_ms = 0};
	struct arena arena = {0};
	struct slice domain;
	bool made = false, good;

	good = prepare(call, &arena, &domain) &&
	       find(call, &arena, domain, &record, &made, deadline) &&
	       (made || admin_refuse(call, ADMIN_ABSENT, NULL,
				"%.*s was not added here; the configuration has "
				"its keys, if any",
				SLICE_PRINT(domain)));
	if (good) {
		record.removed = true;
		record.active = false;
		good = domains_write(redis_of(call), &record, deadline) &&
		       domains_catch_up(call->daemon, deadline);
	}
	arena_finish(&arena);
	return good;
}
