/* The ARC fields among a message's, put together to sets (RFC 8617 section 4.2). */
#ifndef RINGPOST_DKIM_ARC_SET_H
#define RINGPOST_DKIM_ARC_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "dkim/arc.h"
#include "dkim/signature.h"
#include "mail/header.h"

/* In the order they are sealed in (RFC 8617 5.1.1). */
enum arc_part { ARC_PART_RESULTS, ARC_PART_MESSAGE, ARC_PART_SEAL, ARC_PARTS };

/* The three fields of one set: their places in the header, and what they say.
 * Slices lie in the header and the arena. */
struct arc_fields {
	size_t at[ARC_PARTS];
	bool there[ARC_PARTS];
	struct slice results; /* behind "i=N;" */
	struct dkim_signature message, seal;
};

struct arc_chain {
	struct arc_fields *sets; /* set N at N - 1; ARC_SETS_MAX, in the arena */
	size_t count;		 /* the highest instance */
	bool any;		 /* there is an ARC field at all */
};

/*
 * Finds and reads them. False with FAILURE_DATA when they make no chain: a field
 * that cannot be read, one twice, one missing; *chain_r is filled as far as it
 * goes, its count the highest instance that was read.
 */
bool arc_chain_read(struct arena *arena, const struct header_field *fields,
	size_t count, struct arc_chain *chain_r);

/* Which of the three FIELD is; false: none. */
bool arc_part_of(const struct header_field *field, enum arc_part *part_r);

#endif
