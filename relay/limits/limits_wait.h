/*
 * Who waits for a limit, and is called when it may be worth trying again: when
 * somebody's connection ended, in its turn; when more is allowed, at once.
 *
 * Places are shared evenly: who has more connections than that ends one when
 * somebody waits who has less.
 */
#ifndef RINGPOST_LIMITS_LIMITS_WAIT_H
#define RINGPOST_LIMITS_LIMITS_WAIT_H

#include <stdbool.h>

#include "base/list.h"

struct limits;
struct limit_set;
struct limit_user;
struct limits_node;

struct limits_port; /* where those of a worker who wait are called */

/* MAKE_ROOM(CONTEXT), by the rules of a letter: somebody waits for a connection,
 * so idle ones may end. */
struct limits_port *limits_port_open(
	struct limits_node *node, void (*make_room)(void *context), void *context);
/* Nobody of its worker waits any more. */
void limits_port_close(struct limits_port **port);

/* Who waits; on one limit at a time. */
struct limit_waiter {
	struct link link;	/* of the limit's */
	struct link woken_link; /* of the port's */
	struct limits *on;	/* NULL: on none */
	struct limits_port *port;
	bool connection; /* for a place, else for a message's turn */
	bool called;	 /* it is its turn */
	bool starved;	 /* counted so */
	unsigned waits;	 /* how often it began to, or went on */
	void (*wake)(struct limit_waiter *waiter);
};

/* The SET's waiter, with WAKE and PORT set, waits for USER's limit: for a place,
 * in line, or for its messages' sake. It may be called at once. */
void limits_wait(struct limit_set *set, struct limit_user *user, bool connection);
/* It got what it waited for, or wants it no more. */
void limits_wait_end(struct limit_set *set);

/* Calls the first that waits for a connection / all that wait for anything. */
void limits_call_next(struct limits *limits);
void limits_call_all(struct limits *limits);

/* The limit, if any, that one of the SET's connections should end for: an idle
 * one, or a busy one. It is to be told when it has. */
struct limits *limits_yield(struct limit_set *set, bool idle);
void limits_yielded(struct limits **limits);

#endif
