/*
 * The inside of reading reports: a message taken apart, and the readers of its
 * parts. For report*.c.
 */
#ifndef RINGPOST_MAIL_REPORT_CORE_H
#define RINGPOST_MAIL_REPORT_CORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/header.h"
#include "mail/report_read.h"

#define REPORT_PARTS_MAX  50	/* of a message; those behind are not read */
#define REPORT_FIELDS_MAX 1000	/* of a header */
#define REPORT_PROSE_MAX  32768 /* of the text for people */
#define REPORT_STATUS_MAX 262144
#define REPORT_HEADER_MAX 65536 /* of the original's header */

/* A message and its parts, out of their encodings; empty: not there. */
struct report_parts {
	struct header header;
	bool is_report;	       /* multipart/report */
	bool receipt;	       /* it has a message/disposition-notification */
	struct slice text;     /* for people, in UTF-8 */
	struct slice status;   /* message/delivery-status */
	struct slice feedback; /* message/feedback-report */
	struct slice original; /* header of the message that was returned */
};
void report_parts_find(
	struct arena *arena, struct slice message, struct report_parts *parts_r);

/* A report while it is read. */
struct report_draft {
	struct arena *arena;
	struct report *report;
	struct report_recipient *recipients;
	struct slice *addresses; /* each once, without regard to case */
};
/* A new recipient, zeroed, or NULL at the cap, where it is counted. */
struct report_recipient *report_add_recipient(struct report_draft *draft);
/* TEXT if it is a mailbox and not there yet; cut off at the cap. */
void report_add_address(struct report_draft *draft, struct slice text);

/* Each reads its part into the draft. */
void report_read_status(struct report_draft *draft, struct slice status);
void report_read_feedback(struct report_draft *draft, struct slice feedback);
void report_read_original(struct report_draft *draft, struct slice header);
/* False: this is no bounce. */
bool report_read_words(struct report_draft *draft, const struct report_parts *parts);
/* What the text for people says of recipients that nothing else is known of. */
void report_read_prose(struct report_draft *draft, const struct report_parts *parts);
/* By a machine, says its header (RFC 3834), or its subject. */
bool report_is_answer(struct arena *arena, const struct header *header);
/* It says it comes from a mail system, not from a person. */
bool report_is_from_daemon(const struct header *header);

#endif
