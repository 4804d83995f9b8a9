/*
 * What the queue holds: a message (one body, one sender) and its entries, one
 * for each destination domain, each with the recipients there.
 *
 * In memory a message is shared by its entries through a count of holders;
 * everything in it is immutable once committed, but the body, which may be let
 * go to save memory and is then read back from its store. An entry belongs to
 * whoever it was handed to until it is settled. All of one worker: no locks.
 */
#ifndef RINGPOST_QUEUE_MESSAGE_H
#define RINGPOST_QUEUE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/slice.h"
#include "queue/envelope.h"
#include "queue/message_id.h"

struct body;
struct timing_steps;

struct message {
	struct arena arena;
	size_t holders;
	struct envelope envelope;
	struct body *body;
	unsigned entry_count;   /* entries at commit */
	enum { TRACED_UNKNOWN, TRACED_NOT, TRACED } traced; /* see traced.h */
	struct timing_steps *steps; /* of its way in, where it is traced; or NULL */
};

/* Why an entry waits, for `why` and lists. */
struct attempt_note {
	int64_t at_ms;
	struct slice host;   /* "mx1.example.com[192.0.2.1]:25", or empty */
	struct slice answer; /* "451 4.7.1 try later", or our own words; ≤ 300 bytes */
};

#define ENTRY_NOTES_MAX	   8 /* the newest are kept */
#define ATTEMPT_HOST_MAX   255
#define ATTEMPT_ANSWER_MAX 300
#define ENTRY_INDEX_MAX	   9999
#define DOMAIN_SIZE_MAX	   255
#define ROUTE_SIZE_MAX	   255

/* The queue's own marks on an entry in memory. */
struct entry_marks {
	size_t memory;           /* counted against the worker's budget */
	unsigned char settle;    /* how it leaves memory */
	unsigned char action;    /* somebody's wish, done at settlement */
	bool by_sender;          /* … and whose */
	bool known;              /* stands among its shard's active entries */
	bool rebound;            /* by an operator: to be written as it is now */
	bool lost;               /* its shard is another's now: nothing is written */
	bool direct;             /* goes to the taker when committed */
};

struct entry {
	struct link link;        /* for its present owner */
	struct message *message; /* held */
	struct arena arena;      /* of what is below */
	unsigned index;          /* 0 … entry_count-1 */
	unsigned shard;
	struct slice domain;     /* lower case, A-labels; the destination */
	struct recipient *recipients; /* those still to deliver */
	size_t recipient_count;
	unsigned attempts;
	/* An operator's wish (rebind): a route's domain or host instead of the
	 * one that would hold, a pool of sources instead of the message's. */
	struct slice route, pool;
	int64_t due_ms;          /* at commit: not before this; 0: now */
	struct attempt_note notes[ENTRY_NOTES_MAX];
	size_t note_count;
	void *place;             /* the relay's own */
	struct entry_marks marks;
};

/* A new message with one holder and an empty arena. */
struct message *message_create(void);
struct message *message_hold(struct message *message);
/* The last holder frees it and its body. Clears *message. */
void message_release(struct message **message);

/* An entry of MESSAGE (holds it). The lists are copied into its arena. */
struct entry *entry_create(struct message *message, unsigned index, struct slice domain,
		const struct recipient *recipients, size_t count);
void entry_destroy(struct entry **entry);
void entry_add_note(struct entry *entry, const struct attempt_note *note);
/* The flow it waits in; in TEXT unless it is empty. */
struct slice entry_flow(const struct entry *entry, char text[FLOW_SIZE_MAX + 1]);
/* "id" for index 0, "id.3" for 3: the entry's key and its name in logs. */
struct slice entry_key(const struct entry *entry, char text[32]);
bool entry_key_parse(struct slice key, struct message_id *id_r, unsigned *index_r);

#endif
