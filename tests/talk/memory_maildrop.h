/*
 * A maildrop in memory, for tests of the POP3 dialogue: texts a test gives it, read
 * in pieces of a size it chooses.
 */
#ifndef RINGPOST_TESTS_MEMORY_MAILDROP_H
#define RINGPOST_TESTS_MEMORY_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "pop3/maildrop.h"

struct memory_maildrop {
	struct maildrop maildrop;
	const struct slice *texts; /* the caller's */
	size_t piece;		   /* bytes of a read */
	size_t fails_at;	   /* reading of a message behind so many; 0: never */
	enum failure_kind remove_fails; /* or NONE */
	size_t *removed;		/* counts those that went; or NULL */
	/* Private: */
	size_t open, at;
};

/* COUNT texts; a text at NULL is gone and cannot be opened. */
struct memory_maildrop *memory_maildrop_create(
	const struct slice *texts, size_t count, size_t piece);

#endif
