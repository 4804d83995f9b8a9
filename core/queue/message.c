/*
 * Messages and entries in memory: made, shared, let go.
 *
 * A message is freed by its last holder together with its body's memory; the
 * stored octets are the queue's to forget, at settlement.
 */
#include "queue/message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/memory.h"
#include "queue/body.h"

#define TIME_DIGITS    9
#define SHARD_DIGITS   2
#define COUNTER_DIGITS 5

struct message_id message_id_make(int64_t time_ms, unsigned shard, uint64_t counter)
{
	struct message_id id = {{0}};

	base32_encode((uint64_t)time_ms, TIME_DIGITS, id.text);
	base32_encode(shard, SHARD_DIGITS, id.text + TIME_DIGITS);
	base32_encode(counter, COUNTER_DIGITS, id.text + TIME_DIGITS + SHARD_DIGITS);
	return id;
}

bool message_id_parse(struct slice text, struct message_id *id_r)
{
	uint64_t value;

	if (text.size != MESSAGE_ID_SIZE ||
		!base32_decode(slice_part(text, 0, TIME_DIGITS), &value) ||
		!base32_decode(slice_from(text, TIME_DIGITS), &value))
		return false;
	return slice_to_text(text, id_r->text, sizeof(id_r->text));
}

unsigned message_id_shard(const struct message_id *id)
{
	struct slice digits = slice_make(id->text + TIME_DIGITS, SHARD_DIGITS);
	uint64_t shard = 0;

	return base32_decode(digits, &shard) ? (unsigned)shard : 0;
}

int64_t message_id_time_ms(const struct message_id *id)
{
	uint64_t time = 0;

	return base32_decode(slice_make(id->text, TIME_DIGITS), &time) ? (int64_t)time
								       : 0;
}

struct slice message_id_slice(const struct message_id *id)
{
	return slice_make(id->text, MESSAGE_ID_SIZE);
}

struct slice shard_key_prefix(unsigned shard, char text[16])
{
	int size = snprintf(text, 16, "{rp:%02u}:", shard % SHARD_MAX);

	return slice_make(text, (size_t)size);
}

struct message *message_create(void)
{
	struct message *message = NEW(struct message);

	message->holders = 1;
	return message;
}

struct message *message_hold(struct message *message)
{
	assert(message->holders > 0);
	message->holders++;
	return message;
}

void message_release(struct message **message)
{
	struct message *old = *message;

	*message = NULL;
	if (!old)
		return;
	assert(old->holders > 0);
	if (--old->holders > 0)
		return;
	body_destroy(&old->body);
	arena_finish(&old->arena);
	memory_free(old);
}

static struct recipient recipient_copy(
	struct arena *arena, const struct recipient *from)
{
	struct recipient copy = *from;

	copy.address = arena_copy(arena, from->address);
	copy.original = arena_copy(arena, from->original);
	return copy;
}

struct entry *entry_create(struct message *message, unsigned index, struct slice domain,
	const struct recipient *recipients, size_t count)
{
	struct entry *entry = NEW(struct entry);

	entry->message = message_hold(message);
	entry->index = index;
	entry->shard = message_id_shard(&message->envelope.id);
	entry->domain = arena_copy(&entry->arena, domain);
	entry->recipients = arena_take_array(&entry->arena, count, sizeof(*recipients));
	entry->recipient_count = count;
	for (size_t i = 0; i < count; i++)
		entry->recipients[i] = recipient_copy(&entry->arena, &recipients[i]);
	return entry;
}

void entry_destroy(struct entry **entry)
{
	struct entry *old = *entry;

	*entry = NULL;
	if (!old)
		return;
	assert(!link_is_linked(&old->link));
	message_release(&old->message);
	arena_finish(&old->arena);
	memory_free(old);
}

void entry_add_note(struct entry *entry, const struct attempt_note *note)
{
	struct attempt_note *notes = entry->notes;

	if (entry->note_count == ENTRY_NOTES_MAX) {
		for (size_t i = 1; i < ENTRY_NOTES_MAX; i++)
			notes[i - 1] = notes[i];
		entry->note_count--;
	}
	notes[entry->note_count++] = (struct attempt_note){
		.at_ms = note->at_ms,
		.host = arena_copy(
			&entry->arena, slice_part(note->host, 0, ATTEMPT_HOST_MAX)),
		.answer = arena_copy(
			&entry->arena, slice_part(note->answer, 0, ATTEMPT_ANSWER_MAX)),
	};
}

struct slice entry_flow(const struct entry *entry, char text[FLOW_SIZE_MAX + 1])
{
	return envelope_flow(&entry->message->envelope, text);
}

struct slice entry_key(const struct entry *entry, char text[32])
{
	size_t size = MESSAGE_ID_SIZE;

	memcpy(text, entry->message->envelope.id.text, size + 1);
	if (entry->index)
		size += (size_t)snprintf(text + size, 32 - size, ".%u", entry->index);
	assert(size < 32);
	return slice_make(text, size);
}

bool entry_key_parse(struct slice key, struct message_id *id_r, unsigned *index_r)
{
	uint64_t index = 0;
	struct message_id id;
	struct slice rest = key, head = slice_cut(&rest, '.');

	if (!message_id_parse(head, &id))
		return false;
	if (rest.at &&
		(!slice_to_u64(rest, &index) || index == 0 || index > ENTRY_INDEX_MAX))
		return false;
	*id_r = id;
	*index_r = (unsigned)index;
	return true;
}
