/* What a session can see of all mailboxes there are, in one list; see others.h. */
#include <stdlib.h>

#include "base/map.h"
#include "imap_server/others.h"
#include "store/rights.h"
#include "store/shares.h"

struct gathering {
	struct imap_dialogue *dialogue;
	struct mailbox_entry *list;
	size_t count;
	struct map places; /* names → their places, from 1 */
	bool counts;
};

static struct mailbox_entry *find(struct gathering *gathering, struct slice name)
{
	size_t at = (size_t)(uintptr_t)map_find(&gathering->places, name);

	return at ? &gathering->list[at - 1] : NULL;
}

static struct mailbox_entry *add(
	struct gathering *gathering, const struct mailbox_entry *entry)
{
	gathering->list = arena_grow(&gathering->dialogue->arena, gathering->list,
		gathering->count, sizeof(*gathering->list));
	gathering->list[gathering->count++] = *entry;
	map_set(&gathering->places, entry->name, (void *)(uintptr_t)gathering->count);
	return &gathering->list[gathering->count - 1];
}

/* Levels above what is shown that are no mailboxes, or none that are shown. */
static void add_above(struct gathering *gathering, struct slice name)
{
	size_t end;

	while ((end = slice_index_last(name, '/')) < name.size) {
		struct mailbox_entry *above;

		name = slice_part(name, 0, end);
		above = find(gathering, name);
		if (!above)
			above = add(gathering,
				&(struct mailbox_entry){.name = name, .there = true});
		above->there = true;
		above->has_children = true;
	}
}

/* What was subscribed to by that name is this one. */
static void add_other(struct gathering *gathering, struct mailbox_entry *entry)
{
	struct mailbox_entry *known = find(gathering, entry->name);

	entry->subscribed = known && known->subscribed;
	entry->use = MAILBOX_NO_USE;
	if (known)
		*known = *entry;
	else
		add(gathering, entry);
	add_above(gathering, entry->name);
}

/* What of OWNER's mail this session may see. Who is removed shows nothing. */
static bool read_account(struct gathering *gathering, struct store_account *account,
	const struct mailbox_entry **list_r, size_t *count_r, struct deadline deadline)
{
	struct imap_dialogue *dialogue = gathering->dialogue;
	const struct imap_policy *policy = dialogue->session.policy;

	if (policy->visit && !policy->visit(&dialogue->session, account, deadline))
		return false;
	if (!dialogue->visitor)
		dialogue->visitor = store_port_as(
			dialogue->port, store_account_name(dialogue->account));
	return mailbox_list(dialogue->visitor, account, gathering->counts,
		&dialogue->arena, list_r, count_r, deadline);
}

/* An account that cannot be read now hides no other one. */
static void add_account(struct gathering *gathering, struct slice owner,
	struct slice root, struct deadline deadline)
{
	struct imap_dialogue *dialogue = gathering->dialogue;
	struct store *store = store_port_store(dialogue->port);
	struct store_account *account = store_account_hold(store, owner);
	const struct mailbox_entry *list;
	size_t count;

	if (read_account(gathering, account, &list, &count, deadline)) {
		for (size_t i = 0; i < count; i++) {
			struct mailbox_entry entry = list[i];

			entry.name = arena_format(&dialogue->arena, "%.*s/%.*s",
				SLICE_PRINT(root), SLICE_PRINT(entry.name));
			add_other(gathering, &entry);
		}
	}
	store_account_release(&account);
}

static bool can_be_level(struct slice name)
{
	return slice_index(name, '/') == name.size;
}

static void add_accounts(
	struct gathering *gathering, struct imap_roots roots, struct deadline deadline)
{
	struct imap_dialogue *dialogue = gathering->dialogue;
	struct arena *arena = &dialogue->arena;
	struct slice self = store_account_name(dialogue->account);
	struct slice shared = imap_shared_account(dialogue);
	const struct slice *owners;
	size_t count = shares_of(
		store_shares(store_port_store(dialogue->port)), self, arena, &owners);

	for (size_t i = 0; i < count; i++) {
		if (slice_equal(owners[i], shared) && roots.shared)
			add_account(gathering, owners[i], SLICE(IMAP_SHARED), deadline);
		else if (!slice_equal(owners[i], shared) && roots.others &&
			 can_be_level(owners[i]))
			add_account(gathering, owners[i],
				arena_format(arena, IMAP_OTHERS "/%.*s",
					SLICE_PRINT(owners[i])),
				deadline);
	}
}

static bool is_at(struct slice name, struct slice root)
{
	return slice_starts(name, root) &&
	       (name.size == root.size || name.at[root.size] == '/');
}

/* What is called as others' are cannot be had by its name. */
static void add_own(
	struct gathering *gathering, const struct mailbox_entry *list, size_t count)
{
	bool shares = imap_shared_account(gathering->dialogue).size > 0;

	for (size_t i = 0; i < count; i++) {
		struct mailbox_entry entry = list[i];

		if (is_at(entry.name, SLICE(IMAP_OTHERS)) ||
			(shares && is_at(entry.name, SLICE(IMAP_SHARED))))
			entry.there = entry.selectable = entry.has_children = false;
		if (entry.there || entry.subscribed || entry.has_children)
			add(gathering, &entry);
	}
}

bool imap_gather(struct imap_dialogue *dialogue, struct imap_roots roots, bool counts,
	const struct mailbox_entry **list_r, size_t *count_r, struct deadline deadline)
{
	struct gathering gathering = {.dialogue = dialogue, .counts = counts};
	const struct mailbox_entry *own;
	size_t count;

	if (!mailbox_list(dialogue->port, dialogue->account, counts, &dialogue->arena,
		    &own, &count, deadline))
		return false;
	add_own(&gathering, own, count);
	if (roots.others || roots.shared)
		add_accounts(&gathering, roots, deadline);
	map_finish(&gathering.places);
	if (gathering.count)
		qsort(gathering.list, gathering.count, sizeof(*gathering.list),
			mailbox_compare);
	*list_r = gathering.list;
	*count_r = gathering.count;
	return true;
}
