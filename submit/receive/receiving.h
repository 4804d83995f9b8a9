/*
 * Receiving: port 25, where servers bring what is for us. Implements struct
 * smtp_policy for role `receive`.
 *
 * What is taken is decided at RCPT: mailboxes of the domains of ours, our own
 * addresses for bounces and complaints, postmaster and abuse; nothing else, from
 * nobody, so nothing is relayed and nothing has to be returned that a stranger
 * made up. What is taken and cannot be delivered in the end is told only to a
 * sender who is who he says: by SPF, or by DMARC.
 */
#ifndef RINGPOST_RECEIVE_RECEIVING_H
#define RINGPOST_RECEIVE_RECEIVING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "dkim/keyring.h"
#include "mail/reply.h"
#include "queue/queue.h"
#include "serve/smtp_server.h"
#include "verify/resolver.h"

struct leaving_mail;
struct returns_arrival;
struct verp_keeper;
struct receiving;      /* a worker's */
struct receiving_node; /* what the process's workers share: what addresses did,
			  what servers behind us said of mailboxes */

struct receiving_node *receiving_node_create(void);
void receiving_node_destroy(struct receiving_node **node);

/* What others know; each may be NULL: then nobody does, and mail for who would
 * have to be asked about has to come again (451). */
struct receiving_questions {
	/* Whether an account is named ADDRESS. False: it cannot be told now. */
	bool (*account)(void *context, struct slice address, bool *known_r,
		struct deadline deadline);
	/* What the server that mail of DOMAIN goes to says of RCPT TO:<ADDRESS>,
	 * its text in ARENA. False: it could not be asked. */
	bool (*probe)(void *context, struct slice domain, struct slice address,
		struct arena *arena, struct reply *reply_r, struct deadline deadline);
	/* Takes what came back to an address of ours, as returns_take. */
	bool (*take_return)(void *context, const struct returns_arrival *arrival,
		struct deadline deadline);
	/* Takes what asks to leave a list, as leaving_take_mail. */
	bool (*take_leaving)(void *context, const struct leaving_mail *mail,
		struct deadline deadline);
	void *context;
};

struct receiving_options {
	struct receiving_node *node;
	struct config *config;	      /* held */
	struct dkim_keyring *keyring; /* held; NULL: nothing is sealed */
	struct queue *queue;
	struct verify_resolver resolver;
	struct verp_keeper *verp; /* NULL: no address for bounces is ours */
	struct receiving_questions questions;
};

struct receiving *receiving_open(const struct receiving_options *options);
/* For sessions that begin from now on. */
void receiving_reload(struct receiving *receiving, struct config *config,
	struct dkim_keyring *keyring);
void receiving_close(struct receiving **receiving);

/* With a struct receiving * as the session's first context. */
extern const struct smtp_policy receiving_policy;

struct receiving_figures {
	uint64_t accepted, bytes; /* messages that go on */
	uint64_t returned;	  /* bounces and complaints */
	uint64_t refused;	  /* MAIL, RCPT, messages: 4yz and 5yz */
};
struct receiving_figures receiving_figures(const struct receiving *receiving);

#endif
