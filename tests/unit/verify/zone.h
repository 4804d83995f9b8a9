/* DNS as a table, for what asks through a resolver. */
#ifndef RINGPOST_TESTS_UNIT_VERIFY_ZONE_H
#define RINGPOST_TESTS_UNIT_VERIFY_ZONE_H

#include "verify/resolver.h"

/*
 * One record: "A 192.0.2.1", "AAAA 2001:db8::1", "MX 10 host", "PTR host",
 * "TXT anything", or "TIMEOUT" (what the name has not, is not answered).
 * Names in lower case; the list ends with a NULL name.
 */
struct zone_record {
	const char *name, *data;
};

struct zone {
	const struct zone_record *records;
	unsigned asked;
};

struct verify_resolver zone_resolver(struct zone *zone);

#endif
