/* DKIM's and ARC's signatures of one message, with the keys that DNS has. */
#ifndef RINGPOST_VERIFY_SIGNATURES_H
#define RINGPOST_VERIFY_SIGNATURES_H

#include <stdbool.h>

#include "dkim/arc.h"
#include "dkim/verify.h"
#include "run/deadline.h"
#include "verify/resolver.h"

/*
 * Asks for the keys of both and finishes both; a name is asked for once. Either
 * may be NULL. What DNS did not answer counts as such, so the results are there
 * in any case. False only with FAILURE_CANCELLED: then they are not.
 */
bool signatures_check(struct dkim_verifier *dkim, struct arc_verifier *arc,
	const struct verify_resolver *resolver, int64_t now_s,
	struct deadline deadline);

#endif
