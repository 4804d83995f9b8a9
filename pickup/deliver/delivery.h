/*
 * Local delivery: entries of the queue into mailboxes of accounts.
 *
 * Recipients of one account get one file, shown in as many mailboxes as the rules
 * say. It is on the disk before anybody hears that it was delivered, and its
 * database knows that this entry was: what begins anew, for nobody knows how it
 * ended, is not put there twice. What is forwarded goes into the queue behind
 * that, so at least once: twice only where the process ends in between.
 */
#ifndef RINGPOST_DELIVER_DELIVERY_H
#define RINGPOST_DELIVER_DELIVERY_H

#include "base/config.h"
#include "deliver/owners.h"
#include "queue/local.h"

struct delivery; /* a worker's */
struct queue;
struct rules;
struct store;
struct store_port;

struct delivery_options {
	struct config *config; /* held */
	struct rules *rules;   /* held; NULL: none */
	struct store *store;   /* this and those below outlive it */
	struct store_port *port;
	struct queue *queue; /* what is forwarded goes there; NULL: nothing is */
	struct owners owners;
};

struct delivery *delivery_create(const struct delivery_options *options);
/* For what begins from now on. */
void delivery_reload(
	struct delivery *delivery, struct config *config, struct rules *rules);
/* Nothing is being delivered. */
void delivery_destroy(struct delivery **delivery);

/* For the relay. */
struct local_delivery delivery_for_relay(struct delivery *delivery);

/*
 * TEXT, a whole message, into MAILBOX of ACCOUNT, made where there is none; once a
 * KEY. False: FAILURE_DATA: there is no such account, it is full; else not now.
 */
bool delivery_put(struct delivery *delivery, struct slice account, struct slice mailbox,
	struct slice key, struct slice text, struct deadline deadline);

#endif
