/*
 * Repairing what a power cut did to the embedded Redis's append-only file.
 */
#ifndef RINGPOST_QUEUE_EMBEDDED_REPAIR_H
#define RINGPOST_QUEUE_EMBEDDED_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Finds the last increment in DIRECTORY/appendonlydir, copies it aside
 * (DIRECTORY/damaged-TIME.aof) and lets redis-check-aof cut it off at the last
 * whole command. True when something was repaired: *bytes_r is what was cut.
 * False with kind NONE when there was nothing wrong with it. Blocks.
 */
bool embedded_repair(const char *directory, uint64_t *bytes_r);

#endif
