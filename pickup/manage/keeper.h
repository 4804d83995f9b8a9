/*
 * Who looks after all mailboxes while the server runs, in one fiber of one worker:
 * what need not be kept any longer goes (pickup.retention), accounts that are nearly
 * full are told.
 */
#ifndef RINGPOST_MANAGE_KEEPER_H
#define RINGPOST_MANAGE_KEEPER_H

#include "base/config.h"
#include "store/store.h"

struct keeper;

struct keeper_options {
	struct store *store;
	struct store_port *port; /* both outlive it */
	/* A message into a mailbox of an account, once for each KEY. False: it cannot
	 * be put there. */
	bool (*put)(void *context, struct slice account, struct slice mailbox,
		struct slice key, struct slice text, struct deadline deadline);
	void *context;
};

/* On the calling worker. NULL: no fiber is to be had. */
struct keeper *keeper_open(const struct keeper_options *options, struct config *config);
/* Another one holds from now on. */
void keeper_reload(struct keeper *keeper, struct config *config);
/* What it is doing ends at once; it goes on at the next start. */
void keeper_close(struct keeper **keeper);

#endif
