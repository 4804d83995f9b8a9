/* Recipients gathered by account, and what the rules say of each. */
#include "base/failure.h"
#include "base/memory.h"
#include "store/mailbox.h"

#include "deliver/delivery_core.h"

static void answer(struct handing *handing, size_t place, enum local_kind kind,
	const char *status, struct slice reason)
{
	handing->answers[place] = (struct local_answer){kind, status, reason};
}

void group_answer(struct handing *handing, const struct group *group,
	enum local_kind kind, const char *status, struct slice reason)
{
	GROUP_EACH (handing, group, i)
		answer(handing, i, kind, status, reason);
}

static struct group *group_of(struct handing *handing, const struct owner *owner)
{
	struct group *group = map_find(&handing->groups, owner->account);

	if (group)
		return group;
	group = ARENA_NEW(handing->arena, struct group);
	group->owner = *owner;
	map_set(&handing->groups, owner->account, group);
	return group;
}

static void add_member(struct handing *handing, struct group *group, size_t place)
{
	if (group->count++)
		handing->next[group->last] = place;
	else
		group->first = place;
	group->last = place;
}

static void grow(struct handing *handing, struct group *group)
{
	size_t room = group->place_room ? 4 * group->place_room : 1;
	struct place *places = arena_take_array(handing->arena, room, sizeof(*places));

	for (size_t i = 0; i < group->place_count; i++)
		places[i] = group->places[i];
	group->places = places;
	group->place_room = room;
}

static void add_place(struct handing *handing, struct group *group,
	struct slice mailbox, bool if_there, const struct rules_outcome *outcome)
{
	struct place *place;

	for (size_t i = 0; i < group->place_count; i++)
		if (slice_equal(group->places[i].mailbox, mailbox))
			return;
	if (group->place_count == PLACES_MAX)
		return;
	if (group->place_count == group->place_room)
		grow(handing, group);
	place = &group->places[group->place_count++];
	*place = (struct place){.mailbox = mailbox,
		.if_there = if_there,
		.flags = outcome->flags,
		.keywords = outcome->keywords};
}

static void add_forward(
	struct handing *handing, struct group *group, struct slice address)
{
	struct slice *list;

	for (size_t i = 0; i < group->forward_count; i++)
		if (slice_equal_nocase(group->forwards[i], address))
			return;
	if (group->forward_count == RULES_FORWARDS_MAX)
		return;
	list = arena_take_array(
		handing->arena, group->forward_count + 1, sizeof(*list));
	for (size_t i = 0; i < group->forward_count; i++)
		list[i] = group->forwards[i];
	list[group->forward_count++] = arena_copy(handing->arena, address);
	group->forwards = list;
}

/* Where it goes when no rule says it. */
static void add_usual(struct handing *handing, struct group *group,
	const struct owner *owner, const struct rules_outcome *outcome)
{
	struct slice name;

	if (handing->config->delivery.detail_mailbox && owner->detail.size &&
		mailbox_name_prepare(owner->detail, handing->arena, &name))
		add_place(handing, group, name, true, outcome);
	else
		add_place(handing, group, SLICE("INBOX"), false, outcome);
}

static void follow_rules(struct handing *handing, struct group *group,
	const struct owner *owner, const struct recipient *recipient)
{
	const struct envelope *envelope = &handing->entry->message->envelope;
	struct rules_message message = {.account = owner->account,
		.recipient = recipient->address,
		.sender = envelope->reverse_path,
		.header = &handing->content.header,
		.authentication = handing->content.authentication,
		.size = envelope->size};
	struct rules_outcome *outcome = ARENA_NEW(handing->arena, struct rules_outcome);
	struct slice name;

	rules_apply(handing->rules, &message, handing->arena, outcome);
	for (size_t i = 0; i < outcome->forward_count; i++)
		add_forward(handing, group, outcome->forwards[i]);
	if (outcome->discard) {
		group->rule = outcome->rule;
		return;
	}
	for (size_t i = 0; i < outcome->mailbox_count; i++)
		if (mailbox_name_prepare(outcome->mailboxes[i], handing->arena, &name))
			add_place(handing, group, name, false, outcome);
		else
			add_usual(handing, group, owner, outcome);
	if (outcome->mailbox_count == 0)
		add_usual(handing, group, owner, outcome);
}

/* False: CANCELLED. */
static bool find(struct handing *handing, size_t place, struct deadline deadline)
{
	const struct recipient *recipient = &handing->entry->recipients[place];
	const struct owners *owners = &handing->delivery->options.owners;
	const struct config_delivery *said = &handing->config->delivery;
	struct slice loop = content_loop(
		&handing->content, recipient->address, said->hops, handing->arena);
	struct owner owner = {.account = SLICE_EMPTY};
	struct group *group;

	if (loop.size) {
		answer(handing, place, LOCAL_NEVER, "5.4.6", loop);
		return true;
	}
	if (!owners->find(owners->context, recipient->address, said->detail[0],
		    handing->arena, &owner, deadline)) {
		if (failure_kind_last() == FAILURE_CANCELLED)
			return false;
		if (failure_kind_last() == FAILURE_DATA)
			answer(handing, place, LOCAL_NEVER, "5.1.1",
				SLICE("nobody is called so here"));
		else
			answer(handing, place, LOCAL_LATER, "4.3.0",
				arena_format(handing->arena,
					"whose mailbox it is cannot be told: %s",
					failure_last()->text));
		return true;
	}
	group = group_of(handing, &owner);
	add_member(handing, group, place);
	follow_rules(handing, group, &owner, recipient);
	return true;
}

bool groups_make(struct handing *handing, struct deadline deadline)
{
	bool good = true;

	for (size_t i = 0; i < handing->entry->recipient_count && good; i++)
		good = find(handing, i, deadline);
	return good;
}

/* What is in the file was checked; whether there is the account is known now. */
bool groups_make_capture(struct handing *handing, struct deadline deadline)
{
	const struct owners *owners = &handing->delivery->options.owners;
	const struct config_capture *capture = handing->capture;
	struct rules_outcome nothing = {.rule = NULL};
	struct owner owner = {.account = SLICE_EMPTY};
	struct slice name = SLICE("INBOX");
	struct group whole = {.count = 0}, *group;
	bool found = owners->read(owners->context, slice_of(capture->account),
		handing->arena, &owner, deadline);

	if (!found && failure_kind_last() == FAILURE_CANCELLED)
		return false;
	group = found ? group_of(handing, &owner) : &whole;
	for (size_t i = 0; i < handing->entry->recipient_count; i++)
		add_member(handing, group, i);
	if (!found)
		group_answer(handing, group, LOCAL_LATER, "4.3.5",
			arena_format(handing->arena, "captured for %s: %s",
				capture->account, failure_last()->text));
	else if (capture->mailbox && !mailbox_name_prepare(slice_of(capture->mailbox),
					     handing->arena, &name))
		name = SLICE("INBOX");
	add_place(handing, group, name, false, &nothing);
	return true;
}

void groups_finish(struct handing *handing)
{
	map_finish(&handing->groups);
}
