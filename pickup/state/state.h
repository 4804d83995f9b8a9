/*
 * A mailbox's messages at one moment: immutable, shared by all who look at it.
 *
 * Records stand in chunks, ordered by UID. A change makes a new state that shares
 * every chunk it did not touch; so what two states differ in is found by comparing
 * pointers first, and a thousand sessions that look at a mailbox of a million
 * messages share their records. Pure but for reference counts, which are atomic.
 */
#ifndef RINGPOST_STATE_STATE_H
#define RINGPOST_STATE_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_flags {
	MESSAGE_SEEN = 1,
	MESSAGE_ANSWERED = 2,
	MESSAGE_FLAGGED = 4,
	MESSAGE_DELETED = 8,
	MESSAGE_DRAFT = 16,
	MESSAGE_FLAGS = 31,
	MESSAGE_GHOST = 128, /* expunged, and not told of yet (state_keep) */
};

struct record {
	uint64_t modseq;
	uint64_t file; /* which of the account's */
	int64_t internal_ms, saved_ms;
	uint32_t uid;
	uint32_t size;
	uint32_t keywords; /* a set of the mailbox's keywords; 0: none */
	uint8_t flags;
};

#define CHUNK_RECORDS 128

struct chunk {
	_Atomic unsigned holders;
	uint32_t count; /* at least 1 */
	uint32_t room;	/* at most CHUNK_RECORDS */
	struct record at[];
};

struct chunk_place {
	struct chunk *chunk; /* held */
	uint32_t before;     /* records in front of it */
};

struct state {
	_Atomic unsigned holders;
	uint32_t count;
	uint32_t uidnext;
	uint64_t highest_modseq;
	uint64_t size; /* bytes of all */
	uint32_t unseen, deleted;
	size_t chunk_count;
	struct chunk_place at[];
};

struct state *state_create(uint32_t uidnext, uint64_t highest_modseq);
struct state *state_hold(struct state *state);
void state_release(struct state **state);

/* SEQ is 1 … count. */
const struct record *state_at(const struct state *state, uint32_t seq);
/* The sequence number of UID; 0: it is not there. */
uint32_t state_find(const struct state *state, uint32_t uid);
/* … of the first whose UID is not below; count + 1: there is none. */
uint32_t state_from(const struct state *state, uint32_t uid);

/* --- Changing (state_edit.c): one after the other, then a new state --- */

struct state_edit;
struct state_edit *state_edit_begin(struct state *state);
/* Its UID is above all others; uidnext follows. */
void state_edit_append(struct state_edit *edit, const struct record *record);
/* Anywhere. */
void state_edit_insert(struct state_edit *edit, const struct record *record);
/* To be changed but for its UID, until the next call; NULL: it is not there. */
struct record *state_edit_record(struct state_edit *edit, uint32_t uid);
/* False: it is not there. */
bool state_edit_remove(struct state_edit *edit, uint32_t uid);
/* The new state, held; the edit ends. */
struct state *state_edit_finish(
	struct state_edit **edit, uint32_t uidnext, uint64_t highest_modseq);
void state_edit_cancel(struct state_edit **edit);

/* --- Comparing (state_diff.c) --- */

/* What is different, in order of UID. */
struct state_diff {
	/* Was there; SEQ in the old one. */
	void (*gone)(void *context, uint32_t seq, const struct record *record);
	/* Its modseq changed; SEQ in the new one. */
	void (*changed)(void *context, uint32_t seq, const struct record *record);
	void *context;
};
/* Those that came are the new one's from its end; they are not told one by one. */
void state_compare(const struct state *old, const struct state *new,
	const struct state_diff *diff);
/* NEW with what is gone of OLD kept, as ghosts: for whom it is too early to hear of
 * it. Held. */
struct state *state_keep(struct state *old, struct state *new);

#endif
