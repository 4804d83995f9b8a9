/* Refusals of a site by category, for what is told about it. */
#ifndef RINGPOST_ADMIN_REFUSALS_H
#define RINGPOST_ADMIN_REFUSALS_H

#include "feedback/refusals.h"

#include "report/value.h"

/* {"rate": 3, …} of the last SINCE_MS; of all sites where SITE is at NULL. */
struct value *admin_refusals_of(
	const struct refusals *refusals, struct slice site, int64_t since_ms);

#endif
