/* `domain add`, `domain rotate`, `domain remove`: domains that are given DKIM keys. */
#include "admin/domain.h"

#include <time.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "queue/envelope.h"

#define MARK_SIZE 4 /* of a selector: no two are the same */

static struct redis *redis_of(const struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

/* ---- Keys ---- */

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

struct key_list {
	struct domain_key *keys;
	size_t count;
	struct arena *arena;
};

static bool add_key(struct key_list *list, enum dkim_algorithm algorithm,
	struct slice selector, struct deadline deadline)
{
	struct making making = {.algorithm = algorithm};
	bool good = offload(make_key, &making, deadline) &&
		    (making.made || fail(FAILURE_RESOURCE, "no key could be made"));

	if (good)
		list->keys[list->count++] = (struct domain_key){selector,
			arena_copy(list->arena, buffer_contents(&making.pem))};
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

/* What the request wants; WANT_NOTHING: it does not say. */
enum want { WANT_NOTHING, WANT_RSA = 1, WANT_ED25519 = 2 };

static bool read_type(struct admin_call *call, unsigned *want_r)
{
	struct slice type = value_get_text(call->request, "type");

	*want_r = !type.size			     ? WANT_NOTHING
		  : slice_equal(type, SLICE("rsa"))  ? WANT_RSA
		  : slice_equal(type, SLICE("both")) ? WANT_RSA | WANT_ED25519
						     : WANT_ED25519;
	return *want_r != WANT_ED25519 || slice_equal(type, SLICE("ed25519")) ||
	       admin_refuse(call, ADMIN_WRONG, "type", "type is rsa, ed25519 or both");
}

static bool read_selector(
	struct admin_call *call, struct arena *arena, struct slice *selector_r)
{
	struct slice selector = lower(value_get_text(call->request, "selector"), arena);

	if (!selector.size)
		selector = make_selector(arena);
	else if (!flow_name_is_valid(selector, 50) ||
		 slice_index(selector, '.') < selector.size ||
		 slice_index(selector, '_') < selector.size)
		return admin_refuse(call, ADMIN_WRONG, "selector",
			"a selector has 1 to 50 letters, digits and hyphens");
	*selector_r = selector;
	return true;
}

/* Of Ed25519 beside RSA: "rp1ed". */
static bool make_keys(struct key_list *list, unsigned want, struct slice selector,
	struct deadline deadline)
{
	struct slice second = want & WANT_RSA ? arena_format(list->arena, "%.*sed",
							SLICE_PRINT(selector))
					      : selector;

	return (!(want & WANT_RSA) ||
		       add_key(list, DKIM_RSA_SHA256, selector, deadline)) &&
	       (!(want & WANT_ED25519) ||
		       add_key(list, DKIM_ED25519_SHA256, second, deadline));
}

/* ---- A domain more ---- */

/* That it is nobody's yet, and there is room. */
static bool has_place(struct admin_call *call, struct domain_record *record,
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
		if (slice_equal(list[i].domain, record->domain))
			record->stored = list[i].stored;
		all += !list[i].removed;
		own += !list[i].removed && slice_equal(list[i].tenant, record->tenant);
	}
	return (all < DOMAINS_MAX &&
		       (!record->tenant.size || own < DOMAINS_OF_TENANT_MAX)) ||
	       fail(FAILURE_LIMIT, "there are too many domains already");
}

static bool add_keys(struct admin_call *call, struct domain_record *record,
	struct arena *arena, struct deadline deadline)
{
	struct key_list list = {.keys = record->keys, .arena = arena};
	struct slice selector;
	unsigned want;

	if (!read_type(call, &want) || !read_selector(call, arena, &selector) ||
		!make_keys(&list, want ? want : WANT_RSA, selector, deadline))
		return false;
	record->key_count = list.count;
	return true;
}

static bool store(struct admin_call *call, const struct domain_record *record,
	struct deadline deadline)
{
	return domains_write(redis_of(call), record, deadline) ||
	       admin_mark(call, ADMIN_CONFLICT, NULL);
}

static bool answer(struct admin_call *call, const struct domain_record *record,
	struct arena *arena, struct deadline deadline)
{
	struct value *value = admin_domain_value(record, arena);

	return value && admin_say(call, value, deadline);
}

/* Who adds a domain may send as all of it. */
bool admin_domain_add(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct domain_record record = {.created_ms = worker_wall_ms(),
		.tenant = value_get_text(call->request, "tenant")};
	bool good;

	good = (!record.tenant.size ||
		       flow_name_is_valid(record.tenant, TENANT_SIZE_MAX) ||
		       admin_refuse(call, ADMIN_WRONG, "tenant",
			       "this is no tenant's name")) &&
	       admin_domain_name(call, &arena, &record.domain) &&
	       giver_covers_domain(&giver, call, record.domain) &&
	       has_place(call, &record, &arena, deadline) &&
	       add_keys(call, &record, &arena, deadline) &&
	       store(call, &record, deadline) &&
	       answer(call, &record, &arena, deadline);
	arena_finish(&arena);
	return good;
}

/* ---- Other keys ---- */

/* One that was added, and who asks may change. */
static bool find_made(struct admin_call *call, struct arena *arena,
	struct domain_record *record_r, struct deadline deadline)
{
	struct slice domain;
	bool made = false;

	return admin_domain_name(call, arena, &domain) &&
	       admin_domain_find(call, arena, domain, record_r, &made, deadline) &&
	       (made || admin_refuse(call, ADMIN_ABSENT, NULL,
				"%.*s was not added here; the configuration has "
				"its keys, if any",
				SLICE_PRINT(domain)));
}

static bool is_known(const struct domain_record *record, struct slice selector)
{
	for (size_t i = 0; i < record->key_count; i++)
		if (slice_equal(record->keys[i].selector, selector))
			return true;
	for (size_t i = 0; i < record->old_count; i++)
		if (slice_equal(record->old[i].selector, selector))
			return true;
	return false;
}

/* As those that sign now. NOTHING with a failure. */
static unsigned type_of(const struct domain_record *record)
{
	struct dkim_keyring *keyring = domains_keyring(
		record->domain, record->keys, record->key_count);
	unsigned want = WANT_NOTHING;

	for (size_t i = 0; keyring && i < dkim_keyring_count(keyring); i++)
		want |= dkim_key_algorithm(dkim_keyring_at(keyring, i)) ==
					DKIM_RSA_SHA256
				? WANT_RSA
				: WANT_ED25519;
	dkim_keyring_release(&keyring);
	return want;
}

static bool add_next(struct admin_call *call, struct domain_record *record,
	struct arena *arena, struct deadline deadline)
{
	struct key_list list = {.keys = record->next, .arena = arena};
	struct slice selector;
	unsigned want;

	if (!read_type(call, &want) || !read_selector(call, arena, &selector))
		return false;
	if (!want)
		want = type_of(record);
	if (!want || !make_keys(&list, want, selector, deadline))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (is_known(record, list.keys[i].selector))
			return admin_refuse(call, ADMIN_WRONG, "selector",
				"%.*s is the selector of another of its keys",
				SLICE_PRINT(list.keys[i].selector));
	record->next_count = list.count;
	record->next_ms = worker_wall_ms();
	return true;
}

/* Whose record mail under way still needs is not forgotten. */
static bool has_room(struct admin_call *call, const struct domain_record *record)
{
	int64_t now_ms = worker_wall_ms();
	size_t needed = 0;

	for (size_t i = 0; i < record->old_count; i++)
		needed += record->old[i].until_ms > now_ms;
	return needed + record->key_count <= DOMAIN_OLD_MAX ||
	       admin_refuse(call, ADMIN_CONFLICT, NULL,
		       "mail under way has signatures of %zu old keys of %.*s", needed,
		       SLICE_PRINT(record->domain));
}

/* Asked twice, it says twice what is to be published. */
static bool begin(struct admin_call *call, struct domain_record *record,
	struct arena *arena, struct deadline deadline)
{
	if (!record->active)
		return admin_refuse(call, ADMIN_CONFLICT, NULL,
			"the first key of %.*s waits for DNS still",
			SLICE_PRINT(record->domain));
	if (!record->next_count)
		return has_room(call, record) &&
		       add_next(call, record, arena, deadline) &&
		       store(call, record, deadline);
	if (value_get(call->request, "type") || value_get(call->request, "selector"))
		return admin_refuse(call, ADMIN_CONFLICT, NULL,
			"a new key of %.*s waits for DNS already, with the selector "
			"%.*s",
			SLICE_PRINT(record->domain),
			SLICE_PRINT(record->next[0].selector));
	return true;
}

static bool cancel(
	struct admin_call *call, struct domain_record *record, struct deadline deadline)
{
	if (!record->next_count)
		return admin_refuse(call, ADMIN_CONFLICT, NULL,
			"no new key of %.*s waits for DNS",
			SLICE_PRINT(record->domain));
	record->next_count = 0;
	return store(call, record, deadline);
}

bool admin_domain_rotate(struct admin_call *call, struct deadline deadline)
{
	struct arena arena = {0};
	struct giver giver = giver_of(call, &arena);
	struct domain_record record = {.created_ms = 0};
	bool good;

	good = find_made(call, &arena, &record, deadline) &&
	       giver_covers_domain(&giver, call, record.domain) &&
	       (value_get_truth(call->request, "cancel")
			       ? cancel(call, &record, deadline)
			       : begin(call, &record, &arena, deadline)) &&
	       answer(call, &record, &arena, deadline);
	arena_finish(&arena);
	return good;
}

/* ---- A domain less ---- */

bool admin_domain_remove(struct admin_call *call, struct deadline deadline)
{
	struct domain_record record = {.created_ms = 0};
	struct arena arena = {0};
	bool good = find_made(call, &arena, &record, deadline);

	if (good) {
		record.removed = true;
		record.active = false;
		good = store(call, &record, deadline) &&
		       domains_catch_up(call->daemon, deadline);
	}
	arena_finish(&arena);
	return good;
}
