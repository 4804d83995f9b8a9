/* LIST, LSUB and XLIST (RFC 9051 6.3.9, RFC 3501 6.3.9, RFC 5258, RFC 5819, RFC
 * 6154). */
#include <string.h>

#include "imap/match.h"
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/others.h"
#include "run/fiber.h"
#include "store/rights.h"

#define ENTRIES_TURN 300 /* until others have theirs */

struct listing {
	struct imap_dialogue *dialogue;
	const struct imap_list *asked;
	const char *name; /* of the response */
	bool lsub, xlist;
	struct imap_pattern **patterns;
	size_t pattern_count;
	const struct mailbox_entry *list;
	size_t count;
};

static bool matches(const struct listing *listing, struct slice name)
{
	for (size_t i = 0; i < listing->pattern_count; i++) {
		if (imap_pattern_matches(listing->patterns[i], name, NULL))
			return true;
	}
	return false;
}

static bool is_below(struct slice name, struct slice above)
{
	return name.size > above.size && slice_starts(name, above) &&
	       name.at[above.size] == IMAP_DELIMITER;
}

/* Names that begin like one stand behind it, but for INBOX's, which is the first. */
static bool has_below(const struct listing *listing, size_t at, bool subscribed)
{
	struct slice above = listing->list[at].name;

	for (size_t i = at + 1; i < listing->count; i++) {
		const struct mailbox_entry *entry = &listing->list[i];

		if (is_below(entry->name, above) &&
			(subscribed ? entry->subscribed : entry->there))
			return true;
		if (at && !slice_starts(entry->name, above))
			return false;
	}
	return false;
}

static bool is_selected(
	const struct listing *listing, const struct mailbox_entry *entry)
{
	const struct imap_list *asked = listing->asked;

	if (listing->lsub || asked->select_subscribed) {
		if (!entry->subscribed)
			return false;
	} else if (!entry->there && !entry->has_children) {
		return false;
	}
	return !asked->select_special || entry->use != MAILBOX_NO_USE;
}

/* Which of others' mailboxes may be asked for. */
static bool reaches(const struct listing *listing, struct slice root)
{
	for (size_t i = 0; i < listing->pattern_count; i++) {
		bool below;

		if (imap_pattern_matches(listing->patterns[i], root, &below) || below)
			return true;
	}
	return false;
}

static uint32_t attributes_of(
	const struct listing *listing, const struct mailbox_entry *entry, bool below)
{
	const struct imap_list *asked = listing->asked;
	uint32_t attributes = below ? IMAP_HASCHILDREN : IMAP_HASNOCHILDREN;

	/* LSUB says \Noselect of what is not subscribed to (RFC 3501 6.3.9). */
	if (!entry->there && !listing->lsub)
		attributes |= IMAP_NONEXISTENT;
	else if (!entry->selectable && !listing->lsub)
		attributes |= IMAP_NOSELECT;
	if (entry->there && entry->use != MAILBOX_NO_USE && !listing->lsub)
		attributes |= 1u << (entry->use - 1);
	if (entry->subscribed && (asked->return_subscribed || asked->select_subscribed))
		attributes |= IMAP_SUBSCRIBED;
	return attributes;
}

static void list_one(struct listing *listing, size_t at)
{
	const struct mailbox_entry *entry = &listing->list[at];
	const struct imap_list *asked = listing->asked;
	struct imap_dialogue *dialogue = listing->dialogue;
	bool utf8 = dialogue->utf8 || dialogue->rev2;
	bool below = entry->has_children && has_below(listing, at, false);
	bool selected = is_selected(listing, entry), recursive;
	char rights[RIGHTS_TEXT_MAX];
	struct imap_listed listed = {.name = listing->name, .mailbox = entry->name};

	if (!matches(listing, entry->name))
		return;
	recursive = asked->select_recursive && asked->select_subscribed &&
		    has_below(listing, at, true);
	if (!selected && !recursive)
		return;
	if (!listing->lsub && !asked->select_subscribed && !entry->there && !below)
		return;
	listed.attributes = attributes_of(listing, entry, below);
	if (asked->return_myrights && entry->there && entry->rights)
		listed.rights = slice_make(rights, rights_write(entry->rights, rights));
	listed.child_subscribed = recursive;
	imap_write_list(&dialogue->out, &listed, utf8);
	if (asked->status && entry->selectable && entry->rights & RIGHT_READ)
		imap_status_of(dialogue, entry, asked->status);
}

