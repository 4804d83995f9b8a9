/*
 * A DNS server for the tests of the relay, in a fiber of the same worker: knows
 * what a test writes down, and nothing else.
 */
#ifndef RINGPOST_TESTS_RELAY_ZONE_H
#define RINGPOST_TESTS_RELAY_ZONE_H

#include <stdint.h>

#include "run/fiber.h"

/* "one.test MX 10 mx.one.test", "mx.one.test A 127.0.0.2", one a line; "x.test
 * FAIL" is answered with SERVFAIL. Other names do not exist. */
struct zone {
	const char *records;
	char address[32]; /* "127.0.0.1:5353" */
	uint64_t questions;
	int fd;
	struct scope scope;
};

void zone_open(struct zone *zone);
void zone_close(struct zone *zone);

#endif
