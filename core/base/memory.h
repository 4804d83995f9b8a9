/*
 * Allocation for the small things: these end the process with a clear line
 * when memory is gone (an MTA restarts; what it acknowledged is on disk).
 * What a peer can make large goes through buffers and arenas with caps.
 */
#ifndef RINGPOST_BASE_MEMORY_H
#define RINGPOST_BASE_MEMORY_H

#include <stddef.h>

#include "base/slice.h"

/* For a process that runs long, once at its start: what a large message has
 * freed is kept for the next one instead of being faulted in again. */
void memory_tune(void);
/* While there is little to do, now and then: gives the kernel back what a burst
 * left free in between, if the process has grown by some megabytes since the last
 * time. Takes milliseconds then: on the pool, one at a time. */
void memory_give_back(void);

/* What the process has in memory; 0: unknown. */
size_t memory_resident(void);

/* Zeroed memory for COUNT objects of SIZE bytes; never NULL. */
void *memory_allocate(size_t size);
void *memory_allocate_array(size_t count, size_t size);
/* Grown or shrunk copy, new bytes not zeroed; never NULL. */
void *memory_resize(void *at, size_t size);
void memory_free(void *at);
/* A NUL-terminated copy; free with memory_free. */
char *memory_copy_text(struct slice s);
/* printf into memory of its own; free with memory_free. */
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Overwrites a secret so that the compiler cannot leave it out. */
void memory_wipe(void *at, size_t size);

#define NEW(type) ((type *)memory_allocate(sizeof(type)))

/* The object that holds MEMBER at ADDRESS. */
#define CONTAINER_OF(address, type, member) \
	((type *)(void *)((char *)(address)-offsetof(type, member)))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
