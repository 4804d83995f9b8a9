/* Between addresses.c and addresses_index.c. */
#ifndef RINGPOST_ACCOUNT_ADDRESSES_CORE_H
#define RINGPOST_ACCOUNT_ADDRESSES_CORE_H

#include "account/addresses.h"
#include "base/memory.h"

#define ADDRESSES SLICE("rp:addresses")

/* As redis_call, but an error of Redis is a failure, too. */
bool address_book_call(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline);

#endif
