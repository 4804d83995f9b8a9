/* What making a mailbox is made of, in a transaction: each false: a failure, or
 * refused. */
#ifndef RINGPOST_STORE_MAILBOX_MAKE_H
#define RINGPOST_STORE_MAILBOX_MAKE_H

#include "store/mailbox_core.h"

/* Whether there is a mailbox NAME, and one with messages; its number, if so. */
bool mailbox_look_up(struct database *database, struct slice name, bool *there_r,
	bool *selectable_r, int64_t *id_r);
/* There is none: now there is, with what the one above it says of rights. */
bool mailbox_insert(struct database *database, struct slice name, enum mailbox_use use);
/* Those above NAME that are not there. */
bool mailbox_make_above(struct database *database, struct slice name);
bool mailbox_check_count(struct operation *operation, struct database *database);
/* One mailbox for each use (RFC 6154 3). */
bool mailbox_check_use(
	struct operation *operation, struct database *database, enum mailbox_use use);
/* Whether who asks may make NAME: RIGHT_CREATE at the nearest level above it. */
bool mailbox_check_above(
	struct operation *operation, struct database *database, struct slice name);

/* Refused, if it is not one that mailbox_name_prepare would take. */
bool mailbox_check_name(struct operation *operation, struct slice name);

#endif
