/* Entries as they stand in Redis, and back. */
#ifndef RINGPOST_QUEUE_PACK_H
#define RINGPOST_QUEUE_PACK_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "queue/message.h"

struct bodies;

/*
 * The packed form, versioned: one value in Redis, self-contained (each entry
 * carries its message's envelope and body reference). Byte 0 is the version,
 * byte 1 the length of the domain that follows, then (since version 2) the
 * length of the flow and it, so that queue.lua can find them; the rest is
 * length-prefixed fields. Versions 1 and 2 are read. Unpack refuses what it does
 * not understand with FAILURE_DATA; pack what has no place in it.
 */
bool entry_pack(const struct entry *entry, struct buffer *into);
/* The destination alone, and the flow, in PACKED; empty where that is damaged. */
struct slice packed_domain(struct slice packed);
struct slice packed_flow(struct slice packed);
/* One entry of a message of its own; its body is opened in BODIES (NULL: it has
 * none, for a look at the envelope only). */
struct entry *entry_unpack(struct bodies *bodies, struct slice key, struct slice packed);

#endif
