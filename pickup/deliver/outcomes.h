/*
 * Outcome mailboxes: what came back of a tenant's mail, as messages in mailboxes of
 * the account he names, with fields in front that a program can read:
 *
 *	X-Ringpost-Outcome      bounced, bounced_late, delayed_late, complained, replied
 *	X-Ringpost-Message      the queue's id of the message it is about
 *	X-Ringpost-Message-ID   that message's Message-ID, if it was returned
 *	X-Ringpost-Recipient    whom it is about …
 *	X-Ringpost-Claimed      … "yes", where only the report says so
 *	X-Ringpost-Tenant       whose it is
 *	X-Ringpost-Category     of a bounce: bad-mailbox, mailbox-full, … …
 *	X-Ringpost-Hard         … and "yes" where he will never get mail
 *	X-Ringpost-Status       5.1.1
 *	X-Ringpost-Reply        550 5.1.1 No such user
 *	X-Ringpost-Complaint    abuse, fraud, …
 *	X-Ringpost-Kind         of what came: status, words, complaint, answer, …
 *
 * Behind them stands what came, as it came.
 */
#ifndef RINGPOST_DELIVER_OUTCOMES_H
#define RINGPOST_DELIVER_OUTCOMES_H

#include "base/buffer.h"
#include "base/config.h"
#include "deliver/delivery.h"
#include "feedback/returns_told.h"

/* "Bounces/hard", …; empty: nobody is told. Static. */
struct slice outcomes_mailbox(const struct returns_told *told);
/* The message as it is put there. */
void outcomes_write(const struct returns_told *told, struct buffer *out);
/*
 * Into the mailbox, where the tenant has one, once for each outcome of a message and
 * recipient. False: it has to come again. An account that is not there, or is full, is
 * told about (the event `outcome_lost`) and no reason for that.
 */
bool outcomes_take(struct delivery *delivery, const struct config *config,
	const struct returns_told *told, struct deadline deadline);

#endif
