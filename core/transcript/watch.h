/*
 * Watches: what somebody wants to see of the sessions of this worker, and the lines
 * gathered for him until he takes them. One that is not asked for 15 seconds ends.
 */
#ifndef RINGPOST_TRANSCRIPT_WATCH_H
#define RINGPOST_TRANSCRIPT_WATCH_H

#include "base/config_network.h"
#include "transcript/transcript.h"

#define TRANSCRIPT_WATCHES_MAX 16
#define TRANSCRIPT_NAME_MAX    32  /* of a watch */
#define TRANSCRIPT_TARGET_MAX  512 /* of what it asks for */

/*
 * "ann@example.com": messages from or to her, or her sessions. "192.0.2.0/24": sessions
 * with these. Any other word: messages to that domain or with that id, sessions with
 * that host or site or of that account.
 */
struct transcript_target {
	enum { TARGET_ADDRESS, TARGET_NETWORK, TARGET_NAME } kind;
	char text[TRANSCRIPT_TARGET_MAX];
	struct config_network network;
};
/* False with FAILURE_DATA. */
bool transcript_target_parse(struct slice text, struct transcript_target *target_r);
bool transcript_target_is(const struct transcript_target *target,
	enum transcript_fact fact, struct slice value);

struct transcript_line {
	int64_t at_ms;	  /* since 1970 */
	uint64_t session; /* a number of this worker's */
	uint64_t message; /* of the session; 0: none */
	bool incoming;
	enum transcript_voice voice;
	struct slice label, text; /* valid during the visit */
};

struct transcript_watch;

struct transcript_wish {
	struct slice name;	 /* the watch's own */
	bool incoming, outgoing; /* sessions */
	struct transcript_target target;
};

/* The watch of that name, begun if there is none. NULL with FAILURE_LIMIT: there are
 * too many. */
struct transcript_watch *transcript_watch_hold(const struct transcript_wish *wish);
/* Its lines so far, oldest first, at most LINES; returns how many were lost for want
 * of room since the last time. */
uint64_t transcript_watch_take(struct transcript_watch *watch, size_t lines,
	void (*visit)(void *context, const struct transcript_line *line),
	void *context);
/* Ends the one of that name, if there is one. */
void transcript_watch_end(struct slice name);
/* When the worker ends. */
void transcript_stop(void);

#endif
