/* An account as the JSON that is stored; for account.c only. */
#ifndef RINGPOST_ACCOUNT_ACCOUNT_RECORD_H
#define RINGPOST_ACCOUNT_ACCOUNT_RECORD_H

#include "account/account.h"

/* The record of ACCOUNT, in the arena; the name is not in it. */
struct slice account_record_write(const struct account *account, struct arena *arena);
/* Back; NAME is copied. False with FAILURE_STORE: not a record of ours. */
bool account_record_read(struct slice record, struct slice name, struct arena *arena,
	struct account *account_r);

#endif
