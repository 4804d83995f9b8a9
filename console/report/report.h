/* Answers of the server as text for an 80 column terminal. */
#ifndef RINGPOST_REPORT_REPORT_H
#define RINGPOST_REPORT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#include "report/value.h"

/* status.c: the answer to "status". */
void report_status(const struct value *status, int64_t now_ms, struct buffer *into);

/* reaction.c: one of the "reactions" of "status" or "site". */
void report_reaction(const struct value *reaction, int64_t now_ms, struct buffer *into);

/* entry.c: LIST has entries (of "queue list"); a table. */
void report_entries(
	const struct value *list, int64_t now_ms, size_t width, struct buffer *into);
/* message.c: LIST has messages (of "message list"); a table. */
void report_messages(
	const struct value *list, int64_t now_ms, size_t width, struct buffer *into);
/* One (of "message show"), in full. */
void report_message(
	const struct value *message, int64_t now_ms, size_t width, struct buffer *into);
/* searched.c: "searched" of that: where its events were looked for; what is missing. */
void report_searched(const struct value *searched, struct buffer *into);
/* message.c: an event for applications, in a line. */
void report_event(const struct value *event, struct buffer *into);

/* One entry (of "queue show"), in full. */
void report_entry(const struct value *entry, int64_t now_ms, struct buffer *into);
/* The same for someone who wonders, in sentences. */
void report_why(const struct value *entry, int64_t now_ms, struct buffer *into);

#endif
