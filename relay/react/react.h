/*
 * What is done to one scope (a site, provider, domain, source or tenant) since a
 * receiver complained: nothing is sent for a while, or less; then a little more
 * at a time, until it is as configured. Pure: time is an argument, milliseconds
 * since 1970, so that it means the same after a restart.
 */
#ifndef RINGPOST_REACT_REACT_H
#define RINGPOST_REACT_REACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "limits/limit_terms.h"
#include "shaping/reaction.h"

#define REACT_COUNTS_MAX 8   /* rules that count, of a scope at a time */
#define REACT_NAME_MAX	 64  /* bytes of a rule's name */
#define REACT_PLACE_MAX	 120 /* … of where it stands */
#define REACT_REPLY_MAX	 200 /* … of what was heard */

/* What may be lowered: connections, messages a connection, messages a period. */
enum react_kind {
	REACT_CONNECTIONS,
	REACT_PER_CONNECTION,
	REACT_MESSAGES, /* and those of longer periods behind it */
	REACT_KINDS = REACT_MESSAGES + PERIODS
};

struct react_lowering {
	uint64_t to; /* 0: as configured */
	int64_t from_ms, next_ms;
	uint64_t steps; /* up, so far */
	struct reaction_recovery recover;
};

struct react_count {
	uint64_t rule, times;
	int64_t first_ms;
};

/* Zeroed memory: all is as configured. */
struct react {
	int64_t suspended_ms, until_ms; /* since, until; 0: not */
	struct reaction_recovery after; /* the suspension */
	struct react_lowering lowered[REACT_KINDS];
	struct react_count counts[REACT_COUNTS_MAX];
	/* The last that changed anything, for people. */
	char name[REACT_NAME_MAX], place[REACT_PLACE_MAX], reply[REACT_REPLY_MAX];
	int64_t heard_ms;
};

enum react_answer {
	REACT_COUNTED, /* not often enough yet */
	REACT_KNOWN,   /* it is about what was sent before */
	REACT_LONGER,  /* what is in force, from now on anew */
	REACT_BEGUN,
};

/* A message begun at BEGAN_MS was answered so that REACTION holds; PLACE is where
 * that stands, REPLY what was said. */
enum react_answer react_hear(struct react *react, const struct reaction *reaction,
	struct slice place, struct slice reply, int64_t began_ms, int64_t now_ms);
/* Takes the steps that are due, toward what is CONFIGURED (with PER_CONNECTION
 * messages on each connection). True: something changed. */
bool react_advance(struct react *react, const struct limit_terms *configured,
	uint64_t per_connection, int64_t now_ms);
/* When something changes by itself; 0: never. */
int64_t react_next_ms(const struct react *react);
/* All is as configured. */
bool react_is_over(const struct react *react);
/* What is lowered (0: not). */
struct limit_terms react_terms(const struct react *react);
/* "suspended; 1 connection, 5 messages a minute". */
void react_say(const struct react *react, struct buffer *text);

/* TEXT into INTO of SIZE, what fits of it, with a NUL behind it. */
void react_copy_text(char *into, size_t size, struct slice text);

/* react_pack.c: as text, for Redis. False: it is none of ours. */
void react_pack(const struct react *react, struct buffer *text);
bool react_unpack(struct slice text, struct react *react_r);

#endif
