/*
 * What is counted while it runs: one tally for each worker, its only writer,
 * which others may read at any time; added up for reports.
 */
#ifndef RINGPOST_BENCH_TALLY_H
#define RINGPOST_BENCH_TALLY_H

#include <stdint.h>

#include "base/histogram.h"
#include "base/map.h"
#include "mail/reply.h"

enum tally_number {
	TALLY_DONE,	   /* messages acked (source), taken (sink) */
	TALLY_REFUSED,	   /* messages refused */
	TALLY_UNKNOWN,	   /* source: content sent, no reply read */
	TALLY_AGAIN,	   /* source: sent again; sink: notifications taken */
	TALLY_RECIPIENTS,  /* accepted, of messages done */
	TALLY_BYTES,	   /* content of messages done */
	TALLY_ITEMS,	   /* client: messages stored, read or told of */
	TALLY_CONNECTIONS, /* opened */
	TALLY_OPEN,	   /* open now */
	TALLY_BUSY,	   /* sink: seconds in which a connection brought a message */
	TALLY_BROKEN,	   /* connections that failed or broke */
	TALLY_RESUMED,	   /* TLS handshakes that took up a former session */
	TALLY_ENTERS,	   /* of the ring, at the worker's end; so all below */
	TALLY_SENDS,
	TALLY_RECEIVES,
	TALLY_NUMBERS,
};

enum tally_time {      /* microseconds */
	TALLY_MESSAGE, /* the whole message */
	TALLY_CONNECT, /* TCP */
	TALLY_TLS,     /* handshake */
	TALLY_AUTH,
	TALLY_OPENING, /* from connect to ready */
	TALLY_TIMES,
};

/* Different texts kept; what comes after is counted together. */
#define TALLY_TEXTS_MAX 500

struct tally {
	uint64_t numbers[TALLY_NUMBERS];
	uint64_t first_us, last_us; /* of messages done; 0: none */
	struct histogram times[TALLY_TIMES];
	struct map texts; /* of replies and failures → struct tally_text */
};

struct tally_text {
	uint64_t count;
	char text[];
};

struct tally *tally_create(void);
void tally_destroy(struct tally **tally);

void tally_count(struct tally *tally, enum tally_number number, int64_t by);
uint64_t tally_get(const struct tally *tally, enum tally_number number);
void tally_time(struct tally *tally, enum tally_time time, int64_t us);
/* A message was done that began at BEGAN_US; notes first and last. */
void tally_message(struct tally *tally, int64_t began_us, int64_t now_us);
/*
 * Counts a refusal at a stage: "rcpt: 450 4.7.1 greylisted". What differs from
 * message to message (numbers, <addresses>) is taken out of the text.
 */
void tally_reply(struct tally *tally, const char *stage, const struct reply *reply);
void tally_text(struct tally *tally, const char *stage, const char *text);

/* On the tally's worker, at its end: what its ring did. */
void tally_ring(struct tally *tally);
/* Adds all of FROM; FROM's worker must have ended for its texts to be read. */
void tally_add(struct tally *to, const struct tally *from);

#endif
