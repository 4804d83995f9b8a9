/* What is counted while it runs. */
#include "bench/tally.h"

#include <string.h>

#include "base/memory.h"
#include "run/ring.h"

#define TEXT_MAX 160

static struct slice generalise(struct slice text, char *into, size_t room);
static void count_text(struct tally *tally, struct slice text, uint64_t by);

struct tally *tally_create(void)
{
	return NEW(struct tally);
}

void tally_destroy(struct tally **tally)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	if (!*tally)
		return;
	while (map_next(&(*tally)->texts, &cursor, &key, &value))
		memory_free(value);
	map_finish(&(*tally)->texts);
	memory_free(*tally);
	*tally = NULL;
}

void tally_count(struct tally *tally, enum tally_number number, int64_t by)
{
	uint64_t *at = &tally->numbers[number];

	__atomic_store_n(at, *at + (uint64_t)by, __ATOMIC_RELAXED);
}

uint64_t tally_get(const struct tally *tally, enum tally_number number)
{
	return __atomic_load_n(&tally->numbers[number], __ATOMIC_RELAXED);
}

void tally_time(struct tally *tally, enum tally_time time, int64_t us)
{
	histogram_record(&tally->times[time], us > 0 ? (uint64_t)us : 0);
}

void tally_message(struct tally *tally, int64_t began_us, int64_t now_us)
{
	tally_time(tally, TALLY_MESSAGE, now_us - began_us);
	if (!tally->first_us)
		__atomic_store_n(
			&tally->first_us, (uint64_t)began_us, __ATOMIC_RELAXED);
	__atomic_store_n(&tally->last_us, (uint64_t)now_us, __ATOMIC_RELAXED);
}

void tally_reply(struct tally *tally, const char *stage, const struct reply *reply)
{
	char text[TEXT_MAX];

	reply_print(reply, text, sizeof(text));
	tally_text(tally, stage, text);
}

void tally_text(struct tally *tally, const char *stage, const char *text)
{
	char line[TEXT_MAX];
	size_t used = strlen(stage);

	memcpy(line, stage, used);
	memcpy(line + used, ": ", 2);
	used += 2;
	used += generalise(slice_of(text), line + used, sizeof(line) - used).size;
	count_text(tally, slice_make(line, used), 1);
}

void tally_ring(struct tally *tally)
{
	struct ring_figures figures = ring_figures();

	tally_count(tally, TALLY_ENTERS, (int64_t)figures.enters);
	tally_count(tally, TALLY_SENDS, (int64_t)figures.sends);
	tally_count(tally, TALLY_RECEIVES, (int64_t)figures.receives);
}

void tally_add(struct tally *to, const struct tally *from)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	for (unsigned i = 0; i < TALLY_NUMBERS; i++)
		to->numbers[i] += tally_get(from, i);
	for (unsigned i = 0; i < TALLY_TIMES; i++)
		histogram_add(&to->times[i], &from->times[i]);
	if (from->first_us && (!to->first_us || from->first_us < to->first_us))
		to->first_us = from->first_us;
	if (from->last_us > to->last_us)
		to->last_us = from->last_us;
	while (map_next(&from->texts, &cursor, &key, &value))
		count_text(to, key, ((const struct tally_text *)value)->count);
}

/*
 * "450 4.7.1 <a@b> try in 60 s" becomes "450 4.7.1 <…> try in # s": the code
 * and the enhanced code stay, later words with a digit become one sign.
 */
static struct slice generalise(struct slice text, char *into, size_t room)
{
	size_t used = 0;
	unsigned words = 0;

	while (text.at && room - used > 8) {
		struct slice word = slice_cut(&text, ' ');
		bool varies = false;

		for (size_t i = 0; words >= 2 && i < word.size; i++)
			varies |= ascii_is_digit(word.at[i]);
		if (slice_index(word, '@') < word.size)
			word = SLICE("<...>");
		else if (varies)
			word = SLICE("#");
		word = slice_part(word, 0, room - used - 2);
		if (words++)
			into[used++] = ' ';
		if (word.size)
			memcpy(into + used, word.at, word.size);
		used += word.size;
	}
	return slice_make(into, used);
}

static void count_text(struct tally *tally, struct slice text, uint64_t by)
{
	struct tally_text *found = map_find(&tally->texts, text);

	if (!found && tally->texts.count >= TALLY_TEXTS_MAX) {
		text = SLICE("other texts");
		found = map_find(&tally->texts, text);
	}
	if (!found) {
		found = memory_allocate(sizeof(*found) + text.size + 1);
		memcpy(found->text, text.at, text.size);
		map_set(&tally->texts, text, found);
	}
	found->count += by;
}
