/*
 * Recipients that get no mail any more (feedback/suppression.h), at submission:
 * refused, or recorded, which is to say accepted and never sent.
 */
#ifndef RINGPOST_SUBMIT_SUPPRESSED_H
#define RINGPOST_SUBMIT_SUPPRESSED_H

#include "feedback/suppression.h"
#include "submit/session.h"

/* A recorded one; lives as long as its message. */
struct suppressed {
	struct suppressed *next;
	struct slice address;
	enum suppression_reason reason;
};

/* True: ADDRESS gets nothing. *reply says why, or, recorded, is as it was. Until
 * the list is loaded it is asked of Redis; without that it cannot be known, and
 * *reply is a 451. */
bool suppressed_rcpt(struct smtp_session *session, struct slice address,
	struct reply *reply, struct deadline deadline);
/*
 * The message's stream is known now: recipients who left that stream are recorded;
 * where they are refused and nobody else is left, false with *refusal.
 */
bool suppressed_by_stream(
	struct smtp_session *session, struct reply *refusal, struct deadline deadline);
/* Of the message with ENVELOPE, accepted now: those that were recorded. */
void suppressed_tell(struct smtp_session *session, const struct envelope *envelope,
	const struct suppressed *list);
/* The same for applications, before it is accepted. */
void suppressed_tell_applications(struct smtp_session *session,
	const struct envelope *envelope, const struct suppressed *list);

#endif
