/* What came back, about one recipient, for whoever wants to have it himself. */
#ifndef RINGPOST_FEEDBACK_RETURNS_TOLD_H
#define RINGPOST_FEEDBACK_RETURNS_TOLD_H

#include "feedback/returns.h"

struct returns_told {
	/* RETURNS_IGNORED: mail that is no report came to an address of ours. */
	enum returns_outcome outcome;
	const struct returns_arrival *arrival;
	const struct report *report;
	const struct report_recipient *said; /* or NULL: only the outcome */
	struct slice id;		     /* of the message it is about */
	struct slice tenant;		     /* whose that is; or empty */
	struct slice recipient;		     /* empty: not known */
	bool sure; /* it is he; else the report says so, and no more */
	enum category category;
	bool hard;    /* of a bounce: he will never get mail */
	bool at_once; /* … which the relay heard itself, and did not come back */
};

/* Asked before it is kept, so maybe more than once about the same. False: it has to
 * come again. */
struct returns_listener {
	bool (*take)(void *context, const struct returns_told *told,
		struct deadline deadline);
	void *context;
};

#endif
