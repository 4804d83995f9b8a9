/*
 * FETCH (RFC 9051 6.4.5): what is in memory from there, what is kept of messages for
 * many at once, bytes from their files.
 */
#include <stdio.h>

#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/fetching.h"
#include "store/acl.h"

bool fetching_wants(const struct fetching *fetching, const struct record *record)
{
	return !fetching->asked->changed_since ||
	       record->modseq > fetching->asked->since;
}

/* \Seen is set before, and told with what it was set for. */
static void set_seen(struct fetching *fetching, struct deadline deadline)
{
	struct imap_dialogue *dialogue = fetching->dialogue;
	struct view *view = dialogue->view;
	struct flags_change change = {FLAGS_ADD, MESSAGE_SEEN, SLICE_EMPTY, UINT64_MAX};
	struct uid_set modified;
	enum store_fault fault;

	if (!fetching->asked->sets_seen || view->read_only ||
		!(view_rights(view) & RIGHT_SEEN))
		return;
	for (size_t i = 0; i < fetching->chosen.count; i++) {
		struct uid_range range = fetching->chosen.at[i];

		for (uint32_t k = range.first; k <= range.last; k++) {
			const struct record *record = state_at(view->state, k);

			if (!(record->flags & (MESSAGE_SEEN | MESSAGE_GHOST)) &&
				fetching_wants(fetching, record))
				uid_set_add(&fetching->seen, &dialogue->arena,
					record->uid, record->uid);
		}
	}
	if (!fetching->seen.count ||
		!view_change_flags(view, &fetching->seen, &change, &dialogue->arena,
			&modified, &fault, deadline))
		return;
	dialogue->own = &fetching->seen;
	imap_tell(dialogue, false);
	dialogue->own = NULL;
}

/* What is kept of a message; empty for one of which nothing is. */
static bool write_fact(struct fetching *fetching, const struct imap_item *item)
{
	struct fetch_writer *writer = &fetching->writer;
	const struct facts *facts = &fetching->facts;
	struct slice value = item->kind == IMAP_ITEM_ENVELOPE ? facts->envelope
			     : item->kind == IMAP_ITEM_BODY   ? facts->body
							      : facts->structure;

	if (item->kind == IMAP_ITEM_PREVIEW) {
		fetch_text(writer, item->label,
			facts->preview.size ? facts->preview : SLICE(""));
		return true;
	}
	fetch_label(writer, item->label);
	buffer_append(writer->out, value);
	return true;
}

static bool write_item(struct fetching *fetching, const struct imap_item *item,
	struct deadline deadline)
{
	struct fetch_writer *writer = &fetching->writer;
	const struct record *record = fetching->record;
	char id[24];

	switch (item->kind) {
	case IMAP_ITEM_FLAGS:
		imap_write_flags_of(fetching->dialogue, writer, record);
		return true;
	case IMAP_ITEM_UID:
		fetch_uid(writer, record->uid);
		return true;
	case IMAP_ITEM_INTERNALDATE:
		fetch_internal_date(writer, record->internal_ms);
		return true;
	case IMAP_ITEM_SIZE:
		fetch_size(writer, item->label, record->size);
		return true;
	case IMAP_ITEM_MODSEQ:
		fetch_modseq(writer, record->modseq);
		return true;
	case IMAP_ITEM_EMAILID:
		(void)snprintf(
			id, sizeof(id), "M%llu", (unsigned long long)record->file);
		fetch_object(writer, item->label, slice_of(id));
		return true;
	case IMAP_ITEM_THREADID:
		fetch_object(writer, item->label, SLICE_EMPTY);
		return true;
	case IMAP_ITEM_SAVEDATE:
		fetch_save_date(writer, record->saved_ms);
		return true;
	case IMAP_ITEM_ENVELOPE:
	case IMAP_ITEM_BODY:
	case IMAP_ITEM_BODYSTRUCTURE:
	case IMAP_ITEM_PREVIEW:
		return write_fact(fetching, item);
	case IMAP_ITEM_SECTION:
	case IMAP_ITEM_BINARY:
	case IMAP_ITEM_BINARY_SIZE:
		return fetching_write_section(fetching, item, deadline);
	}
	return true;
}

static bool write_all(
	struct fetching *fetching, uint32_t sequence, struct deadline deadline)
{
	const struct imap_fetch *asked = fetching->asked;
	const struct record *record = fetching->record;
	struct imap_dialogue *dialogue = fetching->dialogue;
	bool was_seen = uid_set_has(&fetching->seen, record->uid);
	bool modseq = asked->changed_since || (was_seen && dialogue->condstore);

