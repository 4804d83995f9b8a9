/*
 * What mail systems write to people, in lower case (of ASCII) and UTF-8, to be
 * looked for in text of that form. For report_words.c.
 */
#ifndef RINGPOST_MAIL_REPORT_PHRASES_H
#define RINGPOST_MAIL_REPORT_PHRASES_H

#include <stdbool.h>

#include "base/slice.h"

/* Who writes like that: a phrase that nothing but a bounce has. Static; NULL:
 * nobody known. */
const char *report_style_of(struct slice lower);

/* Each ends with NULL. */
extern const char *const report_failures[]; /* of a text or subject */
extern const char *const report_subjects[]; /* of a subject */
extern const char *const report_delays[];   /* it is tried further */
extern const char *const report_daemons[];  /* of From */
extern const char *const report_answers[];  /* of a subject */
extern const char *const report_copies[];   /* begin a line, and the original follows */
extern const char *const report_labels[];   /* may stand before a recipient */
extern const char *const report_senders[];  /* begin a line that names another */

/* Whether LOWER holds one of LIST. */
bool report_has_any(struct slice lower, const char *const *list);
/* Whether it begins with one of LIST. */
bool report_begins_with(struct slice lower, const char *const *list);

#endif
