/*
 * What happened to a message, as far as that is still known: from the stream of
 * events, the file of events, or the log, whichever goes back to its beginning.
 */
#ifndef RINGPOST_ADMIN_MESSAGE_HISTORY_H
#define RINGPOST_ADMIN_MESSAGE_HISTORY_H

#include "events/cursor.h"
#include "queue/message_id.h"

#include "admin/call.h"

#define HISTORY_MAX 1000 /* events at a time */

struct history {
	struct value *events; /* as docs/APPLICATION_EVENTS.md has them, in order */
	const char *source;   /* "stream", "file", "log"; NULL: nobody keeps any */
	bool whole;	      /* from its beginning on, or from the cursor */
	bool more;	      /* there may be: ask again from NEXT */
	char next[CURSOR_SIZE];
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

/* history_line.c: a line of the log as an event for applications; NULL: it is none, or
 * not about the message ID. */
struct value *history_of_log(struct slice line, struct slice id);

#endif
