/*
 * What happened to a message, as far as that is still known: from the stream of
 * events, the file of events with those it was rotated to, or the log, whichever goes
 * back to its beginning.
 */
#ifndef RINGPOST_ADMIN_MESSAGE_HISTORY_H
#define RINGPOST_ADMIN_MESSAGE_HISTORY_H

#include "events/cursor.h"
#include "queue/message_id.h"

#include "admin/call.h"

#define HISTORY_MAX	1000 /* events at a time */
#define HISTORY_LOOK_MS 5000 /* in one of them, at a time */

struct history {
	struct value *events; /* as docs/APPLICATION_EVENTS.md has them, in order */
	const char *source;   /* "stream", "file", "log"; NULL: nobody keeps any */
	bool whole;	      /* from its beginning on, or from the cursor */
	bool more;	      /* there may be: ask again from NEXT */
	char next[CURSOR_SIZE];
	/* What was looked through: [{"source":…,"complete":…,"missing":…}, …]. */
	struct value *searched;
};

struct history_question {
	struct message_id id;
	struct slice tenant; /* empty: whoever's it is */
	struct slice cursor; /* of an earlier answer; empty: from the beginning */
	size_t limit;	     /* at most HISTORY_MAX */
};

/*
 * False with a failure; that a source cannot be read is none, but when CURSOR is
 * one of it. Finish it either way.
 */
bool history_read(struct admin_call *call, const struct history_question *question,
	struct history *history_r, struct deadline deadline);
void history_finish(struct history *history);
/* Whether any of where it may be known from could not be read just now, or not all of
 * it. */
struct history_gap {
	bool unreadable, rest;
};
struct history_gap history_gap(const struct history *history);

/*
 * message_files.c: from PATH, HISTORY's source, and the full ones beside it, on the
 * pool. False with a failure; FACTS is told what was looked through.
 */
bool history_read_files(struct admin_call *call,
	const struct history_question *question, const char *path,
	struct history *history, struct value *facts, struct deadline deadline);

/* history_line.c: a line of the log as an event for applications; NULL: it is none, or
 * not about the message ID. */
struct value *history_of_log(struct slice line, struct slice id);
/* Whether an event is the first of a message. */
bool history_is_first(const struct value *event);
/* Notes in FACTS why a source is not all there is: "older", "rest", … */
void history_note_missing(struct value *facts, const char *why);

#endif
