/*
 * What DNS said of domains and of our addresses, remembered: one for a worker
 * and a configuration. For the files of this folder.
 */
#ifndef RINGPOST_GATE_MEMORY_H
#define RINGPOST_GATE_MEMORY_H

#include "base/list.h"
#include "base/map.h"
#include "gate/facts.h"
#include "gate/gate.h"
#include "gate/lookalike.h"
#include "run/fiber.h"

#define GATE_ASKERS_MAX 16			    /* domains asked about at a time */
#define GATE_ASK_MS	30000			    /* for one of them */
#define GATE_AGAIN_MS	30000			    /* where DNS did not say */
#define GATE_STALE_MS	(24 * 3600 * INT64_C(1000)) /* what it said before that */
#define GATE_TOLD_MAX	100000			    /* domains with something amiss */

struct domain_facts {
	uint32_t known; /* of DKIM, DMARC, DOMAIN: bits */
	uint32_t wrong; /* … and amiss */
	uint64_t spf_passes, spf_unknown;
	bool spf_strict, dkim_strict; /* of its DMARC record */
};

struct gate_domain {
	struct link link;    /* in recent */
	struct link waiting; /* to be asked about */
	struct slice name;
	unsigned waiters;
	bool asking;	 /* or waiting to be asked about */
	uint32_t wanted; /* checks it is to be asked about for */
	uint32_t asked;	 /* those that facts are of */
	int64_t until_us, answered_us;
	struct domain_facts facts;
	struct condition changed;
};

struct gate_memory {
	size_t holders;
	struct gate *gate;
	struct config *config;	      /* held */
	struct dkim_keyring *keyring; /* held */
	struct gate_addresses addresses;
	uint32_t wanted, refused, fixed; /* checks by their verdicts */
	struct map domains;
	struct list recent;	  /* of all; the longest unused first */
	struct gate_domain *last; /* used; mail of one domain comes in a row */
	struct list waiting;
	size_t askers;
	struct lookalikes guarded; /* domains that others may not look like */
	/* Of addresses: */
	uint64_t names_wrong;
	bool names_known, names_asking;
	int64_t names_until_us;
	struct condition names_changed;
};

struct gate {
	struct gate_node *node;
	struct verify_resolver resolver;
	struct gate_memory *memory; /* held */
	struct scope scope;
	struct gate_figures figures;
};

struct gate_memory *memory_create(
	struct gate *gate, struct config *config, struct dkim_keyring *keyring);
struct gate_memory *memory_hold(struct gate_memory *memory);
void memory_release(struct gate_memory **memory);

/*
 * What is remembered of NAME, and begins to ask where that is not all that is
 * WANTED, or old. NULL: nothing, and nothing can be asked. Valid until the
 * caller suspends, or as long as it is among its waiters.
 */
struct gate_domain *memory_find(
	struct gate_memory *memory, struct slice name, uint32_t wanted);
/* The same of the names of our addresses. */
void memory_look_at_names(struct gate_memory *memory);
/* Waits until DOMAIN was asked about for WANTED. It stays meanwhile. */
void memory_wait(struct gate_memory *memory, struct gate_domain *domain,
	uint32_t wanted, struct deadline deadline);
void memory_wait_for_names(struct gate_memory *memory, struct deadline deadline);

/* ask.c: a fiber that asks about what waits. ARG: the memory, held for it. */
void ask_run(void *memory);
/* The same for names of addresses. */
void ask_names_run(void *memory);

/*
 * node.c: whether that is news: NAME misses MISSED, which was not what was told
 * last; of UNKNOWN (bits) what was told holds on. *all_r: all it misses then.
 */
bool gate_node_note(struct gate_node *node, struct slice name, uint32_t missed,
	uint32_t unknown, uint32_t *all_r);

#endif
