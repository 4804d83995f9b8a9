/*
 * Bodies: filled, stored, referred to, let go.
 *
 * What is in memory is two buffers, head and content. A small body becomes one
 * piece at the sync; a large one has stored its content piece by piece by
 * then, and the head and the rest of the content follow.
 */
#include "queue/body.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "queue/body_store.h"
#include "queue/number.h"

#define PIECES_MAX 65536

struct body *body_create(struct bodies *bodies)
{
	struct body *body = NEW(struct body);

	body->bodies = bodies;
	return body;
}

void body_destroy(struct body **body)
{
	struct body *old = *body;

	*body = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < old->piece_count; i++)
		old->bodies->store->release(&old->pieces[i]);
	memory_free(old->pieces);
	buffer_finish(&old->head);
	buffer_finish(&old->content);
	buffer_finish(&old->elsewhere);
	memory_free(old);
}

void body_set_id(struct body *body, unsigned shard, struct slice id)
{
	bool fits = slice_to_text(id, body->id, sizeof(body->id));

	assert(fits);
	body->shard = shard;
}

/* Room for one more stored piece at PLACE. */
static struct body_piece *insert_piece(struct body *body, size_t place)
{
	size_t count = body->piece_count;

	if ((count & (count + 1)) == 0) /* 0, 1, 3, 7 …: full */
		body->pieces = memory_resize(
			body->pieces, (2 * count + 1) * sizeof(*body->pieces));
	memmove(body->pieces + place + 1, body->pieces + place,
		(count - place) * sizeof(*body->pieces));
	body->piece_count++;
	return &body->pieces[place];
}

/* Content piece numbers begin at 1: the head, which comes last, has 0. */
static struct body_write content_write(struct body *body)
{
	struct slice content = buffer_contents(&body->content);

	return (struct body_write){
		.body = body,
		.parts = {content},
		.piece = {.number = (uint32_t)body->piece_count + 1,
			.size = (uint32_t)content.size},
	};
}

static bool store_ahead(struct body *body, struct deadline deadline)
{
	struct body_write write = content_write(body);

	if (body->piece_count == PIECES_MAX)
		return fail(FAILURE_LIMIT, "message has too many pieces");
	if (!body->bodies->store->write(body->bodies, &write, 1, deadline))
		return false;
	*insert_piece(body, body->piece_count) = write.piece;
	buffer_clear(&body->content);
	return true;
}

bool body_append(struct body *body, struct slice bytes, struct deadline deadline)
{
	assert(!body->stored);
	while (bytes.size) {
		size_t room = BODY_PIECE_SIZE - buffer_size(&body->content);
		struct slice part = slice_part(bytes, 0, room);

		if (room == 0) {
			if (!store_ahead(body, deadline))
				return false;
			continue;
		}
		if (!buffer_append(&body->content, part))
			return false;
		body->size += part.size;
		bytes = slice_from(bytes, part.size);
	}
	return true;
}

void body_set_head(struct body *body, const struct slice *pieces, size_t count)
{
	assert(!body->stored && buffer_size(&body->head) == 0);
	for (size_t i = 0; i < count; i++) {
		buffer_append(&body->head, pieces[i]);
		body->size += pieces[i].size;
	}
}

uint64_t body_size(const struct body *body)
{
	return body->size;
}

size_t body_memory(const struct body *body)
{
	return body->head.capacity + body->content.capacity +
	       body->piece_count * sizeof(*body->pieces);
}

bool body_in_memory(const struct body *body, struct slice pieces_r[2])
{
	struct slice head = buffer_contents(&body->head);
	struct slice content = buffer_contents(&body->content);

	if (head.size + content.size != body->size)
		return false;
	pieces_r[0] = head;
	pieces_r[1] = content;
	return true;
}

void body_let_go(struct body *body)
{
	assert(body->stored);
	buffer_finish(&body->head);
	buffer_finish(&body->content);
}

/* What of BODY is still to be written: one piece, or head and rest. */
static size_t plan(struct body *body, struct body_write writes[2])
{
	struct slice head = buffer_contents(&body->head);

	if (body->piece_count == 0) {
		writes[0] = (struct body_write){
			.body = body,
			.parts = {head, buffer_contents(&body->content)},
			.piece = {.size = (uint32_t)body->size},
		};
		return 1;
	}
	writes[0] = content_write(body);
	writes[1] = (struct body_write){
		.body = body, .parts = {head}, .piece = {.size = (uint32_t)head.size}};
	return 2;
}

bool bodies_sync(struct bodies *bodies, struct body *const *list, size_t count,
	struct deadline deadline)
{
	struct body_write *writes = memory_allocate_array(
		2 * count + 1, sizeof(*writes));
	size_t planned = 0;
	bool synced;

	for (size_t i = 0; i < count; i++) {
		assert(!list[i]->stored);
		planned += plan(list[i], writes + planned);
	}
	synced = bodies->store->write(bodies, writes, planned, deadline);
	for (size_t i = 0; synced && i < planned; i++) {
		struct body *body = writes[i].body;
		bool in_front = writes[i].piece.number == 0;

		*insert_piece(body, in_front ? 0 : body->piece_count) = writes[i].piece;
		body->stored = true;
	}
	memory_free(writes);
	return synced;
}

