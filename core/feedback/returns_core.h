/*
 * The inside of what comes back: a report while it is dealt with. For
 * returns*.c.
 */
#ifndef RINGPOST_FEEDBACK_RETURNS_CORE_H
#define RINGPOST_FEEDBACK_RETURNS_CORE_H

#include "base/arena.h"
#include "feedback/category.h"
#include "feedback/returns.h"
#include "feedback/verp.h"

/* Of a message, what is kept; and messages that something is kept of. */
#define RETURNS_OF_MESSAGE_MAX 100
#define RETURNS_MESSAGES_MAX   100000

struct returns {
	struct returns_options options;
	uint64_t counts[RETURNS_OUTCOMES];
};

/* A report, and the message it is tied to. */
struct returns_case {
	struct returns *returns;
	const struct returns_arrival *arrival;
	struct arena arena;
	struct report report;
	const char *trouble; /* why it is not tied; static, NULL: it is */
	struct verp_token token;
	struct slice tenant;	/* by name; empty: of none */
	struct slice recipient; /* whom the token was made for, as far as he was
				   found; empty: not, or it is of several */
};

/* What it says about one recipient. */
struct returns_item {
	enum returns_outcome outcome;
	const struct report_recipient *said; /* or NULL: only that */
	struct slice address;		     /* empty: not known */
	bool sure;			     /* the token was made for the address */
	enum category category;
	bool suppressed;
};

/* Ties the report, or says in `trouble` why not. False with FAILURE_STORE: it
 * cannot be told now. */
bool returns_tie(struct returns_case *self);
/* How many recipients there are to tell about, and each of them. */
size_t returns_item_count(const struct returns_case *self);
void returns_item_of(
	const struct returns_case *self, size_t index, struct returns_item *item_r);

/* Keeps ITEM for `why`. *new_r: it was not known so far. */
bool returns_keep(const struct returns_case *self, const struct returns_item *item,
	bool *new_r, struct deadline deadline);
/* Its fields as a JSON object. */
void returns_print(const struct returns_case *self, const struct returns_item *item,
	struct buffer *into);
/* Its event. */
void returns_tell(const struct returns_case *self, const struct returns_item *item);
/* The event of a report that was not tied, and of what is none. */
void returns_tell_unknown(const struct returns_case *self);
void returns_tell_ignored(const struct returns_case *self);

#endif
