/*
 * Submission: who may send what, and the way of a message from MAIL to its
 * 250. Implements struct smtp_policy for role `submission`, and for what comes in
 * another way (entrance.h).
 */
#ifndef RINGPOST_SUBMIT_SUBMISSION_H
#define RINGPOST_SUBMIT_SUBMISSION_H

#include <stdbool.h>

#include "base/config.h"
#include "dkim/keyring.h"
#include "queue/queue.h"
#include "serve/smtp_server.h"

struct accounts;
struct dns;
struct submission; /* a worker's */
struct suppression;
struct verp_keeper;
struct submission_node; /* what the process's workers share */

struct submission_node *submission_node_create(void);
void submission_node_destroy(struct submission_node **node);

/* All but the configuration and the keys outlive it. */
struct submission *submission_open(struct submission_node *node,
	struct accounts *accounts, struct config *config, struct dkim_keyring *keyring,
	struct queue *queue, struct dns *dns);
/* New configuration and keys, for transactions that begin from now on. */
void submission_reload(struct submission *submission, struct config *config,
	struct dkim_keyring *keyring);
/* Recipients on this list get nothing from now on; it outlives SUBMISSION. */
void submission_use_suppression(
	struct submission *submission, struct suppression *suppression);
/* What links to leave a list and identifiers of complaints are signed with; it
 * outlives SUBMISSION. */
void submission_use_verp(struct submission *submission, struct verp_keeper *verp);
void submission_close(struct submission **submission);

/* With a struct submission * as the session's first context. */
extern const struct smtp_policy submission_policy;

struct submission_figures {
	uint64_t accepted, refused, logins, login_failures;
	uint64_t bytes;
	/* By the gate: */
	uint64_t gate_refused, gate_fixed, gate_waited, suspicious;
};
struct submission_figures submission_figures(const struct submission *submission);

#endif
