/* Sorts messages by keys of bytes; see sort.h. */
#include "imap/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "imap/unicode.h"

#define TEXT_MOST 1000 /* bytes of a text that are compared */

struct entry {
	struct slice key;
	uint32_t sequence, number;
};

struct sort {
	const struct imap_sort_key *keys;
	size_t key_count;
	struct arena arena;
	struct buffer key; /* the one being made */
	struct entry *entries;
	size_t count, room;
	uint32_t *numbers;
};

struct sort *sort_create(const struct imap_sort_key *keys, size_t count)
{
	struct sort *sort = NEW(struct sort);

	sort->keys = keys;
	sort->key_count = count;
	return sort;
}

void sort_destroy(struct sort **sort)
{
	if (!*sort)
		return;
	arena_finish(&(*sort)->arena);
	buffer_finish(&(*sort)->key);
	memory_free((*sort)->entries);
	memory_free((*sort)->numbers);
	memory_free(*sort);
	*sort = NULL;
}

bool sort_needs_facts(const struct sort *sort)
{
	for (size_t i = 0; i < sort->key_count; i++) {
		if (sort->keys[i].kind != IMAP_SORT_ARRIVAL &&
			sort->keys[i].kind != IMAP_SORT_SIZE)
			return true;
	}
	return false;
}

/* Bytes in their order; the sign turned round puts those below 0 first. */
static void put_number(struct buffer *out, int64_t value)
{
	uint64_t bits = (uint64_t)value ^ (UINT64_C(1) << 63);

	for (int shift = 56; shift >= 0; shift -= 8)
		buffer_append_byte(out, (char)(bits >> shift));
}

/* A client sees seconds: within one, messages stay in their order (RFC 5256 3). */
static void put_time(struct buffer *out, int64_t ms)
{
	put_number(out, (ms - (ms < 0 ? 999 : 0)) / 1000);
}

/* A NUL ends it, so that what is shorter comes first. */
static void put_text(struct buffer *out, struct slice text)
{
	size_t start = buffer_size(out), size;
	char *at;

	unicode_key_write(out, slice_part(text, 0, TEXT_MOST));
	size = buffer_size(out) - start;
	at = out->bytes ? out->bytes + out->start + start : NULL;
	for (size_t i = 0; i < size; i++)
		at[i] = at[i] ? at[i] : 1;
	buffer_append_byte(out, 0);
}

static struct slice text_of(enum imap_sort_kind kind, const struct facts *facts)
{
	switch (kind) {
	case IMAP_SORT_CC:
		return facts->cc;
	case IMAP_SORT_FROM:
		return facts->from;
	case IMAP_SORT_SUBJECT:
		return facts->subject;
	case IMAP_SORT_TO:
		return facts->to;
	case IMAP_SORT_DISPLAYFROM:
		return facts->from_display;
	default:
		return facts->to_display;
	}
}

static void put(struct buffer *out, const struct imap_sort_key *key,
	const struct search_record *record, const struct facts *facts)
{
	size_t start = buffer_size(out);

	switch (key->kind) {
	case IMAP_SORT_ARRIVAL:
		put_time(out, record->internal_ms);
		break;
	case IMAP_SORT_DATE:
		put_time(out, facts->has_date ? facts->sent_ms : record->internal_ms);
		break;
	case IMAP_SORT_SIZE:
		put_number(out, (int64_t)record->size);
		break;
	default:
		put_text(out, text_of(key->kind, facts));
		break;
	}
	for (size_t i = start; key->reverse && i < buffer_size(out); i++)
		out->bytes[out->start + i] = (char)~out->bytes[out->start + i];
}

void sort_add(struct sort *sort, uint32_t number, const struct search_record *record,
	const struct facts *facts)
{
	static const struct facts none;

	if (sort->count == sort->room) {
		sort->room = sort->room ? sort->room * 2 : 64;
		sort->entries = memory_resize(
			sort->entries, sort->room * sizeof(*sort->entries));
	}
	buffer_clear(&sort->key);
	for (size_t i = 0; i < sort->key_count; i++)
		put(&sort->key, &sort->keys[i], record, facts ? facts : &none);
	sort->entries[sort->count++] = (struct entry){
		.key = arena_copy(&sort->arena, buffer_contents(&sort->key)),
		.sequence = record->sequence,
		.number = number,
	};
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = slice_compare(x->key, y->key);

	if (order)
		return order;
	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

const uint32_t *sort_numbers(struct sort *sort, size_t *count_r)
{
	if (sort->count)
		qsort(sort->entries, sort->count, sizeof(*sort->entries), compare);
	memory_free(sort->numbers);
	sort->numbers = memory_allocate_array(sort->count + 1, sizeof(*sort->numbers));
	for (size_t i = 0; i < sort->count; i++)
		sort->numbers[i] = sort->entries[i].number;
	*count_r = sort->count;
	return sort->numbers;
}
