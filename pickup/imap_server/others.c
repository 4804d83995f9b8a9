/* Names of mailboxes of others, and what is theirs; see others.h. */
#include "imap_server/others.h"

#include "account/account.h"
#include "store/acl.h"
#include "store/shares.h"

struct slice imap_shared_account(struct imap_dialogue *dialogue)
{
	const struct imap_policy *policy = dialogue->session.policy;

	return policy->shared ? policy->shared(&dialogue->session) : SLICE_EMPTY;
}

/* "Shared/a" → "a"; empty: it is not below ROOT. *root_r: it is the root itself. */
static struct slice below(struct slice name, struct slice root, bool *root_r)
{
	*root_r = slice_equal(name, root);
	if (!slice_starts(name, root) || name.size <= root.size + 1 ||
		name.at[root.size] != '/')
		return SLICE_EMPTY;
	return slice_from(name, root.size + 1);
}

/* The account NAME is held until the command ends, and works within its quota. */
static bool visit(struct imap_dialogue *dialogue, struct slice name,
	struct imap_place *place, struct deadline deadline)
{
	const struct imap_policy *policy = dialogue->session.policy;
	struct store *store = store_port_store(dialogue->port);
	struct slice self = store_account_name(dialogue->account);

	place->port = dialogue->port;
	place->account = dialogue->account;
	if (slice_equal(name, self))
		return true;
	if (!shares_has(store_shares(store), self, name) ||
		dialogue->visited_count == IMAP_VISITS_MAX)
		return false;
	if (!dialogue->visitor)
		dialogue->visitor = store_port_as(dialogue->port, self);
	place->other = true;
	place->port = dialogue->visitor;
	place->account = store_account_hold(store, name);
	dialogue->visited[dialogue->visited_count++] = place->account;
	return !policy->visit ||
	       policy->visit(&dialogue->session, place->account, deadline);
}

/* "NAME/rest"; the shared account's have their own place. */
static bool find_other(struct imap_dialogue *dialogue, struct slice text,
	struct imap_place *place, struct deadline deadline)
{
	struct arena *arena = &dialogue->arena;
	struct slice rest = text, name = slice_cut(&rest, '/'), inner;

	if (!account_name_prepare(name, arena, &name) ||
		slice_equal(name, imap_shared_account(dialogue)) ||
		!mailbox_name_prepare(rest, arena, &inner))
		return false;
	place->name = inner;
	place->full = arena_format(
		arena, IMAP_OTHERS "/%.*s/%.*s", SLICE_PRINT(name), SLICE_PRINT(inner));
	return visit(dialogue, name, place, deadline);
}

static bool find_shared(struct imap_dialogue *dialogue, struct slice text,
	struct imap_place *place, struct deadline deadline)
{
	struct arena *arena = &dialogue->arena;
	struct slice inner;

	if (!mailbox_name_prepare(text, arena, &inner))
		return false;
	place->name = inner;
	place->full = arena_format(arena, IMAP_SHARED "/%.*s", SLICE_PRINT(inner));
	return visit(dialogue, imap_shared_account(dialogue), place, deadline);
}

bool imap_find(struct imap_dialogue *dialogue, struct slice name,
	struct imap_place *place_r, struct deadline deadline)
{
	bool is_root;
	struct slice rest = below(name, SLICE(IMAP_OTHERS), &is_root);

	*place_r = (struct imap_place){
		dialogue->port, dialogue->account, name, name, false};
	if (is_root)
		return false;
	if (rest.size)
		return find_other(dialogue, rest, place_r, deadline);
	if (!imap_shared_account(dialogue).size)
		return true;
	rest = below(name, SLICE(IMAP_SHARED), &is_root);
	if (rest.size)
		return find_shared(dialogue, rest, place_r, deadline);
	return !is_root;
}

bool imap_find_account(struct imap_dialogue *dialogue, struct slice name,
	struct imap_place *place_r, struct deadline deadline)
{
	*place_r = (struct imap_place){0};
	return account_name_prepare(name, &dialogue->arena, &name) &&
	       visit(dialogue, name, place_r, deadline);
}

bool imap_locate(struct imap_dialogue *dialogue, struct slice name, const char *code,
	struct imap_place *place_r, struct deadline deadline)
{
	if (imap_find(dialogue, name, place_r, deadline))
		return true;
	imap_no(dialogue, code, "There is no such mailbox");
	return false;
}

bool imap_rights_at(struct imap_dialogue *dialogue, const struct imap_place *place,
	unsigned *rights_r, struct deadline deadline)
{
	enum store_fault fault;

	if (mailbox_rights(place->port, place->account, place->name, rights_r, &fault,
		    deadline))
		return true;
	imap_no_fault(dialogue, fault, "NONEXISTENT");
	return false;
}

void imap_leave_places(struct imap_dialogue *dialogue)
{
	while (dialogue->visited_count)
		store_account_release(&dialogue->visited[--dialogue->visited_count]);
}
