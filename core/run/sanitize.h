/*
 * What AddressSanitizer, ThreadSanitizer and valgrind must be told about
 * stacks that are switched and memory that the kernel fills. Without them
 * everything here is nothing.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_SANITIZE_H
#define RINGPOST_RUN_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define RUN_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define RUN_TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define RUN_ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define RUN_TSAN 1
#endif

#ifdef RUN_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define WITHOUT_ASAN __attribute__((no_sanitize("address")))
#else
#define WITHOUT_ASAN
#endif
#ifdef RUN_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if defined(RUN_ASAN) || defined(RUN_TSAN)
#define RUN_SANITIZED 1
#endif

#if __has_include(<valgrind/memcheck.h>)
#define RUN_VALGRIND 1
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>
#endif

/* Bytes of a stack that will hold new frames. */
static inline void sanitize_fresh_stack(const void *bottom, size_t size)
{
#ifdef RUN_ASAN
	__asan_unpoison_memory_region(bottom, size);
#endif
	(void)bottom;
	(void)size;
}

/* Bytes the kernel wrote without a system call that valgrind saw, or that a
 * dead frame left behind. */
static inline void sanitize_filled(const void *at, size_t size)
{
#ifdef RUN_VALGRIND
	VALGRIND_MAKE_MEM_DEFINED(at, size);
#endif
	(void)at;
	(void)size;
}

/* Tells valgrind of a stack; the id is for sanitize_forget_stack. */
static inline unsigned sanitize_register_stack(const char *bottom, size_t size)
{
#ifdef RUN_VALGRIND
	return (unsigned)VALGRIND_STACK_REGISTER(bottom, bottom + size);
#else
	(void)bottom;
	(void)size;
	return 0;
#endif
}

static inline void sanitize_forget_stack(unsigned id)
{
#ifdef RUN_VALGRIND
	VALGRIND_STACK_DEREGISTER(id);
#endif
	(void)id;
}

static inline bool sanitize_is_valgrind(void)
{
#ifdef RUN_VALGRIND
	return RUNNING_ON_VALGRIND != 0;
#else
	return false;
#endif
}

/* Whether a checker watches that would object to reading dead frames. */
static inline bool sanitize_is_watching(void)
{
#ifdef RUN_SANITIZED
	return true;
#else
	return sanitize_is_valgrind();
#endif
}

#endif
