/*
 * The inside of the suppression list: between the files suppression*.c.
 */
#ifndef RINGPOST_FEEDBACK_SUPPRESSION_CORE_H
#define RINGPOST_FEEDBACK_SUPPRESSION_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/siphash.h"
#include "feedback/leaving_enter.h"
#include "feedback/suppression.h"
#include "feedback/suppression_call.h"
#include "feedback/suppression_key.h"
#include "feedback/suppression_table.h"
#include "run/worker.h"

#define SUPPRESSION_BATCH_MAX 1000  /* entries in a call */
#define SUPPRESSION_NOTES_MAX 20000 /* that wait to be written */
#define SUPPRESSION_SOFT_MAX  "1000000"

/* The id of a change: later ones are greater. */
struct suppression_id {
	uint64_t ms, sequence;
};

struct suppression {
	struct siphash_key key;
	struct suppression_table *table;
	_Atomic bool loaded;
	_Atomic uint64_t most;

	/* What was changed is put into the table in one order. */
	pthread_mutex_t order;
	struct suppression_id followed;
	struct suppression_table *fresh; /* while the list is read anew, else NULL */

	/* Of the worker that follows. */
	struct redis *redis;
	struct condition wake;
	struct letter letter;
	struct worker *_Atomic worker;
	_Atomic bool posted; /* the letter, and it has not come yet */
	bool alone, hurried, stopping, following, lost, troubled;
	unsigned part; /* looked through next for what is over */
	char cursor[24], soft_cursor[24];
	int64_t swept_us;

	pthread_mutex_t notes_lock;
	struct list notes;
	size_t note_count;
	uint64_t notes_lost;
	_Atomic int64_t told_full_us;

	/* leaving_enter.c: who asked to leave, by which way; and was not heard. */
	_Atomic uint64_t left[LEAVING_WAYS], left_wrong[LEAVING_WAYS];
};

/* What the configuration makes of a report. Slices of the report; of a note,
 * of its own memory. */
struct suppression_wish {
	struct suppression_entry entry;
	struct slice message;
	uint64_t soft_count; /* 0: it enters at once */
	int64_t soft_within_ms;
};

uint64_t suppression_hash(const struct suppression *suppression, struct slice field);
/* What Redis says of FIELD: VALUE, empty: it is gone. ID: of the change. */
void suppression_apply(struct suppression *suppression, struct suppression_id id,
	struct slice field, struct slice value);
bool suppression_id_parse(struct slice text, struct suppression_id *id_r);
bool suppression_id_is_after(struct suppression_id a, struct suppression_id b);

/* suppression_store.c: writes them, and tells of those that entered. */
struct suppression_batch {
	const struct suppression_wish *wishes;
	size_t count;	/* at most SUPPRESSION_BATCH_MAX */
	const char *by; /* who is told to have done it; NULL: nothing is told */
	size_t added;	/* out: that many more are new or other */
	bool full;	/* out: one had no room */
};
bool suppression_write(struct suppression *suppression, struct redis *redis,
	struct suppression_batch *batch, struct deadline deadline);
/* One that counts before it enters. */
bool suppression_write_soft(struct suppression *suppression, struct redis *redis,
	const struct suppression_wish *wish, bool *entered_r, struct deadline deadline);
/* Takes those of FIELDS out whose time is over, and tells of them. */
bool suppression_write_over(struct redis *redis, size_t count,
	const struct slice *fields, struct deadline deadline);

/* suppression_report.c: false: nothing follows. WORDS: room for what it is made of. */
struct suppression_words {
	char detail[SUPPRESSION_DETAIL_MAX]; /* cleaned */
	char whose[SUPPRESSION_WHOSE_MAX];
};
bool suppression_make_wish(const struct config_suppression *config,
	const struct suppression_report *report, struct suppression_words *words,
	struct suppression_wish *wish);
void suppression_tell_left_list(const struct suppression_report *report);

/* suppression_note.c: writes what was noted; false: some is left. */
bool suppression_write_notes(
	struct suppression *suppression, struct redis *redis, struct deadline deadline);
void suppression_forget_notes(struct suppression *suppression);
/* From any worker: there is something to write. */
void suppression_hurry(struct suppression *suppression);

/* suppression_sweep.c: a little of the list in Redis is looked through. */
bool suppression_sweep(struct suppression *suppression, struct deadline deadline);

/* suppression_event.c. BY: "report", "operator", "time". */
void suppression_tell_entered(
	const struct suppression_wish *wish, struct slice address, const char *by);
void suppression_tell_left(struct slice field, const char *by);
/* Once in a while. */
void suppression_tell_full(struct suppression *suppression);

#endif
