/*
 * Messages for FETCH: read many at once, the next ones while those before them are
 * on their way to the client.
 */
#include "imap_server/fetching.h"
#include "run/fiber.h"

#define AT_ONCE	      200
#define BYTES_AT_ONCE ((uint64_t)256 << 10)

/* Those that are read together. */
struct some {
	struct fetching *fetching;
	struct arena arena; /* what was read of them */
	uint32_t *sequences;
	struct stored_message *messages;
	size_t count, room;
	struct deadline deadline;
	bool good;
};

/* How far it has come. */
struct walk {
	size_t range;
	uint32_t next; /* 0: where the range begins */
};

static bool is_only_header(const struct imap_item *item)
{
	const struct imap_section *section = &item->section;

	return item->kind == IMAP_ITEM_SECTION && !section->number_count &&
	       section->text != IMAP_SECTION_ALL && section->text != IMAP_SECTION_TEXT;
}

static unsigned wanted_of(const struct imap_fetch *asked)
{
	unsigned wanted = 0;

	for (size_t i = 0; i < asked->count; i++) {
		const struct imap_item *item = &asked->items[i];

		if (fetching_needs_facts(item))
			wanted |= MESSAGE_FACTS;
		if (fetching_needs_file(item))
			wanted |= is_only_header(item) ? MESSAGE_HEADER : MESSAGE_BYTES;
	}
	return wanted;
}

/* The next one, whatever it is; false: there are no more. */
static bool step(const struct uid_set *chosen, struct walk *walk, uint32_t *sequence_r)
{
	const struct uid_range *range;

	if (walk->range == chosen->count)
		return false;
	range = &chosen->at[walk->range];
	if (!walk->next)
		walk->next = range->first;
	*sequence_r = walk->next++;
	if (*sequence_r == range->last) {
		walk->range++;
		walk->next = 0;
	}
	return true;
}

static void collect(struct some *some, struct walk *walk)
{
	struct fetching *fetching = some->fetching;
	uint64_t bytes = 0;
	uint32_t sequence;

	some->count = 0;
	while (some->count < some->room && bytes < BYTES_AT_ONCE &&
		step(&fetching->chosen, walk, &sequence)) {
		const struct record *record = state_at(
			fetching->dialogue->view->state, sequence);

		if (!fetching_wants(fetching, record))
			continue;
		if (fetching->wanted & MESSAGE_BYTES)
			bytes += record->size;
		some->sequences[some->count] = sequence;
		some->messages[some->count++] = (struct stored_message){
			.file = record->file, .bytes = {.fd = -1}};
	}
}

static void read_them(void *arg)
{
	struct some *some = arg;
	const struct message_reading reading = {.list = some->messages,
		.count = some->count,
		.wanted = some->fetching->wanted,
		.arena = &some->arena};

	some->good = true;
	if (!reading.wanted) {
		fiber_yield(some->deadline);
		return;
	}
	arena_reset(&some->arena);
	some->good = view_read(
		some->fetching->dialogue->view, &reading, some->deadline);
}

static void drop(struct some *some)
{
	for (size_t i = 0; i < some->count; i++)
		message_close(&some->messages[i].bytes);
	some->count = 0;
}

/* False: the session is over. */
static bool write_them(
	struct some *some, fetching_writer *write_one, struct deadline deadline)
{
	bool good = true;

	for (size_t i = 0; i < some->count; i++) {
		struct stored_message *message = &some->messages[i];

		if (!some->good)
			message->found = MESSAGE_UNREAD;
		good = good &&
		       write_one(some->fetching, some->sequences[i], message, deadline);
		message_close(&message->bytes);
	}
	some->count = 0;
	return good;
}

static struct some *make_some(
	struct fetching *fetching, size_t room, struct deadline deadline)
{
	struct arena *arena = &fetching->dialogue->arena;
	struct some *some = ARENA_NEW(arena, struct some);

	some->fetching = fetching;
	some->room = room;
	some->sequences = arena_take_array(arena, room, sizeof(*some->sequences));
	some->messages = arena_take_array(arena, room, sizeof(*some->messages));
	some->deadline = deadline;
	return some;
}

/* NOW is written while NEXT is read; false: the session is over. */
static bool write_and_read(struct some *now, struct some *next,
	fetching_writer *write_one, struct deadline deadline)
{
	struct scope scope;
	bool good, ahead;

	scope_init(&scope);
	ahead = next->count && now->fetching->wanted &&
		scope_spawn(&scope, "imap_fetch", read_them, next);
	good = write_them(now, write_one, deadline);
	if (!good)
		scope_cancel(&scope);
	scope_finish(&scope, deadline);
	if (!ahead && next->count && good)
		read_them(next);
	return good;
}

bool fetching_each(
	struct fetching *fetching, fetching_writer *write_one, struct deadline deadline)
{
	uint64_t all = uid_set_size(&fetching->chosen);
	size_t room = all < AT_ONCE ? (size_t)all : AT_ONCE;
	struct some *now = make_some(fetching, room, deadline), *next, *written;
	struct walk walk = {0};
	bool good = true;

	fetching->wanted = wanted_of(fetching->asked);
	collect(now, &walk);
	next = make_some(
		fetching, walk.range < fetching->chosen.count ? room : 0, deadline);
	if (now->count)
		read_them(now);
	while (good && now->count) {
		collect(next, &walk);
		good = write_and_read(now, next, write_one, deadline);
		written = now;
		now = next;
		next = written;
	}
	drop(now);
	arena_finish(&now->arena);
	arena_finish(&next->arena);
	return good;
}
