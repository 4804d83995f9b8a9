/*
 * Reports that are noted in passing, to be written when Redis has time for them.
 */
#include "base/memory.h"
#include "feedback/suppression_core.h"
#include "feedback/suppression_list.h"

struct note {
	struct link link;
	struct suppression_wish wish; /* texts behind it */
	char text[];
};

static struct slice keep(char **text, struct slice what)
{
	char *at = *text;

	for (size_t i = 0; i < what.size; i++)
		at[i] = what.at[i];
	*text += what.size;
	return slice_make(at, what.size);
}

static struct note *copy(const struct suppression_wish *wish)
{
	const struct suppression_entry *entry = &wish->entry;
	struct note *note = memory_allocate(sizeof(*note) + entry->tenant.size +
					    entry->address.size + entry->detail.size +
					    wish->message.size);
	char *text = note->text;

	note->wish = *wish;
	note->wish.entry.tenant = keep(&text, entry->tenant);
	note->wish.entry.address = keep(&text, entry->address);
	note->wish.entry.detail = keep(&text, entry->detail);
	note->wish.message = keep(&text, wish->message);
	return note;
}

static void free_note(struct note **note)
{
	memory_free(*note);
	*note = NULL;
}

void suppression_note(struct suppression *suppression,
	const struct config_suppression *config,
	const struct suppression_report *report)
{
	struct suppression_words words;
	struct suppression_field field;
	struct suppression_wish wish;
	struct note *note;
	bool room;

	/* What cannot be written is not kept: it would be in the way for ever. */
	if (!suppression_make_wish(config, report, &words, &wish) ||
		!suppression_field_read(&field, wish.entry.tenant, wish.entry.address))
		return;
	note = copy(&wish);
	pthread_mutex_lock(&suppression->notes_lock);
	room = suppression->note_count < SUPPRESSION_NOTES_MAX;
	if (room) {
		list_append(&suppression->notes, &note->link);
		suppression->note_count++;
	} else {
		suppression->notes_lost++;
	}
	pthread_mutex_unlock(&suppression->notes_lock);
	if (!room) {
		free_note(&note);
		return;
	}
	/* When it is written nobody knows any more what it was about. */
	if (report->reason == SUPPRESSION_UNSUBSCRIBE)
		suppression_tell_left_list(report);
	suppression_hurry(suppression);
}

/* Up to SUPPRESSION_BATCH_MAX, in their order; a soft one alone. */
static size_t take_notes(struct suppression *suppression, struct list *into)
{
	size_t count = 0;

	pthread_mutex_lock(&suppression->notes_lock);
	while (count < SUPPRESSION_BATCH_MAX && !list_is_empty(&suppression->notes)) {
		struct note *note = LIST_FIRST(&suppression->notes, struct note, link);

		if (count && note->wish.soft_count)
			break;
		list_remove(&note->link);
		list_append(into, &note->link);
		count++;
		if (note->wish.soft_count)
			break;
	}
	suppression->note_count -= count;
	pthread_mutex_unlock(&suppression->notes_lock);
	return count;
}

/* Before those that came meanwhile. */
static void give_back(struct suppression *suppression, struct list *notes, size_t count)
{
	pthread_mutex_lock(&suppression->notes_lock);
	list_move_all(notes, &suppression->notes);
	list_move_all(&suppression->notes, notes);
	suppression->note_count += count;
	pthread_mutex_unlock(&suppression->notes_lock);
}

static bool write_batch(struct suppression *suppression, struct redis *redis,
	struct list *notes, size_t count, struct deadline deadline)
{
	struct suppression_wish *wishes = memory_allocate_array(count, sizeof(*wishes));
	struct suppression_batch batch = {
		.wishes = wishes, .count = count, .by = "report"};
	size_t i = 0;
	bool good, entered;

	LIST_EACH (notes, link)
		wishes[i++] = CONTAINER_OF(link, struct note, link)->wish;
	if (wishes[0].soft_count)
		good = suppression_write_soft(
			suppression, redis, wishes, &entered, deadline);
	else
		good = suppression_write(suppression, redis, &batch, deadline);
	if (good && batch.full)
		suppression_tell_full(suppression);
	memory_free(wishes);
	return good;
}

bool suppression_write_notes(
	struct suppression *suppression, struct redis *redis, struct deadline deadline)
{
	struct list notes;
	struct link *link;
	size_t count;

	list_init(&notes);
	while ((count = take_notes(suppression, &notes))) {
		if (!write_batch(suppression, redis, &notes, count, deadline)) {
			give_back(suppression, &notes, count);
			return false;
		}
		while ((link = list_take(&notes)))
			memory_free(CONTAINER_OF(link, struct note, link));
	}
	return true;
}

void suppression_forget_notes(struct suppression *suppression)
{
	struct link *link;

	while ((link = list_take(&suppression->notes)))
		memory_free(CONTAINER_OF(link, struct note, link));
	suppression->note_count = 0;
}

struct suppression_figures suppression_figures(const struct suppression *suppression)
{
	struct suppression *own = (struct suppression *)suppression;
	struct suppression_figures figures = {
		.entries = suppression_table_count(suppression->table),
		.bytes = suppression_table_bytes(suppression->table),
		.loaded = suppression_is_loaded(suppression),
	};

	pthread_mutex_lock(&own->notes_lock);
	figures.waiting = suppression->note_count;
	figures.lost = suppression->notes_lost;
	pthread_mutex_unlock(&own->notes_lock);
	return figures;
}
