/*
 * Events: what the operator reads. One JSON object a line, built in place,
 * written by whoever owns the log (event_set_writer); never waits.
 *
 *	struct event event;
 *	event_begin(&event, EVENT_INFO, "delivered");
 *	event_text(&event, "id", id);
 *	event_number(&event, "size", size);
 *	event_end(&event);
 *
 * gives {"at":"2026-…Z","level":"info","event":"delivered","id":"…","size":1}.
 * Strings are escaped by the one encoder here; bytes that are not UTF-8 become
 * U+FFFD. A line is capped at EVENT_BYTES_MAX, the field that does not fit is
 * cut or left out and "cut":true added.
 */
#ifndef RINGPOST_BASE_EVENT_H
#define RINGPOST_BASE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define EVENT_BYTES_MAX 8192

enum event_level { EVENT_DEBUG, EVENT_INFO, EVENT_WARNING, EVENT_ERROR };

struct event {
	bool wanted; /* below the threshold nothing is built */
	bool cut;
	size_t start; /* where the line begins in this thread's pending text */
};

/*
 * Begins a line in this thread's pending text. Between begin and end there is
 * no suspension and no second event.
 */
void event_begin(struct event *event, enum event_level level, const char *name);
void event_text(struct event *event, const char *field, struct slice value);
void event_number(struct event *event, const char *field, int64_t value);
void event_truth(struct event *event, const char *field, bool value);
/* Seconds with three decimals, from microseconds. */
void event_seconds(struct event *event, const char *field, int64_t us);
/* A field whose value is an array of strings, or JSON built elsewhere. */
void event_texts(struct event *event, const char *field, const struct slice *values,
		size_t count);
void event_raw(struct event *event, const char *field, struct slice json);
void event_end(struct event *event);

/* A line with one field "message", formatted; cut at 511 bytes. */
void event_note(enum event_level level, const char *name, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/* Lines below LEVEL are not built. Default: EVENT_INFO. */
void event_set_level(enum event_level level);

/*
 * This thread's pending lines. Without a flusher of its own (event_defer),
 * every event_end writes them to the log descriptor at once.
 * event_defer(true): lines collect until the thread takes them with
 * event_pending and event_forget; beyond 4 MiB new lines are counted and
 * dropped, and the next line says how many ("dropped"). The slice is valid
 * until this thread's next event_begin: copy it before suspending. What the
 * descriptor does not take at once stays pending. event_defer(false) and the
 * end of a thread write what is pending.
 */
void event_defer(bool deferred);
struct slice event_pending(void);
void event_forget(size_t size);
/* Lines dropped by all threads of the process since its start. */
uint64_t event_dropped(void);

/* The descriptor lines go to (default 2). */
void event_set_descriptor(int fd);
int event_descriptor(void);

/* Appends VALUE as a quoted JSON string to a buffer (the same encoder). */
struct buffer;
bool event_quote(struct buffer *buffer, struct slice value);

#endif
