/*
 * Remembers domains; see memory.h. The longest unused one makes room, but for
 * those that are being asked about. A memory lives until the last fiber that
 * asks for it has ended: a reload leaves it to them and begins a new one.
 */
#include "gate/memory.h"

#include <string.h>

#include "base/memory.h"
#include "run/worker.h"

/* Those that are asked for first: of typos there is an end. */
static void guard(struct gate_memory *memory, const struct config *config)
{
	for (size_t i = 0; i < config->gate.protect.count; i++)
		lookalikes_add(&memory->guarded, slice_of(config->gate.protect.at[i]));
	for (size_t i = 0; i < config->dkim_count; i++)
		if (strcmp(config->dkim[i].domain, "*") != 0)
			lookalikes_add(
				&memory->guarded, slice_of(config->dkim[i].domain));
}

struct gate_memory *memory_create(
	struct gate *gate, struct config *config, struct dkim_keyring *keyring)
{
	struct gate_memory *memory = NEW(struct gate_memory);

	memory->holders = 1;
	memory->gate = gate;
	memory->config = config_hold(config);
	memory->keyring = dkim_keyring_hold(keyring);
	memory->refused = gate_checks_with(&config->gate, CONFIG_GATE_REFUSE);
	memory->fixed = gate_checks_with(&config->gate, CONFIG_GATE_FIX);
	memory->wanted = memory->refused | memory->fixed |
			 gate_checks_with(&config->gate, CONFIG_GATE_WARN);
	if (memory->wanted & GATE_DNS)
		addresses_find(config, &memory->addresses);
	if (memory->wanted & GATE_BIT(GATE_PHISHING) ||
		config->gate.suspicious_per_hour)
		guard(memory, config);
	list_init(&memory->recent);
	list_init(&memory->waiting);
	condition_init(&memory->names_changed);
	return memory;
}

static void drop(struct gate_memory *memory, struct gate_domain *domain)
{
	if (memory->last == domain)
		memory->last = NULL;
	list_remove(&domain->link);
	map_remove(&memory->domains, domain->name);
	memory_free((char *)(uintptr_t)domain->name.at);
	memory_free(domain);
}

struct gate_memory *memory_hold(struct gate_memory *memory)
{
	memory->holders++;
	return memory;
}

void memory_release(struct gate_memory **memory)
{
	struct gate_memory *old = *memory;

	*memory = NULL;
	if (!old || --old->holders > 0)
		return;
	while (!list_is_empty(&old->recent))
		drop(old, LIST_FIRST(&old->recent, struct gate_domain, link));
	map_finish(&old->domains);
	addresses_finish(&old->addresses);
	lookalikes_finish(&old->guarded);
	config_release(&old->config);
	dkim_keyring_release(&old->keyring);
	memory_free(old);
}

/* False: all that could go is in use. */
static bool make_room(struct gate_memory *memory)
{
	size_t most = (size_t)memory->config->gate.domains;

	LIST_EACH_SAFE (&memory->recent, link) {
		struct gate_domain *old = CONTAINER_OF(link, struct gate_domain, link);

		if (memory->domains.count < most)
			return true;
		if (!old->asking && !old->waiters)
			drop(memory, old);
	}
	return memory->domains.count < most;
}

static struct gate_domain *make(struct gate_memory *memory, struct slice name)
{
	struct gate_domain *domain;

	if (!make_room(memory))
		return NULL;
	domain = NEW(struct gate_domain);
	domain->name = slice_make(memory_copy_text(name), name.size);
	condition_init(&domain->changed);
	map_set(&memory->domains, name, domain);
	return domain;
}

static void begin_to_ask(struct gate_memory *memory, struct gate_domain *domain)
{
	if (domain->asking)
		return;
	domain->asking = true;
	list_append(&memory->waiting, &domain->waiting);
	if (memory->askers == GATE_ASKERS_MAX)
		return;
	memory_hold(memory);
	if (scope_spawn(&memory->gate->scope, "gate-ask", ask_run, memory)) {
		memory->askers++;
		return;
	}
	memory_release(&memory);
}

/* The one at hand, now the last to make room. */
static struct gate_domain *find(struct gate_memory *memory, struct slice name)
{
	struct gate_domain *domain = memory->last;

	if (domain && slice_equal(domain->name, name))
		return domain;
	domain = map_find(&memory->domains, name);
	if (domain)
		list_remove(&domain->link);
	else
		domain = make(memory, name);
	if (domain)
		list_append(&memory->recent, &domain->link);
	memory->last = domain;
	return domain;
}

struct gate_domain *memory_find(
	struct gate_memory *memory, struct slice name, uint32_t wanted)
{
	struct gate_domain *domain;

	if (!memory->gate->resolver.query || !name.size)
		return NULL;
	domain = find(memory, name);
	if (domain &&
		(wanted & ~domain->asked || worker_now_us() >= domain->until_us)) {
		domain->wanted |= wanted;
		begin_to_ask(memory, domain);
	}
	return domain;
}

void memory_look_at_names(struct gate_memory *memory)
{
	struct gate_memory *held;

	if (memory->names_asking || !memory->gate->resolver.query ||
		worker_now_us() < memory->names_until_us)
		return;
	memory->names_asking = true;
	held = memory_hold(memory);
	if (scope_spawn(&memory->gate->scope, "gate-names", ask_names_run, held))
		return;
	memory->names_asking = false;
	memory_release(&held);
}

void memory_wait(struct gate_memory *memory, struct gate_domain *domain,
	uint32_t wanted, struct deadline deadline)
{
	domain->waiters++;
	while (domain->asking && wanted & ~domain->asked)
		if (!condition_wait(&domain->changed, deadline))
			break;
	domain->waiters--;
}

void memory_wait_for_names(struct gate_memory *memory, struct deadline deadline)
{
	while (memory->names_asking && !memory->names_known)
		if (!condition_wait(&memory->names_changed, deadline))
			break;
}
