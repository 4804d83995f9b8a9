/* Key records: the TXT record under SELECTOR._domainkey.DOMAIN (RFC 6376
 * section 3.6.1, RFC 8463 section 4). */
#ifndef RINGPOST_DKIM_RECORD_H
#define RINGPOST_DKIM_RECORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"
#include "dkim/key.h"

struct dkim_record {
	enum dkim_algorithm algorithm; /* k= */
	struct slice key;	       /* p=, decoded; in the arena */
	struct slice text;	       /* p= as written */
	bool revoked;		       /* p= is empty */
	bool testing;		       /* t=y */
	bool exact;		       /* t=s: i= must be at d= itself, not below */
};

/*
 * The record TEXT, its strings joined. False with FAILURE_DATA and the reason:
 * no key record, or a key that is not for SHA-256 (h=) or not for mail (s=).
 */
bool dkim_record_parse(
	struct arena *arena, struct slice text, struct dkim_record *record_r);

#endif
