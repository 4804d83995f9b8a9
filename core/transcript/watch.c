/*
 * Watches: who they are, whether they want something, and their lines.
 */
#include "transcript/watch.h"

#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"
#include "transcript/watch_core.h"

#define ASKED_US  (15 * INT64_C(1000000))
#define SWEEP_US  INT64_C(1000000)
#define BYTES_MAX (1u << 20) /* of lines that nobody has taken */

struct given {
	struct link link;
	size_t bytes;
	struct transcript_line line;
	char text[];
};

static _Thread_local struct transcript_watch *watches[TRANSCRIPT_WATCHES_MAX];
static _Thread_local int64_t swept_us;

static struct given *take_given(struct transcript_watch *watch)
{
	struct link *link = list_take(&watch->lines);
	struct given *given = link ? CONTAINER_OF(link, struct given, link) : NULL;

	if (given)
		watch->bytes -= given->bytes;
	return given;
}

static void end(struct transcript_watch **place)
{
	struct transcript_watch *watch = *place;
	struct given *given;

	*place = NULL;
	transcript_watches--;
	transcript_forget(watch);
	while ((given = take_given(watch)))
		memory_free(given);
	memory_free(watch);
	if (!transcript_watches)
		transcript_forget_all();
}

static struct transcript_watch **find(struct slice name)
{
	for (size_t i = 0; i < TRANSCRIPT_WATCHES_MAX; i++)
		if (watches[i] && slice_equal(slice_of(watches[i]->name), name))
			return &watches[i];
	return NULL;
}

void watch_sweep(void)
{
	int64_t now_us = worker_now_us();

	if (now_us - swept_us < SWEEP_US)
		return;
	swept_us = now_us;
	for (size_t i = 0; i < TRANSCRIPT_WATCHES_MAX; i++)
		if (watches[i] && now_us - watches[i]->asked_us > ASKED_US)
			end(&watches[i]);
}

static struct transcript_watch *begin(const struct transcript_wish *wish)
{
	struct transcript_watch *watch;
	size_t place = 0;

	while (place < TRANSCRIPT_WATCHES_MAX && watches[place])
		place++;
	if (place == TRANSCRIPT_WATCHES_MAX) {
		fail(FAILURE_LIMIT, "%d watch already", TRANSCRIPT_WATCHES_MAX);
		return NULL;
	}
	watch = NEW(struct transcript_watch);
	watch->bit = UINT32_C(1) << place;
	slice_to_text(wish->name, watch->name, sizeof(watch->name));
	watch->wish = *wish;
	watch->wish.name = slice_of(watch->name);
	list_init(&watch->lines);
	watches[place] = watch;
	transcript_watches++;
	transcript_consider(watch);
	return watch;
}

struct transcript_watch *transcript_watch_hold(const struct transcript_wish *wish)
{
	struct transcript_watch **place = find(wish->name), *watch;

	swept_us = 0;
	if (place)
		(*place)->asked_us = worker_now_us();
	watch_sweep();
	if (!wish->name.size || wish->name.size > TRANSCRIPT_NAME_MAX) {
		fail(FAILURE_DATA, "a watch needs a name of 1 to %d bytes",
			TRANSCRIPT_NAME_MAX);
		return NULL;
	}
	watch = place ? *place : begin(wish);
	if (watch)
		watch->asked_us = worker_now_us();
	return watch;
}

uint64_t transcript_watch_take(struct transcript_watch *watch, size_t lines,
	void (*visit)(void *context, const struct transcript_line *line), void *context)
{
	uint64_t lost = watch->lost;
	struct given *given;

	while (lines-- && (given = take_given(watch))) {
		visit(context, &given->line);
		memory_free(given);
	}
	watch->lost = 0;
	return lost;
}

void transcript_watch_end(struct slice name)
{
	struct transcript_watch **place = find(name);

	if (place)
		end(place);
}

void transcript_stop(void)
{
	for (size_t i = 0; i < TRANSCRIPT_WATCHES_MAX; i++)
		if (watches[i])
			end(&watches[i]);
}

static void give(struct transcript_watch *watch, const struct transcript *from,
	const struct transcript_kept *line)
{
	size_t label = strlen(from->label);
	size_t bytes = sizeof(struct given) + label + line->size;
	struct given *given;

	if (watch->bytes + bytes > BYTES_MAX) {
		watch->lost++;
		return;
	}
	given = memory_allocate(bytes);
	memcpy(given->text, from->label, label);
	memcpy(given->text + label, line->text, line->size);
	given->bytes = bytes;
	given->line = (struct transcript_line){
		.at_ms = line->at_ms,
		.session = from->number,
		.message = line->message,
		.incoming = from->incoming,
		.voice = line->voice,
		.label = slice_make(given->text, label),
		.text = slice_make(given->text + label, line->size),
	};
	watch->bytes += bytes;
	list_append(&watch->lines, &given->link);
}

void watch_give(uint32_t watched, const struct transcript *from,
	const struct transcript_kept *line)
{
	for (size_t i = 0; watched && i < TRANSCRIPT_WATCHES_MAX; i++)
		if (watches[i] && (watches[i]->bit & watched))
			give(watches[i], from, line);
}

static bool wants(const struct transcript_wish *wish, bool incoming)
{
	return incoming ? wish->incoming : wish->outgoing;
}

uint32_t watch_match(bool incoming, enum transcript_fact fact, struct slice value)
{
	uint32_t matched = 0;

	for (size_t i = 0; i < TRANSCRIPT_WATCHES_MAX; i++)
		if (watches[i] && wants(&watches[i]->wish, incoming) &&
			transcript_target_is(&watches[i]->wish.target, fact, value))
			matched |= watches[i]->bit;
	return matched;
}

uint32_t watch_all(void)
{
	uint32_t all = 0;

	for (size_t i = 0; i < TRANSCRIPT_WATCHES_MAX; i++)
		if (watches[i])
			all |= watches[i]->bit;
	return all;
}
