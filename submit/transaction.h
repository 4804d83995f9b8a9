/* The message in hand: between the files transaction*.c and marks.c. */
#ifndef RINGPOST_SUBMIT_TRANSACTION_H
#define RINGPOST_SUBMIT_TRANSACTION_H

#include "gate/gate.h"
#include "mail/header.h"
#include "queue/recipients.h"
#include "submit/session.h"
#include "submit/suppressed.h"

/* What a message says of a link to leave the list by. */
enum leaving_wish { LEAVING_NOT_SAID, LEAVING_WANTED, LEAVING_UNWANTED };

struct transaction {
	struct link link; /* among the spares */
	/* Memory that the next message uses again: */
	struct arena arena;
	struct buffer text;	    /* the message until its header's end is found,
				       then the header */
	struct dkim_signer *signer; /* NULL: none was needed so far */

	struct message *message;      /* held; the queue holds it, too */
	struct dkim_keyring *keyring; /* held while it signs, else NULL */
	struct recipient_list recipients;
	struct suppressed *recorded; /* recipients that get nothing, newest first */
	size_t recorded_count;

	struct header_end end;
	struct header header;  /* of `text`, once its end was found */
	struct slice *authors; /* mailboxes of From */
	size_t author_count;
	struct slice author_domain;
	struct gate_answer gate;
	struct gate_look look; /* its text is used again, too */
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	size_t signing_count;	      /* 0: nothing is signed */
	int64_t began_us;	      /* worker_now_us at MAIL */
	int64_t release_ms;	      /* not to be delivered before; 0: at once */
	bool priority_given;	      /* MAIL said it */
	enum leaving_wish wish;	      /* of its header */
	struct slice idempotency_key; /* in `text`; empty: none */
	struct reply refusal;	      /* code 0: content is still being kept */
};

static inline struct transaction *transaction_of(struct smtp_session *session)
{
	return submission_of(session)->transaction;
}

/*
 * The header is complete: what is wrong with it is known before the body
 * comes, and so is who signs. False with the transaction's refusal. It waits where
 * the gate does.
 */
bool transaction_judge_header(struct smtp_session *session, struct deadline deadline);
/* transaction_gate.c: what receivers will ask of it; false with *refusal. */
bool transaction_pass_gate(
	struct smtp_session *session, struct reply *refusal, struct deadline deadline);
/* leaving.c: a link of ours for QUESTION, where the message is to have one, or may.
 * False with *refusal: it asks for one, and there can be none. */
bool transaction_make_link(struct smtp_session *session, struct gate_question *question,
	struct reply *refusal);
/*
 * The content is complete: does it look like phishing? Told if it does; false
 * with *refusal where that is refused, or this account sent too many.
 */
bool transaction_pass_look(struct smtp_session *session, struct reply *refusal);
/* marks.c: tenant, stream, tags and what else the header says of how the message
 * is to be handled, into the envelope. False with *refusal. */
bool transaction_mark(struct smtp_session *session, struct reply *refusal);
/* marks.c: whose mail the session brings; empty: nobody's. */
struct slice transaction_tenant(struct smtp_session *session);
/* Received, the repaired header, and the signatures above them all. */
bool transaction_set_head(struct smtp_session *session, struct deadline deadline);
/* complaints.c: the fields of RFC 9477, in the transaction's arena; or empty. */
struct slice transaction_complaint_fields(struct smtp_session *session);
/* The queue or the store said no: the fiber's last failure as a reply. */
struct reply transaction_store_refusal(void);

#endif
