/*
 * Domains that look like others: letters of other scripts that look the same,
 * digits for letters, pairs that read as one, one letter mistyped.
 */
#ifndef RINGPOST_GATE_LOOKALIKE_H
#define RINGPOST_GATE_LOOKALIKE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/slice.h"

#define LOOKALIKE_TYPOS_MAX   1000 /* domains guarded against typos, too */
#define LOOKALIKE_LABEL_LEAST 6 /* letters of a label that may be a typo of another */

/*
 * What DOMAIN looks like, in the arena: "раypa1.com" (two letters of it Cyrillic)
 * and "paypal.com" give the same. A-labels or U-labels.
 */
struct slice lookalike_skeleton(struct arena *arena, struct slice domain);

/* Whether a label has Latin letters among Cyrillic or Greek ones. */
bool lookalike_is_mixed(struct arena *arena, struct slice domain);

/* A set of domains that others may not look like. */
struct lookalikes {
	struct map own;	      /* organizational domains, as they are */
	struct map skeletons; /* … and what they look like */
	struct map typos;     /* … with one letter missing → the whole */
	size_t guarded;
};

/* DOMAIN's organizational domain is one of them. */
void lookalikes_add(struct lookalikes *set, struct slice domain);
void lookalikes_finish(struct lookalikes *set);
/* Whether DOMAIN's organization is in the set. */
bool lookalikes_has(const struct lookalikes *set, struct slice domain);

enum lookalike {
	LOOKALIKE_NONE,
	LOOKALIKE_TYPO, /* one letter of it is another, missing, too many or swapped */
	LOOKALIKE_SAME, /* it reads the same, or begins with it ("own.test.other.test")
			 */
};
/* How DOMAIN, which is none of them, looks. */
enum lookalike lookalikes_judge(
	const struct lookalikes *set, struct slice domain, struct arena *arena);

#endif
