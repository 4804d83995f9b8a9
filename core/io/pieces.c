/* Bytes in the pieces they came in; see pieces.h. */
#include "io/pieces.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

struct piece {
	struct link link;
	size_t start, end;
	char bytes[];
};

void pieces_add(struct list *pieces, struct slice bytes)
{
	struct piece *piece = memory_resize(NULL, sizeof(*piece) + bytes.size);

	*piece = (struct piece){.end = bytes.size};
	memcpy(piece->bytes, bytes.at, bytes.size);
	list_append(pieces, &piece->link);
}

struct slice pieces_peek(const struct list *pieces, size_t skip)
{
	LIST_EACH (pieces, link) {
		struct piece *piece = CONTAINER_OF(link, struct piece, link);
		size_t size = piece->end - piece->start;

		if (skip < size)
			return slice_make(
				piece->bytes + piece->start + skip, size - skip);
		skip -= size;
	}
	return SLICE_EMPTY;
}

void pieces_consume(struct list *pieces, size_t size)
{
	struct piece *piece = LIST_FIRST(pieces, struct piece, link);

	assert(piece && size <= piece->end - piece->start);
	piece->start += size;
	if (piece->start == piece->end) {
		list_remove(&piece->link);
		memory_free(piece);
	}
}

void pieces_clear(struct list *pieces)
{
	struct link *link;

	while ((link = list_take(pieces)))
		memory_free(CONTAINER_OF(link, struct piece, link));
}
