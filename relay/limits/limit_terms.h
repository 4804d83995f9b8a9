/*
 * How much is allowed of a kind: connections at a time, and messages and new
 * connections in a period.
 */
#ifndef RINGPOST_LIMITS_LIMIT_TERMS_H
#define RINGPOST_LIMITS_LIMIT_TERMS_H

#include <stdint.h>

enum limit_period { PER_SECOND, PER_MINUTE, PER_HOUR, PER_DAY, PERIODS };

struct limit_terms { /* 0: no limit */
	uint64_t connections;
	uint64_t messages[PERIODS];
	uint64_t connects[PERIODS];
};

#endif
