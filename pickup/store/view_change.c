/* What sessions change through a view; see view.h. */
#include <string.h>

#include "base/memory.h"
#include "store/changing.h"

/* --- Flags --- */

/* WORDS without those of LESS. */
static struct slice without(struct arena *arena, struct slice words, struct slice less)
{
	char *text = arena_take(arena, words.size + 1);
	size_t size = 0;

	while (words.size) {
		struct slice word = slice_cut(&words, ' '), rest = less;
		bool kept = true;

		while (kept && rest.size)
			kept = !slice_equal_nocase(word, slice_cut(&rest, ' '));
		if (!kept)
			continue;
		if (size)
			text[size++] = ' ';
		memcpy(text + size, word.at, word.size);
		size += word.size;
	}
	return slice_make(text, size);
}

static struct slice new_words(const struct changing *changing, struct slice words)
{
	struct arena *arena = changing->change.arena;
	struct buffer both = {0};

	switch (changing->how.how) {
	case FLAGS_SET:
		return changing->how.keywords;
	case FLAGS_REMOVE:
		return without(arena, words, changing->how.keywords);
	case FLAGS_ADD:
		break;
	}
	buffer_append(&both, words);
	buffer_append_byte(&both, ' ');
	buffer_append(&both, changing->how.keywords);
	words = keywords_prepare(arena, buffer_contents(&both));
	buffer_finish(&both);
	return words;
}

static uint8_t new_flags(const struct changing *changing, uint8_t flags)
{
	const struct flags_change *how = &changing->how;
	uint8_t allowed = view_flags_allowed(changing->rights);
	uint8_t asked = how->flags & allowed;

	switch (how->how) {
	case FLAGS_SET:
		return (uint8_t)((flags & ~allowed) | asked);
	case FLAGS_ADD:
		return flags | asked;
	case FLAGS_REMOVE:
		break;
	}
	return (uint8_t)(flags & ~asked);
}

static bool change_flags(void *context, const struct record *record)
{
	struct changing *changing = context;
	struct change *change = &changing->change;
	struct record his = *record;
	struct slice words, wanted;
	uint8_t flags;

	if (!changing_see(changing, &his))
		return false;
	if (his.modseq > changing->how.unchanged_since) {
		uid_set_add(&changing->modified, &changing->operation.arena,
			record->uid, record->uid);
		return true;
	}
	if (!change_words_of(change, record->keywords, &words))
		return false;
	wanted = changing->rights & RIGHT_WRITE ? new_words(changing, words) : words;
	flags = new_flags(changing, his.flags);
	if (!operation_is_own(&changing->operation)) {
		if ((flags ^ his.flags) & MESSAGE_SEEN &&
			!change_set_seen(change, record->uid, flags & MESSAGE_SEEN))
			return false;
		flags = (uint8_t)((flags & ~MESSAGE_SEEN) |
				  (record->flags & MESSAGE_SEEN));
	}
	if (flags == record->flags && slice_equal(words, wanted))
		return true;
	return change_set_flags(change, record, flags, wanted);
}

/* RFC 4314 4: what may not be changed is passed over, but for when nothing may. */
static bool check_flags(struct changing *changing)
{
	const struct flags_change *how = &changing->how;
	uint8_t allowed = view_flags_allowed(changing->rights);
	bool write = changing->rights & RIGHT_WRITE;
	bool any = how->how == FLAGS_SET
			   ? allowed || write
			   : how->flags & allowed || (how->keywords.size && write) ||
				     (!how->flags && !how->keywords.size);

	return any || operation_refuse(&changing->operation, STORE_NOPERM,
			      "You may not change these flags");
}

static bool run_flags(struct operation *operation, struct database *database)
{
	struct changing *changing = changing_of(operation);

	return changing_start(changing, database, RIGHT_READ) &&
	       check_flags(changing) &&
	       change_each(&changing->change, changing_uids(changing), change_flags,
		       changing) &&
	       change_end(&changing->change);
}

bool view_change_flags(struct view *view, const struct uid_set *uids,
	const struct flags_change *change, struct arena *arena,
	struct uid_set *modified_r, enum store_fault *fault_r, struct deadline deadline)
{
	struct changing *changing = changing_begin(view, uids, run_flags);
	bool good;

	changing->how = *change;
	changing->how.flags &= MESSAGE_FLAGS;
	changing->how.keywords = keywords_prepare(&changing->operation.arena,
		arena_copy(&changing->operation.arena, change->keywords));
	good = changing_perform(changing, fault_r, deadline);
	if (good)
		*modified_r = changing_copy_set(arena, &changing->modified);
	operation_destroy(changing);
	return good;
}

/* --- Expunging --- */

static bool expunge(void *context, const struct record *record)
{
	struct changing *changing = context;

	return (!changing->any && !(record->flags & MESSAGE_DELETED)) ||
	       change_remove(&changing->change, record);
}

static bool run_expunge(struct operation *operation, struct database *database)
{
	struct changing *changing = changing_of(operation);
	unsigned rights = changing->any ? RIGHT_EXPUNGE | RIGHT_DELETE : RIGHT_EXPUNGE;

	return changing_start(changing, database, rights) &&
	       change_each(
		       &changing->change, changing_uids(changing), expunge, changing) &&
	       change_end(&changing->change);
}

bool view_expunge(struct view *view, const struct uid_set *uids, bool any,
	enum store_fault *fault_r, struct deadline deadline)
{
	struct changing *changing = changing_begin(view, uids, run_expunge);
	bool good;

	changing->any = any;
	good = changing_perform(changing, fault_r, deadline);
	operation_destroy(changing);
	return good;
}

/* --- What is gone --- */

struct vanishing {
	struct operation operation;
	int64_t mailbox;
	uint64_t modseq;
	struct uid_set vanished;
};

static bool run_vanished(struct operation *operation, struct database *database)
{
	struct vanishing *vanishing = CONTAINER_OF(
		operation, struct vanishing, operation);
	struct query *query = database_query(database,
		"SELECT first, last FROM vanished WHERE mailbox = ? AND modseq > ? "
		"ORDER BY first");

	query_number(query, 1, vanishing->mailbox);
	query_number(query, 2, (int64_t)vanishing->modseq);
	while (query_row(query))
		uid_set_add(&vanishing->vanished, &operation->arena,
			(uint32_t)query_number_of(query, 0),
			(uint32_t)query_number_of(query, 1));
	return query_end(query);
}

bool view_vanished(struct view *view, uint64_t modseq, struct arena *arena,
	struct uid_set *vanished_r, struct deadline deadline)
{
	struct vanishing *vanishing = operation_create(
		sizeof(*vanishing), view->port, view->account);
	bool good;

	vanishing->operation.run = run_vanished;
	vanishing->mailbox = (int64_t)view_mailbox_id(view);
	vanishing->modseq = modseq;
	good = operation_perform(&vanishing->operation, deadline);
	if (good)
		*vanished_r = changing_copy_set(arena, &vanishing->vanished);
	operation_destroy(vanishing);
	return good;
}
