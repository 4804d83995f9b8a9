/* What DNS says of a domain; keys that it publishes begin to sign. */
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "gate/audit.h"

#include "daemon/domains.h"

#define CACHE_ENTRIES 100

struct dkim_keyring *domains_keyring(const struct domain_record *record)
{
	struct dkim_key *keys[DKIM_KEYS_PER_DOMAIN] = {NULL};
	struct dkim_keyring *keyring = NULL;
	bool good = true;

	for (size_t i = 0; good && i < record->key_count; i++) {
		keys[i] = dkim_key_create(
			record->domain, record->keys[i].selector, record->keys[i].pem);
		good = keys[i] != NULL;
	}
	if (good)
		keyring = dkim_keyring_create(keys, record->key_count);
	for (size_t i = 0; i < DKIM_KEYS_PER_DOMAIN; i++)
		dkim_key_destroy(&keys[i]);
	return keyring;
}

static bool is_published(const struct audit *audit, size_t keys)
{
	size_t good = 0;

	for (size_t i = 0; i < audit->count; i++)
		good += audit->rows[i].check == GATE_DKIM &&
			audit->rows[i].fact.state == FACT_GOOD;
	return keys && good == keys;
}

static bool activate(
	struct daemon *daemon, struct domain_record *record, struct deadline deadline)
{
	struct event event;

	record->active = true;
	if (!domains_write(daemon->workers[0].redis, record, deadline)) {
		record->active = false;
		return false;
	}
	event_begin(&event, EVENT_INFO, "domain_signs");
	event_text(&event, "domain", record->domain);
	if (record->tenant.size)
		event_text(&event, "tenant", record->tenant);
	event_end(&event);
	return domains_catch_up(daemon, deadline);
}

/* Of servers that nobody has asked before: what was not there a minute ago may be. */
static bool ask(struct slice domain, const struct config *config,
	const struct dkim_keyring *keyring, struct arena *arena, struct audit *audit_r,
	struct deadline deadline)
{
	struct dns_options options = {
		.servers = (const char *const *)config->dns.servers.at,
		.server_count = config->dns.servers.count,
		.timeout_ms = config->dns.timeout_ms,
		.cache_entries = CACHE_ENTRIES,
	};
	struct dns *dns = dns_create(&options);
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

bool domains_look(struct daemon *daemon, struct slice domain,
	struct domain_record *record, struct arena *arena, struct audit *audit_r,
	struct deadline deadline)
{
	struct world *world = world_hold(daemon->world);
	struct dkim_keyring *keyring = record ? domains_keyring(record)
					      : dkim_keyring_hold(world->keyring);
	bool good = keyring &&
		    ask(domain, world->config, keyring, arena, audit_r, deadline);

	if (good && record && !record->active &&
		is_published(audit_r, record->key_count))
		good = activate(daemon, record, deadline);
	dkim_keyring_release(&keyring);
	world_release(&world);
	return good;
}
