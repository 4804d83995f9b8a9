/* Bytes on their way over a distance, in one direction. */
#include "bench/delay_line.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

/* With a rate, bytes arrive in pieces as a link of it would bring them. */
#define SEGMENT_SIZE 1448

struct piece {
	struct link link;
	int64_t due_us;
	size_t size;
	char bytes[];
};

static void put_piece(struct delay_line *line, struct slice bytes, int64_t due_us);
static int64_t due_after(struct delay_line *line, size_t size, int64_t now_us);

void delay_line_init(struct delay_line *line, int64_t open_us)
{
	list_init(&line->pieces);
	line->held = 0;
	line->free_us = open_us;
	line->end_us = 0;
	line->ended = false;
}

void delay_line_finish(struct delay_line *line)
{
	struct link *link;

	while ((link = list_take(&line->pieces)))
		memory_free(CONTAINER_OF(link, struct piece, link));
	line->held = 0;
}

size_t delay_line_room(const struct delay_line *line)
{
	return line->held < line->window ? line->window - line->held : 0;
}

void delay_line_put(struct delay_line *line, struct slice bytes, int64_t now_us)
{
	assert(!line->ended && bytes.size <= delay_line_room(line));
	line->held += bytes.size;
	while (bytes.size) {
		size_t most = line->bits_per_second ? SEGMENT_SIZE : bytes.size;
		struct slice part = slice_part(bytes, 0, most);

		put_piece(line, part, due_after(line, part.size, now_us));
		bytes = slice_from(bytes, part.size);
	}
}

void delay_line_end(struct delay_line *line, int64_t now_us)
{
	if (line->ended)
		return;
	line->end_us = due_after(line, 0, now_us);
	line->ended = true;
}

bool delay_line_has_ended(const struct delay_line *line)
{
	return line->ended;
}

int64_t delay_line_due_us(const struct delay_line *line)
{
	const struct piece *first = LIST_FIRST(&line->pieces, struct piece, link);

	if (first)
		return first->due_us;
	return line->ended ? line->end_us : DELAY_NEVER;
}

size_t delay_line_peek(const struct delay_line *line, int64_t now_us,
	struct iovec *pieces, size_t most, size_t *size_r)
{
	size_t count = 0, size = 0;

	LIST_EACH (&line->pieces, link) {
		struct piece *piece = CONTAINER_OF(link, struct piece, link);

		if (count == most || piece->due_us > now_us)
			break;
		pieces[count++] = (struct iovec){piece->bytes, piece->size};
		size += piece->size;
	}
	*size_r = size;
	return count;
}

void delay_line_drop(struct delay_line *line, size_t count)
{
	while (count--) {
		struct link *link = list_take(&line->pieces);
		struct piece *piece = CONTAINER_OF(link, struct piece, link);

		line->held -= piece->size;
		memory_free(piece);
	}
}

static void put_piece(struct delay_line *line, struct slice bytes, int64_t due_us)
{
	/* memory_allocate would clear what is overwritten at once. */
	struct piece *piece = memory_resize(NULL, sizeof(*piece) + bytes.size);

	piece->link = (struct link){0};
	piece->due_us = due_us;
	piece->size = bytes.size;
	memcpy(piece->bytes, bytes.at, bytes.size);
	list_append(&line->pieces, &piece->link);
}

/* A piece waits until those before it are on the line, takes its own time to
 * get there, and then the delay. */
static int64_t due_after(struct delay_line *line, size_t size, int64_t now_us)
{
	if (now_us > line->free_us)
		line->free_us = now_us;
	if (line->bits_per_second)
		line->free_us += (int64_t)(size * 8 * UINT64_C(1000000) /
					   line->bits_per_second);
	return line->free_us + line->delay_us;
}