	imap_tell_keywords_of(dialogue, record);
	fetching->mark = buffer_size(&dialogue->out);
	fetching->sent = false;
	imap_begin_fetch(dialogue, &fetching->writer, sequence, record->uid);
	if (fetching->uid && !(asked->kinds & 1u << IMAP_ITEM_UID))
		fetch_uid(&fetching->writer, record->uid);
	if (was_seen && !(asked->kinds & 1u << IMAP_ITEM_FLAGS))
		imap_write_flags_of(dialogue, &fetching->writer, record);
	if (modseq && !(asked->kinds & 1u << IMAP_ITEM_MODSEQ))
		fetch_modseq(&fetching->writer, record->modseq);
	for (size_t i = 0; i < asked->count; i++) {
		if (!write_item(fetching, &asked->items[i], deadline))
			return false;
	}
	fetch_end(&fetching->writer);
	return true;
}

/* False: the session is over. A message that cannot be read is left out. */
static bool fetch_one(struct fetching *fetching, uint32_t sequence,
	const struct stored_message *message, struct deadline deadline)
{
	struct imap_dialogue *dialogue = fetching->dialogue;

	fetching->record = state_at(dialogue->view->state, sequence);
	fetching->place = NULL;
	fetching->facts = (struct facts){0};
	fetching->file = message->bytes;
	arena_reset(&fetching->arena);
	if (message->found == MESSAGE_GONE) {
		fetching->any_gone = true;
	} else if (message->found != MESSAGE_THERE ||
		   (fetching->wanted & MESSAGE_FACTS &&
			   !facts_read(message->facts, &fetching->facts))) {
		fetching->any_unread = true;
	} else if (!write_all(fetching, sequence, deadline)) {
		fetching->any_unread = true;
		if (fetching->sent)
			dialogue->ended = true;
		else if (!dialogue->ended) /* where it has, nothing is kept */
			buffer_truncate(&dialogue->out, fetching->mark);
	}
	return !dialogue->ended && imap_flush_some(dialogue, deadline);
}

/* RFC 7162 3.2.6 */
static bool tell_vanished(
	struct fetching *fetching, const struct imap_set *set, struct deadline deadline)
{
	struct imap_dialogue *dialogue = fetching->dialogue;
	struct uid_set gone, asked;

	if (!fetching->asked->vanished)
		return true;
	if (!dialogue->qresync) {
		imap_bad(dialogue, "ENABLE QRESYNC comes first");
		return false;
	}
	if (!view_vanished(dialogue->view, fetching->asked->since, &dialogue->arena,
		    &gone, deadline)) {
		imap_no_fault(dialogue, STORE_NO_FAULT, NULL);
		return false;
	}
	asked = imap_set_resolve(&dialogue->arena, set, UINT32_MAX);
	gone = imap_set_common(dialogue, &gone, &asked);
	imap_write_vanished(&dialogue->out, &gone, true);
	return true;
}

static void end(struct fetching *fetching)
{
	struct imap_dialogue *dialogue = fetching->dialogue;

	imap_tell(dialogue, fetching->uid);
	if (fetching->any_unread)
		imap_no(dialogue, "UNAVAILABLE", "Some could not be read now");
	else if (fetching->any_unknown)
		imap_no(dialogue, "UNKNOWN-CTE", "Some could not be decoded");
	else
		imap_ok(dialogue,
			fetching->any_gone ? SLICE("EXPUNGEISSUED") : SLICE_EMPTY,
			"FETCH completed");
}

void imap_fetch(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct fetching *fetching = ARENA_NEW(&dialogue->arena, struct fetching);
	const struct imap_fetch *asked = &command->fetch;

	*fetching = (struct fetching){.dialogue = dialogue,
		.asked = asked,
		.uid = command->uid,
		.writer = {.out = &dialogue->out,
			.utf8 = dialogue->utf8 || dialogue->rev2}};
	if (!imap_choose(dialogue, &asked->set, command->uid, &fetching->chosen) ||
		!tell_vanished(fetching, &asked->set, deadline))
		return;
	if (asked->changed_since || asked->kinds & 1u << IMAP_ITEM_MODSEQ)
		imap_turn_on_condstore(dialogue);
	if (asked->partial_first)
		fetching->chosen = imap_part_of(dialogue, &fetching->chosen,
			asked->partial_first, asked->partial_last);
	set_seen(fetching, deadline);
	if (fetching_each(fetching, fetch_one, deadline))
		end(fetching);
	arena_finish(&fetching->arena);
	arena_finish(&fetching->section);
}
