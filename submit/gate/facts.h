/*
 * What DNS says of a domain that mail is from, and of the addresses it leaves
 * from: asked once for all checks, for the gate and for `ringpost audit`.
 */
#ifndef RINGPOST_GATE_FACTS_H
#define RINGPOST_GATE_FACTS_H

#include "dkim/keyring.h"
#include "gate/addresses.h"
#include "gate/check.h"
#include "verify/dmarc.h"
#include "verify/resolver.h"
#include "verify/reverse.h"
#include "verify/spf.h"

enum fact_state {
	FACT_UNKNOWN, /* not asked, or DNS did not say */
	FACT_GOOD,
	FACT_MISSING, /* there is nothing */
	FACT_WRONG,   /* there is something, and it will not do */
};

/* Slices in the arena. */
struct fact {
	enum fact_state state;
	struct slice words; /* one line */
};

struct fact_key {
	struct fact fact;
	const struct dkim_key *key; /* valid as long as the keyring */
	struct slice name;	    /* of its record */
};

struct facts_question {
	const struct verify_resolver *resolver;
	const struct gate_addresses *addresses;
	const struct dkim_keyring *keyring;
	struct slice hostname;
	struct slice domain; /* A-labels in lower case */
	uint32_t wanted;     /* of SPF, DKIM, DMARC, DOMAIN: bits */
	int64_t now_ms;
};

struct facts {
	struct fact domain;
	/* SPF for each address; the others are neither covered nor unknown. */
	struct fact spf;
	uint64_t spf_passes, spf_unknown;
	struct spf_verdict *spf_verdicts;
	struct slice spf_record; /* as published; empty: none */
	struct fact dkim;	 /* of the best key */
	struct fact_key keys[DKIM_KEYS_PER_DOMAIN];
	size_t key_count;
	struct fact dmarc; /* the record; alignment is a message's */
	struct dmarc_verdict dmarc_verdict;
};

/* False only with FAILURE_CANCELLED. A deadline that passes leaves UNKNOWN. */
bool facts_ask(const struct facts_question *question, struct arena *arena,
	struct facts *facts_r, struct deadline deadline);

/* Whether an address's names lead back to it. */
bool facts_ask_reverse(const struct verify_resolver *resolver,
	const struct gate_address *address, struct arena *arena, struct fact *fact_r,
	struct reverse *reverse_r, struct deadline deadline);

#endif
