/* The inside of states, for state*.c. */
#ifndef RINGPOST_STATE_STATE_CORE_H
#define RINGPOST_STATE_STATE_CORE_H

#include "state/state.h"

/* Held, everything zero but the number of chunks, whose places are not set. */
struct state *state_make(size_t chunk_count);
struct chunk *chunk_create(uint32_t room);
struct chunk *chunk_hold(struct chunk *chunk);
void chunk_release(struct chunk *chunk);
/* The first record of CHUNK whose UID is not below UID; its count: none. */
uint32_t chunk_from(const struct chunk *chunk, uint32_t uid);

#endif
