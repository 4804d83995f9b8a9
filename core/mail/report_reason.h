/* What a bounce for people says of one recipient, found in the text about him. For
 * report*.c. */
#ifndef RINGPOST_MAIL_REPORT_REASON_H
#define RINGPOST_MAIL_REPORT_REASON_H

#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/report_read.h"

#define REPORT_SEGMENT_MAX 8192 /* of text about one recipient that is looked at */

/* Sets code, status and words: of a reply in SEGMENT, else of its first words. A
 * status that is known already stays, unless it is vague (x.0.0). */
void report_describe(
	struct arena *arena, struct report_recipient *recipient, struct slice segment);
/* Bytes of TEXT up to the first blank line. */
size_t report_paragraph_size(struct slice text);

#endif
