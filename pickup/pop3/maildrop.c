/* What maildrops have in common, whatever is behind them; see maildrop.h. */
#include "pop3/maildrop.h"

#include <assert.h>

#include "base/memory.h"

struct maildrop_message maildrop_message(const struct maildrop *maildrop, size_t index)
{
	assert(index < maildrop->count);
	return maildrop->kind->message(maildrop, index);
}

bool maildrop_is_deleted(const struct maildrop *maildrop, size_t index)
{
	assert(index < maildrop->count);
	return maildrop->deleted && maildrop->deleted[index / 8] & 1u << index % 8;
}

void maildrop_delete(struct maildrop *maildrop, size_t index)
{
	assert(!maildrop_is_deleted(maildrop, index));
	if (!maildrop->deleted)
		maildrop->deleted = memory_allocate(maildrop->count / 8 + 1);
	maildrop->deleted[index / 8] |= (uint8_t)(1u << index % 8);
	maildrop->deleted_count++;
	maildrop->deleted_size += maildrop_message(maildrop, index).size;
}

void maildrop_keep_all(struct maildrop *maildrop)
{
	memory_free(maildrop->deleted);
	maildrop->deleted = NULL;
	maildrop->deleted_count = 0;
	maildrop->deleted_size = 0;
}

bool maildrop_update(struct maildrop *maildrop, struct deadline deadline)
{
	return maildrop->deleted_count == 0 ||
	       maildrop->kind->remove(maildrop, deadline);
}

void maildrop_close(struct maildrop **maildrop)
{
	struct maildrop *old = *maildrop;

	*maildrop = NULL;
	if (old)
		old->kind->close(old);
}

void maildrop_finish(struct maildrop *maildrop)
{
	maildrop_keep_all(maildrop);
}
