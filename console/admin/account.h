/* Accounts as commands find them and let them go. */
#ifndef RINGPOST_ADMIN_ACCOUNT_H
#define RINGPOST_ADMIN_ACCOUNT_H

#include "admin/giver.h"

/* The request's member `name`, as accounts are called; false: refused. */
bool admin_account_name(
	struct admin_call *call, struct arena *arena, struct slice *name_r);
/* The account the request names, if who asks may see it. In ARENA. */
bool admin_account_read(struct admin_call *call, const struct giver *giver,
	struct arena *arena, struct account *account_r, struct deadline deadline);
/* Also wipes what it has of secrets. */
void admin_account_finish(struct arena *arena, struct account *account);
void admin_account_wipe(struct account *account);

#endif
