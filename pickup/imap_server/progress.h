/* Clients of long commands are told how far those are (RFC 9585). */
#ifndef RINGPOST_IMAP_SERVER_PROGRESS_H
#define RINGPOST_IMAP_SERVER_PROGRESS_H

#include "imap_server/dialogue.h"

/* A command begins. */
void imap_be_patient(struct imap_dialogue *dialogue);
/* DONE of GOAL: told every 10 seconds, by whoever calls it often enough. False: the
 * client is gone. */
bool imap_progress(struct imap_dialogue *dialogue, uint32_t done, uint32_t goal,
	struct deadline deadline);

#endif