bool body_get_number(struct slice *rest, uint64_t *value_r)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < rest->size && i < 9; i++) {
		uint64_t byte = (unsigned char)rest->at[i];

		value |= (byte & 127) << (7 * i);
		if (byte < 128) {
			*rest = slice_from(*rest, i + 1);
			*value_r = value;
			return true;
		}
	}
	return false;
}

/* kind, node (spool only), total size, pieces: number, size, place. */
bool body_reference(const struct body *body, struct buffer *into)
{
	const struct body_store *store = body->bodies->store;
	bool put;

	assert(body->stored);
	if (buffer_size(&body->elsewhere))
		return buffer_append(into, buffer_contents(&body->elsewhere));
	put = buffer_append_byte(into, store->kind) &&
	      buffer_append(into, body->bodies->node) && number_put(into, body->size) &&
	      number_put(into, body->piece_count);
	for (size_t i = 0; put && i < body->piece_count; i++)
		put = number_put(into, body->pieces[i].number) &&
		      number_put(into, body->pieces[i].size) &&
		      store->refer(&body->pieces[i], into);
	return put;
}

static bool read_pieces(struct body *body, struct slice rest, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct body_piece piece = {0};
		uint64_t number, size;

		if (!body_get_number(&rest, &number) ||
			!body_get_number(&rest, &size) || number > PIECES_MAX ||
			size > UINT32_MAX)
			return fail(FAILURE_DATA, "body reference is damaged");
		piece.number = (uint32_t)number;
		piece.size = (uint32_t)size;
		if (!body->bodies->store->resolve(body->bodies, &rest, &piece))
			return false;
		*insert_piece(body, body->piece_count) = piece;
	}
	if (rest.size)
		return fail(FAILURE_DATA, "body reference is damaged");
	return true;
}

struct body *body_open(struct bodies *bodies, struct slice reference)
{
	struct body *body = body_create(bodies);
	struct slice rest = slice_from(reference, 1 + bodies->node.size);
	uint64_t count;

	body->stored = true;
	if (reference.size == 0 || reference.at[0] != bodies->store->kind)
		fail(FAILURE_DATA, "the body is in another kind of store (queue.bodies "
				   "was changed while mail was queued)");
	else if (!slice_equal(
			 slice_part(reference, 1, bodies->node.size), bodies->node))
		return buffer_append(&body->elsewhere, reference) ? body : NULL;
	else if (!body_get_number(&rest, &body->size) ||
		 !body_get_number(&rest, &count) || count > rest.size)
		fail(FAILURE_DATA, "body reference is damaged");
	else if (read_pieces(body, rest, count))
		return body;
	body_destroy(&body);
	return NULL;
}

bool body_is_elsewhere(const struct body *body, struct slice *node_r)
{
	struct slice reference = buffer_contents(&body->elsewhere);

	if (reference.size == 0)
		return false;
	*node_r = slice_part(reference, 1, body->bodies->node.size);
	return true;
}

static int64_t share_of(const struct body_piece *piece, unsigned entries)
{
	uint64_t space = segment_record_space(piece->size);

	return (int64_t)(space / (entries ? entries : 1));
}

void body_count(struct bodies *bodies, const struct body *body, unsigned entries)
{
	for (size_t i = 0; i < body->piece_count; i++)
		bodies->store->count(
			&body->pieces[i], share_of(&body->pieces[i], entries));
}

void body_uncount(struct bodies *bodies, const struct body *body, unsigned entries)
{
	for (size_t i = 0; i < body->piece_count; i++)
		bodies->store->count(
			&body->pieces[i], -share_of(&body->pieces[i], entries));
}

struct body *body_copy(const struct body *body, struct deadline deadline)
{
	struct body *copy = body_create(body->bodies);
	struct body_reader reader;
	struct slice part = SLICE_EMPTY;
	bool copied;

	body_set_id(copy, body->shard, slice_of(body->id));
	body_reader_open(&reader, body);
	do {
		copied = body_reader_next(&reader, &part, deadline) &&
			 body_append(copy, part, deadline);
	} while (copied && part.size);
	body_reader_close(&reader);
	if (!copied || !bodies_sync(body->bodies, &copy, 1, deadline))
		body_destroy(&copy);
	return copy;
}

void bodies_destroy(struct bodies **bodies)
{
	if (*bodies)
		(*bodies)->store->destroy(*bodies);
	*bodies = NULL;
}

void body_reader_open(struct body_reader *reader, const struct body *body)
{
	*reader = (struct body_reader){.body = body};
}

/* In memory it is two parts; else one for each piece. */
bool body_reader_next(
	struct body_reader *reader, struct slice *part_r, struct deadline deadline)
{
	const struct body *body = reader->body;
	struct slice memory[2];

	memory_free(reader->loaded);
	reader->loaded = NULL;
	if (buffer_size(&body->elsewhere))
		return fail(FAILURE_STORE, "the body is in another node's spool");
	if (body_in_memory(body, memory)) {
		while (reader->piece < 2 && memory[reader->piece].size == 0)
			reader->piece++;
		*part_r = reader->piece < 2 ? memory[reader->piece++] : SLICE_EMPTY;
		return true;
	}
	if (reader->piece == body->piece_count) {
		*part_r = SLICE_EMPTY;
		return true;
	}
	if (!body->bodies->store->read(body, &body->pieces[reader->piece],
		    &reader->loaded, part_r, deadline))
		return false;
	reader->piece++;
	return true;
}

void body_reader_close(struct body_reader *reader)
{
	memory_free(reader->loaded);
	reader->loaded = NULL;
}
