/*
 * What the sessions and the watches of a worker share.
 */
#ifndef RINGPOST_TRANSCRIPT_WATCH_CORE_H
#define RINGPOST_TRANSCRIPT_WATCH_CORE_H

#include "base/list.h"
#include "transcript/watch.h"

/* A line that is kept until something is known of its session. */
struct transcript_kept {
	struct link link;
	int64_t at_ms;
	uint64_t message;
	enum transcript_voice voice;
	size_t size;
	char text[];
};

/* A message of a session. */
struct transcript_letter {
	struct link link;
	uint64_t number;
	uint32_t watched; /* by whom: a bit for each watch */
	size_t kept, left_out;
};

struct transcript {
	struct link link;
	uint64_t number, messages;
	bool incoming;
	char *label;
	struct list facts;   /* of the session */
	struct list letters; /* messages under way, oldest first */
	struct list kept;
	size_t letter_count, kept_bytes, kept_of_session, left_out;
	uint32_t whole; /* watched with all its messages */
	uint32_t shown; /* … or some, so what is of no message is, too */
};

struct transcript_watch {
	uint32_t bit;
	char name[TRANSCRIPT_NAME_MAX + 1];
	struct transcript_wish wish; /* but its name */
	struct list lines;
	size_t bytes;
	uint64_t lost;
	int64_t asked_us;
};

/* transcript.c: WATCH is new, or goes: nothing of it is left in any session. */
void transcript_consider(const struct transcript_watch *watch);
void transcript_forget(const struct transcript_watch *watch);
/* When the worker ends: sessions that are still open have nothing kept. */
void transcript_forget_all(void);

/* watch.c: a line for those whose bits are in WATCHED. */
void watch_give(uint32_t watched, const struct transcript *from,
	const struct transcript_kept *line);
/* Those that are not asked for end. Now and then. */
void watch_sweep(void);
/* Bits of those who want what VALUE says of a session in this direction. */
uint32_t watch_match(bool incoming, enum transcript_fact fact, struct slice value);
/* All there are. */
uint32_t watch_all(void);

#endif
