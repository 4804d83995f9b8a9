/*
 * What is told of a mailbox unasked: who was expunged, what flags changed, how many
 * there are (RFC 9051 7.4, 7.5).
 */
#include "imap/write.h"
#include "imap_server/dialogue.h"
#include "store/acl.h"

struct telling {
	struct imap_dialogue *dialogue;
	struct uid_set vanished; /* RFC 7162 3.2.10 */
	bool recent;		 /* how many are \Recent is another number */
};

static void tell_expunged(void *context, uint32_t sequence, uint32_t uid)
{
	struct telling *telling = context;
	struct imap_dialogue *dialogue = telling->dialogue;

	if (uid >= dialogue->view->recent_from)
		telling->recent = true;
	if (dialogue->qresync || dialogue->uid_only)
		uid_set_add(&telling->vanished, &dialogue->arena, uid, uid);
	else
		imap_write_number(&dialogue->out, sequence, "EXPUNGE");
}

static void tell_vanished(struct telling *telling)
{
	struct imap_dialogue *dialogue = telling->dialogue;

	imap_write_vanished(&dialogue->out, &telling->vanished, false);
	telling->vanished = (struct uid_set){0};
}

static void tell_changed(void *context, uint32_t sequence, const struct record *record)
{
	struct telling *telling = context;
	struct imap_dialogue *dialogue = telling->dialogue;

	tell_vanished(telling);
	if (!dialogue->own || !uid_set_has(dialogue->own, record->uid))
		imap_tell_record(dialogue, sequence, record,
			dialogue->condstore || dialogue->rev2);
}

static void tell_exists(void *context, uint32_t count)
{
	struct telling *telling = context;
	struct imap_dialogue *dialogue = telling->dialogue;

	tell_vanished(telling);
	imap_write_number(&dialogue->out, count, "EXISTS");
	telling->recent = true;
}

/* RFC 3501 7.3.2: when the size of the mailbox changes. */
static void tell_recent(const struct telling *telling)
{
	struct imap_dialogue *dialogue = telling->dialogue;

	if (telling->recent && !dialogue->rev2)
		imap_write_number(
			&dialogue->out, view_recent(dialogue->view), "RECENT");
}

void imap_tell(struct imap_dialogue *dialogue, bool expunges)
{
	struct telling telling = {.dialogue = dialogue};
	struct view_teller teller = {
		tell_expunged, tell_changed, tell_exists, &telling};

	if (!dialogue->view)
		return;
	if (view_is_gone(dialogue->view)) {
		imap_bye(dialogue, view_rights(dialogue->view) & RIGHT_READ
					   ? "The mailbox was deleted"
					   : "The mailbox may not be read any more");
		return;
	}
	view_sync(dialogue->view, expunges, &teller);
	tell_vanished(&telling);
	tell_recent(&telling);
}

void imap_tell_keywords_of(struct imap_dialogue *dialogue, const struct record *record)
{
	if (record->keywords > dialogue->keywords_told)
		imap_tell_flags(dialogue);
}

void imap_begin_fetch(const struct imap_dialogue *dialogue, struct fetch_writer *writer,
	uint32_t sequence, uint32_t uid)
{
	if (dialogue->uid_only)
		fetch_begin_uid(writer, uid);
	else
		fetch_begin(writer, sequence);
}

void imap_write_flags_of(struct imap_dialogue *dialogue, struct fetch_writer *writer,
	const struct record *record)
{
	uint8_t system = record->flags & MESSAGE_FLAGS;

	if (!dialogue->rev2 && record->uid >= dialogue->view->recent_from)
		system |= IMAP_RECENT;
	fetch_flags_words(
		writer, system, view_keywords(dialogue->view, record->keywords));
}

/* Sets are numbered as they come: none above this one was seen yet. */
void imap_tell_flags(struct imap_dialogue *dialogue)
{
	const struct slice *list;
	size_t count = view_all_keywords(dialogue->view, &dialogue->arena, &list);
	struct imap_flags flags = {MESSAGE_FLAGS, list, count}, permanent = flags;
	unsigned rights = dialogue->view->read_only ? 0 : view_rights(dialogue->view);

	permanent.system = view_flags_allowed(rights);
	if (!(rights & RIGHT_WRITE))
		permanent.keyword_count = 0;
	dialogue->keywords_told = view_keyword_sets(dialogue->view);
	imap_write_flags(&dialogue->out, &flags);
	imap_write_permanent_flags(&dialogue->out, &permanent, rights & RIGHT_WRITE);
}

void imap_tell_record(struct imap_dialogue *dialogue, uint32_t sequence,
	const struct record *record, bool uid)
{
	struct fetch_writer writer = {.out = &dialogue->out};

	imap_tell_keywords_of(dialogue, record);
	imap_begin_fetch(dialogue, &writer, sequence, record->uid);
	if (uid)
		fetch_uid(&writer, record->uid);
	imap_write_flags_of(dialogue, &writer, record);
	if (dialogue->condstore)
		fetch_modseq(&writer, record->modseq);
	fetch_end(&writer);
}

void imap_turn_on_condstore(struct imap_dialogue *dialogue)
{
	if (dialogue->condstore)
		return;
	dialogue->condstore = true;
	if (dialogue->view)
		buffer_append_format(&dialogue->out,
			"* OK [HIGHESTMODSEQ %llu] Changes are counted\r\n",
			(unsigned long long)dialogue->view->newest->highest_modseq);
}
