/* Whom a bounce for people is about. For report_words.c. */
#ifndef RINGPOST_MAIL_REPORT_RECIPIENTS_H
#define RINGPOST_MAIL_REPORT_RECIPIENTS_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/header.h"
#include "mail/report_core.h"

/* The text up to the copy of the original. */
struct report_prose {
	struct slice text, lower;
	const struct header *header; /* the bounce's own */
	bool delayed;		     /* it says that it is tried further */
};

/* Adds recipients with what is said of each, and all other addresses. */
void report_find_recipients(
	struct report_draft *draft, const struct report_prose *prose);

/* Adds what is said of those there are, where nothing is known of them. */
void report_describe_recipients(
	struct report_draft *draft, const struct report_prose *prose);

#endif
