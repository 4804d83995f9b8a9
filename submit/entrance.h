/*
 * Another way in than SMTP: the questions are those of submission_policy, with the
 * same rights, gate, suppression, signatures and promises behind them; only who
 * asks, and in which words, is different.
 *
 *	session = submission_enter(&entrance);
 *	submission_policy.mail(session, &command, &reply, deadline);
 *	submission_policy.rcpt(…); .begin(…); .content(…); .end(…)
 *	submission_again(session);	  // the next message
 *	submission_policy.outcome(session, pending, &reply, deadline);
 *	submission_leave(&session);
 */
#ifndef RINGPOST_SUBMIT_ENTRANCE_H
#define RINGPOST_SUBMIT_ENTRANCE_H

#include "account/account.h"
#include "submit/submission.h"

struct submission_entrance {
	struct submission *submission;
	struct stream *stream; /* of the client */
	struct config *config; /* held by the caller, as all of this is */
	const struct config_listener *listener;
	const struct account *account; /* who it is, and what it may */
	const char *protocol;	       /* in Received: "HTTP" */
	struct slice caller; /* whose trace messages go on (traces/trace.h); or empty */
};

struct smtp_session *submission_enter(const struct submission_entrance *entrance);
/* Whose the messages are from now on, and what their events carry (JSON); both live
 * as long as those. */
void submission_set_marks(
	struct smtp_session *session, struct slice tenant, struct slice metadata);
/* Of the message that was begun, from its `begin` on; in the transaction. */
struct slice submission_message_id(struct smtp_session *session);
/* The message in hand is over, or given up; replies' texts are gone. */
void submission_again(struct smtp_session *session);
void submission_leave(struct smtp_session **session);

#endif
