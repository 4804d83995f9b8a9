/* What DNS says of a domain; keys that it publishes begin to sign. */
#include "daemon/domains.h"

#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "gate/audit.h"

#define CACHE_ENTRIES 100

#define MARGIN_MS (2 * 86400000LL) /* mail that others pass on is verified later */

struct dkim_keyring *domains_keyring(
	struct slice domain, const struct domain_key *list, size_t count)
{
	struct dkim_key *keys[DKIM_KEYS_PER_DOMAIN] = {NULL};
	struct dkim_keyring *keyring = NULL;
	bool good = true;

	for (size_t i = 0; good && i < count; i++) {
		keys[i] = dkim_key_create(domain, list[i].selector, list[i].pem);
		good = keys[i] != NULL;
	}
	if (good)
		keyring = dkim_keyring_create(keys, count);
	for (size_t i = 0; i < DKIM_KEYS_PER_DOMAIN; i++)
		dkim_key_destroy(&keys[i]);
	return keyring;
}

/* ---- Asking ---- */

/* That nobody has asked before: what was not there a minute ago may be. COUNT servers
 * from FIRST. */
static struct dns *fresh_dns(
	const struct config_dns *config, size_t first, size_t count)
{
	struct dns_options options = {
		.servers = (const char *const *)config->servers.at + first,
		.server_count = count,
		.timeout_ms = config->timeout_ms,
		.cache_entries = CACHE_ENTRIES,
	};

	return dns_create(&options);
}

static bool ask(struct slice domain, const struct config *config,
	const struct dkim_keyring *keyring, struct arena *arena, struct audit *audit_r,
	struct deadline deadline)
{
	struct dns *dns = fresh_dns(&config->dns, 0, config->dns.servers.count);
	struct verify_resolver resolver;
	bool made;

	if (!dns)
		return false;
	resolver = verify_resolver_of(dns);
	made = audit_make(domain, config, keyring, &resolver, worker_wall_ms(), arena,
		audit_r, deadline);
	dns_destroy(&dns);
	return made;
}

static int badness(enum fact_state state)
{
	static const int table[] = {[FACT_UNKNOWN] = 0,
		[FACT_GOOD] = 1,
		[FACT_MISSING] = 2,
		[FACT_WRONG] = 3};

	return table[state];
}

static void add_facts(struct facts *facts, const struct facts *found,
	const char *server, struct arena *arena)
{
	for (size_t i = 0; i < facts->key_count && i < found->key_count; i++) {
		const struct fact *fact = &found->keys[i].fact;

		if (badness(fact->state) <= badness(facts->keys[i].fact.state))
			continue;
		facts->keys[i].fact.state = fact->state;
		facts->keys[i].fact.words = arena_format(
			arena, "%.*s, says %s", SLICE_PRINT(fact->words), server);
	}
}

static bool ask_server(const struct config_dns *config, size_t server,
	struct facts_question *question, struct arena *arena, struct facts *facts_r,
	struct deadline deadline)
{
	struct dns *dns = fresh_dns(config, server, config->servers.count ? 1 : 0);
	struct verify_resolver resolver;
	bool good;

	if (!dns)
		return false;
	resolver = verify_resolver_of(dns);
	question->resolver = &resolver;
	good = facts_ask(question, arena, facts_r, deadline);
	dns_destroy(&dns);
	return good;
}

/* KEYRING's keys at one server after the other, the worst that any of those says which
 * answer: one that lags behind may be who receivers ask. NULL with a failure. */
static struct facts *ask_everywhere(const struct config_dns *config,
	const struct dkim_keyring *keyring, struct slice domain, struct arena *arena,
	struct deadline deadline)
{
	struct facts *all = ARENA_NEW(arena, struct facts);
	struct facts *found = ARENA_NEW(arena, struct facts);
	struct facts_question question = {.keyring = keyring,
		.domain = domain,
		.wanted = GATE_BIT(GATE_DKIM),
		.now_ms = worker_wall_ms()};

	if (!ask_server(config, 0, &question, arena, all, deadline))
		return NULL;
	for (size_t i = 1; i < config->servers.count; i++) {
		if (!ask_server(config, i, &question, arena, found, deadline))
			return NULL;
		add_facts(all, found, config->servers.at[i], arena);
	}
	return all;
}

