/*
 * Who gets a message: patterns such as "user%d@d%d.test", with weights.
 *
 * In the local part %d is the recipient's running number, 1 to USERS; in the
 * domain a number by chance, 1 to DOMAINS. %i is the message's id, %% a %.
 */
#ifndef RINGPOST_BENCH_AUDIENCE_H
#define RINGPOST_BENCH_AUDIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "mail/address.h"

struct audience;

struct audience_plan {
	uint64_t users, domains;
	uint64_t recipients; /* of one message: as many different ones are needed */
	uint64_t seed;
};

struct audience *audience_create(const struct audience_plan *plan);
void audience_destroy(struct audience **audience);
/* "PATTERN" or "PATTERN:WEIGHT"; false with FAILURE_CONFIG. */
bool audience_add(struct audience *audience, struct slice pattern);

#define AUDIENCE_TEXT_SIZE (ADDRESS_MAX + 1)

/* The address of recipient K (from 0) of message NUMBER, whose id is ID. */
struct slice audience_print(const struct audience *audience, uint64_t number,
	uint64_t k, struct slice id, char text[AUDIENCE_TEXT_SIZE]);

#endif