/* ABOVE, of the one at AT; NULL: it is not listed. They stand in order of their bytes,
 * so what is between the two begins with it, too. */
static const struct mailbox_entry *find_above(
	const struct listing *listing, size_t at, struct slice above)
{
	for (size_t i = at; i-- > 0;) {
		struct slice name = listing->list[i].name;

		if (!slice_starts(name, above))
			break;
		if (name.size == above.size)
			return &listing->list[i];
	}
	return slice_equal(above, SLICE("INBOX")) ? &listing->list[0] : NULL;
}

/* Whether a level above the one at AT has to be listed for it. */
static bool needs_level(const struct listing *listing, size_t at, struct slice above)
{
	const struct mailbox_entry *entry;

	if (!matches(listing, above) ||
		(listing->lsub && matches(listing, listing->list[at].name)))
		return false;
	entry = find_above(listing, at, above);
	return !entry || (listing->lsub && !entry->subscribed);
}

/* Of "a/b", subscribed to, "%" shows an "a" that is not (RFC 3501 6.3.9), or is not
 * there at all (RFC 5258 3.5). */
static void list_levels(struct listing *listing, struct deadline deadline)
{
	struct imap_dialogue *dialogue = listing->dialogue;
	struct imap_listed listed = {.name = listing->name,
		.attributes = IMAP_HASCHILDREN |
			      (listing->lsub ? IMAP_NOSELECT : IMAP_NONEXISTENT),
		.child_subscribed = !listing->lsub};

	for (size_t i = 0; i < listing->count; i++) {
		struct slice name = listing->list[i].name;

		if (i % ENTRIES_TURN == 0)
			fiber_yield(deadline);
		if (!listing->list[i].subscribed)
			continue;
		for (size_t k = 1; k < name.size; k++) {
			struct slice above = slice_part(name, 0, k);

			if (name.at[k] != IMAP_DELIMITER ||
				slice_equal(listed.mailbox, above) ||
				is_below(listed.mailbox, above) ||
				!needs_level(listing, i, above))
				continue;
			listed.mailbox = above;
			imap_write_list(&dialogue->out, &listed,
				dialogue->utf8 || dialogue->rev2);
		}
		if (!imap_flush_some(dialogue, deadline))
			return;
	}
}

static void make_patterns(struct listing *listing)
{
	const struct imap_list *asked = listing->asked;
	struct arena *arena = &listing->dialogue->arena;

	listing->patterns = arena_take_array(
		arena, asked->pattern_count, sizeof(*listing->patterns));
	for (size_t i = 0; i < asked->pattern_count; i++)
		listing->patterns[listing->pattern_count++] = imap_pattern_make(
			arena, asked->reference, asked->patterns[i]);
}

void imap_list(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	const struct imap_list *asked = &command->list;
	const char *name = imap_verb_name(command->verb);
	struct listing listing = {.dialogue = dialogue,
		.asked = asked,
		.name = name,
		.lsub = command->verb == IMAP_LSUB,
		.xlist = command->verb == IMAP_XLIST};
	bool only_delimiter = asked->pattern_count == 1 && !asked->patterns[0].size &&
			      !asked->extended;
	struct imap_roots roots;

	make_patterns(&listing);
	roots = (struct imap_roots){reaches(&listing, SLICE(IMAP_OTHERS)),
		reaches(&listing, SLICE(IMAP_SHARED))};
	if (!only_delimiter && !imap_gather(dialogue, roots, asked->status != 0,
				       &listing.list, &listing.count, deadline)) {
		imap_no_fault(dialogue, STORE_NO_FAULT, NULL);
		return;
	}
	if (asked->status & IMAP_STATUS_HIGHESTMODSEQ)
		imap_turn_on_condstore(dialogue);
	if (only_delimiter)
		imap_write_list(&dialogue->out,
			&(struct imap_listed){.name = name,
				.attributes = IMAP_NOSELECT,
				.mailbox = SLICE("")},
			true);
	for (size_t i = 0; i < listing.count; i++) {
		if (i % ENTRIES_TURN == ENTRIES_TURN - 1)
			fiber_yield(deadline);
		list_one(&listing, i);
		if (!imap_flush_some(dialogue, deadline))
			return;
	}
	if (listing.lsub || (asked->select_recursive && asked->select_subscribed))
		list_levels(&listing, deadline);
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY,
		arena_copy_text(&dialogue->arena,
			arena_format(&dialogue->arena, "%s completed", name)));
}
