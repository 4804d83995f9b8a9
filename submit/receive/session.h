/*
 * The inside of a session of port 25, shared by the files of this folder.
 */
#ifndef RINGPOST_RECEIVE_SESSION_H
#define RINGPOST_RECEIVE_SESSION_H

#include "receive/locals.h"
#include "receive/peers.h"
#include "receive/receiving.h"
#include "verify/reverse.h"

struct arrival;

struct receiving {
	struct receiving_options options;
	struct config *config; /* held */
	struct locals *locals; /* of that; held */
	struct receiving_figures figures;
	unsigned probing;      /* questions to servers behind us, at this moment */
	int64_t complained_us; /* when it was last said that there is no room */
};

/* The policy's context of one session, from connect to disconnect. */
struct receiving_session {
	struct receiving *receiving;
	struct locals *locals;	    /* held */
	bool exempt;		    /* from checks and from limits of addresses */
	struct reverse_name caller; /* its name: caller.c */
	bool looked_up;		    /* in the blocklists … */
	struct slice blocklist;	    /* … and this one has it; empty: none */
	struct arrival *arrival;    /* the message in hand; NULL: none */
};

static inline struct receiving_session *receiving_of(struct smtp_session *session)
{
	return session->context;
}

/* receiving.c: why somebody was refused, for whoever asks. RCPT: whom for, or
 * empty. Counts as an error of the client's address. */
void receiving_note_refusal(struct smtp_session *session, struct slice from,
	struct slice rcpt, const struct reply *reply);

#endif
