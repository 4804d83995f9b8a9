/*
 * Stacks for fibers: taken from slabs, guarded, reused.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_STACK_H
#define RINGPOST_RUN_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "run/sanitize.h"

#ifdef RUN_SANITIZED
#define STACK_BYTES (256u << 10)
#else
#define STACK_BYTES (64u << 10)
#endif

struct stack_slab;

struct stack_pool {
	struct stack_slab *slabs; /* newest first */
	size_t fresh;		  /* stacks of the newest slab not yet used */
	char **idle;		  /* used before; the last is taken first */
	size_t idle_count, idle_capacity;
	bool painted; /* deepest use is measured */
	size_t deepest;
};

/* PAINTED: fill stacks with a pattern, to see how deep they were used. */
void stack_pool_init(struct stack_pool *pool, bool painted);
/* Every stack must have been given back. */
void stack_pool_finish(struct stack_pool *pool);
/* The lowest address of STACK_BYTES; NULL: no memory. */
char *stack_take(struct stack_pool *pool);
void stack_give_back(struct stack_pool *pool, char *bottom);
/* Gives back the pages a running stack is not using: those below USED, an
 * address in its deepest frame. */
void stack_trim(struct stack_pool *pool, char *bottom, const void *used);
/* How many stacks this process may have, all workers together, by what guards
 * cost on this kernel; SIZE_MAX: as many as there is memory for. */
size_t stack_count_max(void);

#endif
