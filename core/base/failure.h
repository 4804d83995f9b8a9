/*
 * Failures: what went wrong in the world, as opposed to our own bugs (which
 * assert) and a peer's refusals (which are data, struct reply).
 *
 * The failure belongs to the fiber: the run layer points failure_slot at the
 * running fiber's own record, so one fiber's failure is never seen by another.
 * Outside fibers each thread has one of its own.
 *
 *	if (size > limit)
 *		return fail(FAILURE_LIMIT, "line longer than %zu bytes", limit);
 */
#ifndef RINGPOST_BASE_FAILURE_H
#define RINGPOST_BASE_FAILURE_H

#include <stdbool.h>

enum failure_kind {
	FAILURE_NONE,
	FAILURE_TIMEOUT,   /* a deadline passed */
	FAILURE_CANCELLED, /* the fiber's scope is ending */
	FAILURE_CLOSED,    /* the peer ended the connection in good order */
	FAILURE_NETWORK,   /* connect refused, reset, unreachable */
	FAILURE_TLS,       /* handshake, verification, broken record */
	FAILURE_DNS,       /* temporary resolver failure */
	FAILURE_PROTOCOL,  /* the peer said what it may not say */
	FAILURE_LIMIT,     /* a named cap was reached */
	FAILURE_STORE,     /* Redis or the spool cannot be used just now */
	FAILURE_FENCED,    /* another node owns this shard now */
	FAILURE_FILE,      /* a file is missing, unreadable, malformed */
	FAILURE_CONFIG,    /* the configuration is wrong */
	FAILURE_RESOURCE,  /* memory, descriptors */
	FAILURE_DATA,      /* stored data that cannot be understood */
};

struct failure {
	enum failure_kind kind;
	char text[248]; /* one line, no trailing stop, printable */
};

/*
 * Records the failure and returns false, so that `return fail(...)` reads.
 * Control bytes in the text are replaced by '?'; too long a text is cut.
 */
bool fail(enum failure_kind kind, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
/* The same with ": strerror(error_number)" behind. */
bool fail_errno(enum failure_kind kind, int error_number, const char *format, ...)
		__attribute__((format(printf, 3, 4)));
/* Puts CONTEXT and ": " before the current failure's text; returns false. */
bool fail_in(const char *context);
/* Makes a saved failure the current one again; returns false. */
bool fail_again(const struct failure *failure);

/* The current fiber's last failure; kind NONE when there was none. */
const struct failure *failure_last(void);
enum failure_kind failure_kind_last(void);
const char *failure_kind_name(enum failure_kind kind);
void failure_clear(void);

/* Used by the run layer at each switch: where failures are recorded from now
 * on. NULL: the thread's own record. */
void failure_use_slot(struct failure *slot);

#endif
