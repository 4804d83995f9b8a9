/* A maildrop in memory; see memory_maildrop.h. */
#include "memory_maildrop.h"

#include <assert.h>

#include "base/memory.h"

static struct memory_maildrop *memory_of(const struct maildrop *maildrop)
{
	return CONTAINER_OF(maildrop, struct memory_maildrop, maildrop);
}

static struct maildrop_message memory_message(
	const struct maildrop *maildrop, size_t index)
{
	return (struct maildrop_message){.uid = (uint32_t)index * 3 + 7,
		.size = (uint32_t)memory_of(maildrop)->texts[index].size};
}

static bool memory_open(
	struct maildrop *maildrop, size_t index, struct deadline deadline)
{
	struct memory_maildrop *memory = memory_of(maildrop);

	if (!memory->texts[index].at)
		return fail(FAILURE_DATA, "gone");
	memory->open = index;
	memory->at = 0;
	return true;
}

static bool memory_read(struct maildrop *maildrop, struct slice *bytes_r, bool *last_r,
	struct deadline deadline)
{
	struct memory_maildrop *memory = memory_of(maildrop);
	struct slice text = memory->texts[memory->open];

	if (memory->fails_at && memory->at >= memory->fails_at)
		return fail(FAILURE_STORE, "cannot be read");
	*bytes_r = slice_part(text, memory->at, memory->piece);
	memory->at += bytes_r->size;
	*last_r = memory->at == text.size;
	return true;
}

static void memory_shut(struct maildrop *maildrop)
{
	memory_of(maildrop)->at = 0;
}

static bool memory_remove(struct maildrop *maildrop, struct deadline deadline)
{
	struct memory_maildrop *memory = memory_of(maildrop);

	if (memory->remove_fails != FAILURE_NONE)
		return fail(memory->remove_fails, "cannot be removed");
	if (memory->removed)
		*memory->removed += maildrop->deleted_count;
	return true;
}

static void memory_close(struct maildrop *maildrop)
{
	maildrop_finish(maildrop);
	memory_free(memory_of(maildrop));
}

struct memory_maildrop *memory_maildrop_create(
	const struct slice *texts, size_t count, size_t piece)
{
	static const struct maildrop_kind kind = {memory_message, memory_open,
		memory_read, memory_shut, memory_remove, memory_close};
	struct memory_maildrop *memory = NEW(struct memory_maildrop);

	memory->maildrop.kind = &kind;
	memory->maildrop.count = count;
	memory->maildrop.uidvalidity = 0x65b0c0de;
	memory->texts = texts;
	memory->piece = piece;
	for (size_t i = 0; i < count; i++)
		memory->maildrop.size += texts[i].size;
	return memory;
}
