/*
 * Transcripts: what SMTP sessions say, both ways, for those who watch.
 *
 * A session's lines are kept, within bounds, until something becomes known of it
 * or of one of its messages that a watch (watch.h) asks for; then that watch gets
 * them, and all that follow. Nothing of a message's content goes in here, and
 * secrets only as sizes: that is for the callers to see to (blank.h).
 *
 * While nobody watches, a line costs one look at transcript_wanted(). All of it
 * belongs to one worker; nothing here suspends.
 */
#ifndef RINGPOST_TRANSCRIPT_TRANSCRIPT_H
#define RINGPOST_TRANSCRIPT_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct transcript; /* of one session */

/* How many watch in this worker. */
extern _Thread_local unsigned transcript_watches;

static inline bool transcript_wanted(void)
{
	return transcript_watches != 0;
}

enum transcript_voice {
	TRANSCRIPT_NOTE, /* nobody said it: it happened */
	TRANSCRIPT_OURS,
	TRANSCRIPT_THEIRS,
};

/* What may become known, and what of it is compared. */
enum transcript_fact {
	TRANSCRIPT_PEER,      /* the other side's address, 16 bytes, IPv4 mapped */
	TRANSCRIPT_HOST,      /* its name */
	TRANSCRIPT_SITE,      /* the relay's name for it, "a,b;c": all, or one host */
	TRANSCRIPT_ACCOUNT,   /* who has logged in */
	TRANSCRIPT_WAITING,   /* a domain whose mail waits for the connection */
	TRANSCRIPT_SENDER,    /* an address */
	TRANSCRIPT_RECIPIENT, /* an address, and its domain */
	TRANSCRIPT_DOMAIN,    /* a sender's that counts as a recipient's does */
	TRANSCRIPT_ID,	      /* a message's */
};

/* A session begins, or is first heard of: LABEL says in words whom it is with.
 * NULL: there are too many already. */
struct transcript *transcript_open(bool incoming, struct slice label);
/* NULL is fine. Clears *transcript. */
void transcript_close(struct transcript **transcript);

/* A message begins: the number its lines have, from 1; and ends. What belongs to no
 * message has number 0, and so has what is told of the session. */
uint64_t transcript_message(struct transcript *transcript);
void transcript_message_end(struct transcript *transcript, uint64_t message);

void transcript_know(struct transcript *transcript, uint64_t message,
	enum transcript_fact fact, struct slice value);

/* One or more lines, ends of lines left out, cleaned, long ones cut. */
void transcript_say(struct transcript *transcript, uint64_t message,
	enum transcript_voice voice, struct slice text);
void transcript_say_format(struct transcript *transcript, uint64_t message,
	enum transcript_voice voice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
