/* An account's database for who reads beside the writer, on threads of the pool. */
#ifndef RINGPOST_STORE_READER_H
#define RINGPOST_STORE_READER_H

#include "store/store_core.h"

/* The caller's alone until it is given back. NULL: it cannot be opened. */
struct database *reader_take(struct store_account *account);
/* What was begun ends. */
void reader_give(struct store_account *account, struct database *reader);

#endif
