/*
 * `ringpost audit`: a domain's checklist, with the DNS record to add or change
 * for each thing that is missing.
 */
#ifndef RINGPOST_GATE_AUDIT_H
#define RINGPOST_GATE_AUDIT_H

#include "base/config.h"
#include "gate/facts.h"

#define AUDIT_ROWS_MAX (ADDRESSES_MAX + 16)

struct audit_record {
	struct slice name; /* without a trailing dot; empty: there is nothing to add */
	const char *type;  /* "TXT" */
	struct slice value;
};

struct audit_row {
	enum gate_check check;
	struct slice subject; /* whose it is: a domain, a key's name, an address */
	struct fact fact;
	struct audit_record record; /* that would make it good */
	struct slice advice;	    /* what to do besides, or instead; may be empty */
};

struct audit {
	struct slice domain;
	struct gate_addresses addresses;
	struct audit_row rows[AUDIT_ROWS_MAX];
	size_t count;
	size_t missing, unknown; /* of the rows */
};

/*
 * Asks for all there is to know of DOMAIN (A-labels in lower case): as From, and
 * as envelope sender of mail without a tenant. Slices in ARENA. False only with
 * FAILURE_CANCELLED. To be finished.
 */
bool audit_make(struct slice domain, const struct config *config,
	const struct dkim_keyring *keyring, const struct verify_resolver *resolver,
	int64_t now_ms, struct arena *arena, struct audit *audit_r,
	struct deadline deadline);
/* A row more for each of the keys in FACTS, which may be gone afterwards. */
void audit_add_keys(
	struct audit *audit, const struct facts *facts, struct arena *arena);
void audit_finish(struct audit *audit);

/* "good", "missing", "wrong", "unknown" */
const char *audit_state_name(enum fact_state state);

/*
 * RECORD (or none: empty) with the addresses in MISSING (bits) added in front of
 * what decides for the rest, in the arena.
 */
struct slice audit_spf(struct slice record, const struct gate_addresses *addresses,
	uint64_t missing, struct arena *arena);

/* The record as a line of a zone file: strings of at most 255 bytes, in quotes
 * with what has to be escaped. In the arena. */
struct slice audit_zone_line(const struct audit_record *record, struct arena *arena);

#endif
