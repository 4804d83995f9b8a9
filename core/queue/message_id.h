/* Message ids, and the keys of the shard an id names. */
#ifndef RINGPOST_QUEUE_MESSAGE_ID_H
#define RINGPOST_QUEUE_MESSAGE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * 16 characters of lower-case base32: 9 of time (ms since 1970), 2 of shard,
 * 5 of a counter. Sorts by time; says which shard to ask.
 */
#define MESSAGE_ID_SIZE 16

struct message_id {
	char text[MESSAGE_ID_SIZE + 1];
};

#define SHARD_MAX 1024 /* what two digits of an id can say */

/* COUNTER's low 25 bits count. */
struct message_id message_id_make(int64_t time_ms, unsigned shard, uint64_t counter);
bool message_id_parse(struct slice text, struct message_id *id_r);
unsigned message_id_shard(const struct message_id *id);
int64_t message_id_time_ms(const struct message_id *id);
struct slice message_id_slice(const struct message_id *id);

/* What the keys of a shard begin with in Redis: "{rp:07}:". TEXT has 16 bytes. */
struct slice shard_key_prefix(unsigned shard, char text[16]);

#endif
