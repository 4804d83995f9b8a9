/* Notes about mailboxes and about the account: GETMETADATA, SETMETADATA (RFC 5464). */
#include "imap/metadata.h"

#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "store/metadata.h"

/* The mailbox "" is the server's; what is noted there is each account's own. False:
 * answered. */
static bool locate(struct imap_dialogue *dialogue, struct slice mailbox,
	struct imap_place *place_r, struct deadline deadline)
{
	*place_r = (struct imap_place){
		.port = dialogue->port, .account = dialogue->account};
	return !mailbox.size ||
	       imap_locate(dialogue, mailbox, "NONEXISTENT", place_r, deadline);
}

/* How many levels ENTRY is below NAME; -1: it is not there. */
static int levels_below(struct slice entry, struct slice name)
{
	int levels = 0;

	if (!slice_starts(entry, name) ||
		(entry.size > name.size && entry.at[name.size] != '/'))
		return -1;
	for (size_t i = name.size; i < entry.size; i++)
		levels += entry.at[i] == '/';
	return levels;
}

static bool is_asked(const struct imap_metadata *asked, struct slice entry)
{
	for (size_t i = 0; i < asked->count; i++) {
		int levels = levels_below(entry, asked->entries[i].entry);

		if (levels == 0 || (levels == 1 && asked->children) ||
			(levels > 1 && asked->all))
			return true;
	}
	return false;
}

struct answer {
	struct imap_entry_value *list;
	size_t count;
	uint64_t longest; /* of those that are left out */
};

static void add(struct imap_dialogue *dialogue, struct answer *answer,
	struct slice entry, struct slice value)
{
	answer->list = arena_grow(
		&dialogue->arena, answer->list, answer->count, sizeof(*answer->list));
	answer->list[answer->count++] = (struct imap_entry_value){entry, value};
}

/* What was asked for by its very name and is not there is NIL. */
static void add_missing(struct imap_dialogue *dialogue,
	const struct imap_metadata *asked, const struct metadata *there,
	struct answer *answer)
{
	if (asked->children)
		return;
	for (size_t i = 0; i < asked->count; i++) {
		bool found = false;

		for (size_t k = 0; k < there->count && !found; k++)
			found = slice_equal(
				there->at[k].entry, asked->entries[i].entry);
		if (!found)
			add(dialogue, answer, asked->entries[i].entry, SLICE_EMPTY);
	}
}

void imap_getmetadata(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	const struct imap_metadata *asked = &command->metadata;
	struct answer answer = {0};
	struct imap_place place;
	struct metadata there;
	enum store_fault fault;

	if (!locate(dialogue, asked->mailbox, &place, deadline))
		return;
	if (!mailbox_metadata(place.port, place.account, place.name, &dialogue->arena,
		    &there, &fault, deadline)) {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
		return;
	}
	for (size_t i = 0; i < there.count; i++) {
		struct slice value = there.at[i].value;

		if (!is_asked(asked, there.at[i].entry))
			continue;
		if (!asked->has_size || value.size <= asked->size)
			add(dialogue, &answer, there.at[i].entry, value);
		else if (value.size > answer.longest)
			answer.longest = value.size;
	}
	add_missing(dialogue, asked, &there, &answer);
	imap_write_metadata(&dialogue->out, asked->mailbox, answer.list, answer.count,
		dialogue->utf8 || dialogue->rev2);
	imap_tell(dialogue, true);
	imap_ok(dialogue,
		answer.longest
			? arena_format(&dialogue->arena, "METADATA LONGENTRIES %llu",
				  (unsigned long long)answer.longest)
			: SLICE_EMPTY,
		"GETMETADATA completed");
}

/* What is shared by all accounts is the operator's. False: answered. */
static bool may_set(struct imap_dialogue *dialogue, const struct imap_metadata *asked)
{
	for (size_t i = 0; i < asked->count; i++) {
		if (asked->entries[i].value.size > METADATA_VALUE_MAX) {
			imap_no(dialogue,
				arena_copy_text(
					&dialogue->arena, arena_format(&dialogue->arena,
								  "METADATA MAXSIZE %d",
								  METADATA_VALUE_MAX)),
				"A value is too large");
			return false;
		}
		if (!asked->mailbox.size &&
			slice_starts(asked->entries[i].entry, SLICE("/shared/"))) {
			imap_no(dialogue, "NOPERM",
				"What the server says of itself is not yours to set");
			return false;
		}
	}
	return true;
}

void imap_setmetadata(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	const struct imap_metadata *asked = &command->metadata;
	struct metadata_entry *list = arena_take_array(
		&dialogue->arena, asked->count + 1, sizeof(*list));
	const struct metadata changes = {list, asked->count};
	struct imap_place place;
	enum store_fault fault;

	if (!locate(dialogue, asked->mailbox, &place, deadline) ||
		!may_set(dialogue, asked))
		return;
	for (size_t i = 0; i < asked->count; i++)
		list[i] = (struct metadata_entry){
			asked->entries[i].entry, asked->entries[i].value};
	if (mailbox_set_metadata(place.port, place.account, place.name, &changes,
		    &fault, deadline)) {
		imap_tell(dialogue, true);
		imap_ok(dialogue, SLICE_EMPTY, "SETMETADATA completed");
	} else if (fault == STORE_LIMIT) {
		imap_no(dialogue, "METADATA TOOMANY",
			"There are too many entries, or they are too long");
	} else {
		imap_no_fault(dialogue, fault, "NONEXISTENT");
	}
}
