/*
 * The outbox of a connection to Redis: a list of pieces in order.
 */
#include "io/redis_outbox.h"

#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "io/resp.h"

struct redis_piece {
	struct link link;
	struct slice large; /* or, empty, the chunk: */
	size_t used;
	char bytes[];
};

void redis_outbox_init(struct redis_outbox *outbox)
{
	*outbox = (struct redis_outbox){0};
	list_init(&outbox->pieces);
}

void redis_outbox_finish(struct redis_outbox *outbox)
{
	struct redis_piece *piece;

	while ((piece = redis_outbox_take(outbox)))
		redis_outbox_give_back(outbox, piece);
	memory_free(outbox->spare);
	outbox->spare = NULL;
}

static struct redis_piece *make_piece(size_t size)
{
	struct redis_piece *piece = memory_resize(NULL, sizeof(*piece) + size);

	*piece = (struct redis_piece){0};
	return piece;
}

/* The chunk at the end if SIZE more bytes fit, else a new one. */
static struct redis_piece *open_chunk(struct redis_outbox *outbox, size_t size)
{
	struct redis_piece *piece;

	if (!list_is_empty(&outbox->pieces)) {
		piece = CONTAINER_OF(
			outbox->pieces.head.previous, struct redis_piece, link);
		if (!piece->large.at && piece->used + size <= REDIS_CHUNK_BYTES)
			return piece;
	}
	piece = outbox->spare ? outbox->spare : make_piece(REDIS_CHUNK_BYTES);
	outbox->spare = NULL;
	list_append(&outbox->pieces, &piece->link);
	return piece;
}

bool redis_outbox_put(struct redis_outbox *outbox, struct slice *command)
{
	struct redis_piece *piece;

	if (command->size > REDIS_OUTBOX_MAX - outbox->bytes) {
		resp_free(command);
		return fail(FAILURE_STORE, "more than %u MiB wait to be sent to Redis",
			REDIS_OUTBOX_MAX >> 20);
	}
	outbox->bytes += command->size;
	if (command->size >= REDIS_CHUNK_BYTES / 4) {
		piece = make_piece(0);
		piece->large = *command;
		*command = SLICE_EMPTY;
		list_append(&outbox->pieces, &piece->link);
		return true;
	}
	piece = open_chunk(outbox, command->size);
	memcpy(piece->bytes + piece->used, command->at, command->size);
	piece->used += command->size;
	resp_free(command);
	return true;
}

struct redis_piece *redis_outbox_take(struct redis_outbox *outbox)
{
	struct link *first = list_take(&outbox->pieces);

	if (!first)
		return NULL;
	struct redis_piece *piece = CONTAINER_OF(first, struct redis_piece, link);

	outbox->bytes -= redis_piece_bytes(piece).size;
	return piece;
}

struct slice redis_piece_bytes(const struct redis_piece *piece)
{
	return piece->large.at ? piece->large : slice_make(piece->bytes, piece->used);
}

void redis_outbox_give_back(struct redis_outbox *outbox, struct redis_piece *piece)
{
	if (!piece->large.at && !outbox->spare) {
		piece->used = 0;
		outbox->spare = piece;
		return;
	}
	resp_free(&piece->large);
	memory_free(piece);
}
