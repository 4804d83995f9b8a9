/*
 * A submission session's inside, shared by the files of this folder: who it
 * is (auth.c), what it may do (rights.c), and the message in hand
 * (transaction.c).
 */
#ifndef RINGPOST_SUBMIT_SESSION_H
#define RINGPOST_SUBMIT_SESSION_H

#include "account/identity.h"
#include "base/list.h"
#include "dkim/sign.h"
#include "gate/check.h"
#include "mail/header.h"
#include "queue/queue.h"
#include "submit/submission.h"

struct gate;
struct transaction;

/* The gate's checks as an event has them: those of one message are, as a rule,
 * those of the next. */
struct checks_text {
	uint32_t checks;
	size_t size;
	char text[GATE_JSON_SIZE];
};

struct submission {
	struct submission_node *node;
	struct config *config;
	struct dkim_keyring *keyring;
	struct queue *queue;
	struct accounts *accounts;
	struct gate *gate;
	struct verp_keeper *verp;	 /* or NULL */
	struct checks_text told;	 /* the last written */
	struct suppression *suppression; /* or NULL */
	struct submission_figures figures;
	int64_t complained_us; /* when it was last said that there is no room */
	struct list spares;    /* transactions with their memory, not in use now */
	size_t spare_count;
};

/* The policy's context of one SMTP session, from connect to disconnect. */
struct submission_session {
	struct submission *submission;
	bool trusted; /* from a network that needs no password */
	struct identity who;
	struct slice protocol; /* it came by; empty: SMTP (entrance.h) */
	struct slice metadata; /* of the next message, as JSON; or empty */
	struct slice caller;   /* whose trace the next message goes on; or empty */
	struct transaction *transaction; /* NULL: none */
};

static inline struct submission_session *submission_of(struct smtp_session *session)
{
	return session->context;
}

/* auth.c: the AUTH exchange. */
void submission_authenticate(struct smtp_session *session,
	const struct smtp_command *command, struct reply *reply,
	struct deadline deadline);
/* Mechanisms offered now (SASL_BIT); 0: AUTH is not offered. */
unsigned submission_mechanisms(struct smtp_session *session);

/* login.c: the session is the account's of this NAME, on the word of a proxy
 * (XCLIENT); else 421 or 554. */
void submission_log_in_as(struct smtp_session *session, struct slice name,
	struct reply *reply, struct deadline deadline);
/* The account's session ends. */
void submission_log_out(struct submission_session *self);
/* What the account may do now, if that was learnt long ago: false with *reply
 * (421) when it was removed or disabled meanwhile. */
bool submission_refresh(
	struct smtp_session *session, struct reply *reply, struct deadline deadline);

/* rights.c: those that have one, false with *reply set. */
bool rights_may_submit(struct smtp_session *session, struct reply *reply);
bool rights_may_send_as(struct smtp_session *session, struct slice address,
	const char *what, struct reply *reply);
/* Whether a message without a From field that can be understood may pass. */
bool rights_may_lack_author(struct smtp_session *session);
/* Counts a message against the hour's allowance. */
bool rights_count_message(struct smtp_session *session, struct reply *reply);
/* Counts a suspicious one; false: it is one too many. */
bool rights_count_suspicious(struct smtp_session *session, struct reply *reply);
uint64_t rights_recipients_max(struct smtp_session *session);

/* transaction.c */
void transaction_destroy_spares(struct submission *submission);
void transaction_begin(struct smtp_session *session, const struct smtp_command *mail);
void transaction_destroy(struct submission_session *self);
void transaction_rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline);
void transaction_content_begin(struct smtp_session *session);
bool transaction_content(
	struct smtp_session *session, struct slice run, struct deadline deadline);
bool transaction_content_end(struct smtp_session *session, struct deadline deadline);
/* transaction_commit.c */
struct smtp_pending *transaction_end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline);
void transaction_outcome(struct smtp_session *session, struct smtp_pending *pending,
	struct reply *reply, struct deadline deadline);
bool transaction_is_known(const struct smtp_pending *pending);

#endif
