/*
 * Contexts: a stack and where it was left. Switching saves what a called
 * function must preserve, no more, and tells the sanitizers.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_SWITCH_H
#define RINGPOST_RUN_SWITCH_H

#include <stddef.h>

struct context {
	void *pointer;	    /* the saved stack pointer */
	const void *bottom; /* of its stack; NULL: not known yet */
	size_t size;
	void *fake_stack; /* AddressSanitizer's */
	void *strand;	  /* ThreadSanitizer's fiber */
};

/* The context of the calling thread's own stack. */
void context_adopt(struct context *context);
/*
 * A context that will call ENTRY(ARG), which must not return, on the stack of
 * SIZE bytes from BOTTOM.
 */
void context_create(struct context *context, char *bottom, size_t size,
	void (*entry)(void *arg), void *arg);
/* Once it was left for ever. */
void context_destroy(struct context *context);

/* Goes on in TO; returns when something switches back to FROM. */
void context_switch(struct context *from, struct context *to);
/* First thing in an ENTRY: FROM is who switched here. */
void context_entered(struct context *from);
/* The last switch of a context. */
void context_leave(struct context *from, struct context *to) __attribute__((noreturn));

#endif