static bool are_good(const struct facts *facts, size_t count)
{
	size_t good = 0;

	for (size_t i = 0; i < facts->key_count; i++)
		good += facts->keys[i].fact.state == FACT_GOOD;
	return count && good == count;
}

/* ---- Other keys begin to sign ---- */

static void tell(const char *name, const struct domain_record *record,
	const struct domain_old *old)
{
	struct event event;

	event_begin(&event, EVENT_INFO, name);
	event_text(&event, "domain", record->domain);
	if (record->tenant.size)
		event_text(&event, "tenant", record->tenant);
	if (old) {
		event_text(&event, "selector", record->keys[0].selector);
		event_text(&event, "old_selector", old->selector);
		event_number(&event, "until_ms", old->until_ms);
	}
	event_end(&event);
}

/* What somebody else changed meanwhile he has looked at, too. */
static bool put_in_force(struct daemon *daemon, struct domain_record *record,
	const struct domain_record *changed, struct deadline deadline)
{
	bool rotated = record->active;

	if (!domains_write(daemon->workers[0].redis, changed, deadline))
		return failure_kind_last() == FAILURE_DATA;
	*record = *changed;
	if (rotated)
		tell("domain_rotated", record, &record->old[record->old_count - 1]);
	else
		tell("domain_signs", record, NULL);
	return domains_catch_up(daemon, deadline);
}

static bool activate(
	struct daemon *daemon, struct domain_record *record, struct deadline deadline)
{
	struct domain_record changed = *record;

	changed.active = true;
	return put_in_force(daemon, record, &changed, deadline);
}

/* As long as a message can be under way that has a signature of theirs. */
static int64_t needed_for_ms(const struct config *config)
{
	return config->relay.expire_ms + config->submission.future_release_ms +
	       MARGIN_MS;
}

static bool rotate(struct daemon *daemon, const struct config *config,
	struct domain_record *record, struct deadline deadline)
{
	struct domain_record changed = *record;
	int64_t until_ms = worker_wall_ms() + needed_for_ms(config);

	for (size_t i = 0; i < record->key_count; i++) {
		if (changed.old_count == DOMAIN_OLD_MAX)
			memmove(changed.old, changed.old + 1,
				--changed.old_count * sizeof(*changed.old));
		changed.old[changed.old_count++] = (struct domain_old){
			record->keys[i].selector, until_ms};
	}
	memcpy(changed.keys, record->next, sizeof(changed.keys));
	changed.key_count = record->next_count;
	changed.next_count = 0;
	return put_in_force(daemon, record, &changed, deadline);
}

static bool look_at_next(struct daemon *daemon, const struct config *config,
	struct domain_record *record, struct arena *arena, struct audit *audit,
	struct deadline deadline)
{
	struct dkim_keyring *keyring = domains_keyring(
		record->domain, record->next, record->next_count);
	struct facts *facts = keyring ? ask_everywhere(&config->dns, keyring,
						record->domain, arena, deadline)
				      : NULL;

	if (facts)
		audit_add_keys(audit, facts, arena);
	dkim_keyring_release(&keyring);
	return facts && (!are_good(facts, record->next_count) ||
				rotate(daemon, config, record, deadline));
}

static bool look_at_first(struct daemon *daemon, const struct config *config,
	struct domain_record *record, const struct dkim_keyring *keyring,
	struct arena *arena, struct deadline deadline)
{
	struct facts *facts = ask_everywhere(
		&config->dns, keyring, record->domain, arena, deadline);

	return facts && (!are_good(facts, record->key_count) ||
				activate(daemon, record, deadline));
}

bool domains_look(struct daemon *daemon, struct slice domain,
	struct domain_record *record, struct arena *arena, struct audit *audit_r,
	struct deadline deadline)
{
	struct world *world = world_hold(daemon->world);
	struct dkim_keyring *keyring = record ? domains_keyring(domain, record->keys,
							record->key_count)
					      : dkim_keyring_hold(world->keyring);
	bool good = keyring &&
		    ask(domain, world->config, keyring, arena, audit_r, deadline);

	if (good && record && record->next_count)
		good = look_at_next(
			daemon, world->config, record, arena, audit_r, deadline);
	else if (good && record && !record->active)
		good = look_at_first(
			daemon, world->config, record, keyring, arena, deadline);
	dkim_keyring_release(&keyring);
	world_release(&world);
	return good;
}
