/*
 * The message in hand at port 25, from MAIL to its 250.
 */
#ifndef RINGPOST_RECEIVE_ARRIVAL_H
#define RINGPOST_RECEIVE_ARRIVAL_H

#include "base/buffer.h"
#include "dkim/arc_seal.h"
#include "mail/header.h"
#include "queue/recipients.h"
#include "receive/choice.h"
#include "receive/judgement.h"

struct arrival {
	struct arena arena;
	struct buffer text; /* the message until its header's end is found, then the
			       header */
	struct message *message; /* held; the queue holds it, too */
	struct recipient_list recipients;
	struct slice tenant;	 /* of all of them */
	int64_t began_us;	 /* worker_now_us at MAIL */
	enum choice_kind kind;	 /* of all of them */
	struct verp_token token; /* CHOICE_RETURN */
	struct buffer report;	 /* a bounce or complaint, up to REPORT_BYTES_MAX */
	struct authenticator *authenticator; /* NULL: nothing is checked, so far */
	struct arc_sealer *sealer;	     /* NULL: it is not to be sealed */
	struct judgement judgement;	     /* once the message is complete */
	struct header_end end;
	struct header header; /* of `text`, once its end was found */
	struct reply refusal; /* code 0: content is still being kept */
};

static inline struct arrival *arrival_of(struct smtp_session *session)
{
	return receiving_of(session)->arrival;
}

void arrival_begin(struct smtp_session *session, const struct smtp_command *mail);
void arrival_destroy(struct receiving_session *self);
/* Whether the sender is refused whatever comes: *reply, at RCPT. */
bool arrival_refuses_sender(
	struct smtp_session *session, struct reply *reply, struct deadline deadline);
/* One more recipient, or *reply: it takes a message of its own (452). */
void arrival_add(struct smtp_session *session, const struct smtp_command *rcpt,
	const struct choice *choice, struct reply *reply);
void arrival_content_begin(struct smtp_session *session);
bool arrival_content(
	struct smtp_session *session, struct slice run, struct deadline deadline);
/* As the policy's `end`, `outcome` and `is_known`. */
struct smtp_pending *arrival_end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline);
void arrival_outcome(struct smtp_session *session, struct smtp_pending *pending,
	struct reply *reply, struct deadline deadline);
bool arrival_is_known(const struct smtp_pending *pending);

#endif
