/*
 * Contexts over the assembly of this machine: the first frame of a new stack,
 * and what the sanitizers are told at each switch.
 */
#include "run/switch.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "run/sanitize.h"

void switch_stacks(void **left_r, void *enter);
void switch_entry(void);

/* What switch_stacks takes off the stack, lowest address first. */
struct first_frame {
#if defined(__x86_64__)
	uint32_t mxcsr, x87_control;
	uint64_t r15, r14, r13, arg, entry, rbp;
	uint64_t return_to;
	uint64_t unwinding_ends[2];
#elif defined(__aarch64__)
	uint64_t entry, arg, x21_to_x28[8], frame, return_to;
	uint64_t d8_to_d15[8];
	uint64_t fpcr, unused;
	uint64_t unwinding_ends[2];
#else
#error "run/switch needs a switch_*.S for this machine"
#endif
};

void context_adopt(struct context *context)
{
	*context = (struct context){0};
#ifdef RUN_TSAN
	context->strand = __tsan_get_current_fiber();
#endif
}

void context_create(struct context *context, char *bottom, size_t size,
	void (*entry)(void *arg), void *arg)
{
	struct first_frame frame = {
		.entry = (uintptr_t)entry,
		.arg = (uintptr_t)arg,
		.return_to = (uintptr_t)switch_entry,
	};
	char *top = bottom + size;

#if defined(__x86_64__)
	/* The defaults of the ABI: all exceptions masked, round to nearest. */
	frame.mxcsr = 0x1F80;
	frame.x87_control = 0x037F;
#endif
	assert((uintptr_t)top % 16 == 0);
	*context = (struct context){
		.pointer = top - sizeof(frame), .bottom = bottom, .size = size};
	memcpy(context->pointer, &frame, sizeof(frame));
#ifdef RUN_TSAN
	context->strand = __tsan_create_fiber(0);
#endif
}

void context_destroy(struct context *context)
{
#ifdef RUN_TSAN
	__tsan_destroy_fiber(context->strand);
#endif
	*context = (struct context){0};
}

/* Inlined, for it returns to another shadow stack than it was called on. */
__attribute__((always_inline)) static inline void announce(
	void **fake_stack, struct context *to)
{
#ifdef RUN_ASAN
	__sanitizer_start_switch_fiber(fake_stack, to->bottom, to->size);
#endif
#ifdef RUN_TSAN
	__tsan_switch_to_fiber(to->strand, 0);
#endif
	(void)fake_stack;
	(void)to;
}

void context_switch(struct context *from, struct context *to)
{
	announce(&from->fake_stack, to);
	switch_stacks(&from->pointer, to->pointer);
#ifdef RUN_ASAN
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}

void context_entered(struct context *from)
{
#ifdef RUN_ASAN
	__sanitizer_finish_switch_fiber(NULL, &from->bottom, &from->size);
#endif
	(void)from;
}

void context_leave(struct context *from, struct context *to)
{
	announce(NULL, to);
	switch_stacks(&from->pointer, to->pointer);
	abort(); /* resumed after its end */
}
