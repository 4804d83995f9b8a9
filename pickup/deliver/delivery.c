/* Entries taken from the relay, and what became of them; see delivery.h. */
#include "deliver/delivery.h"

#include "base/failure.h"
#include "base/memory.h"

#include "deliver/delivery_core.h"

static void use(struct delivery *delivery, struct config *config, struct rules *rules)
{
	delivery->options.config = config_hold(config);
	delivery->options.rules = rules ? rules_hold(rules) : NULL;
}

struct delivery *delivery_create(const struct delivery_options *options)
{
	struct delivery *delivery = NEW(struct delivery);

	delivery->options = *options;
	use(delivery, options->config, options->rules);
	return delivery;
}

void delivery_reload(
	struct delivery *delivery, struct config *config, struct rules *rules)
{
	struct config *old = delivery->options.config;
	struct rules *old_rules = delivery->options.rules;

	use(delivery, config, rules);
	config_release(&old);
	rules_release(&old_rules);
}

void delivery_destroy(struct delivery **delivery)
{
	struct delivery *old = *delivery;

	*delivery = NULL;
	if (!old)
		return;
	config_release(&old->options.config);
	rules_release(&old->options.rules);
	memory_free(old);
}

static void answer_all(struct handing *handing, enum local_kind kind,
	const char *status, struct slice reason)
{
	for (size_t i = 0; i < handing->entry->recipient_count; i++)
		handing->answers[i] = (struct local_answer){kind, status, reason};
}

/* It cannot be read: damaged, or its store is away. */
static bool say_unreadable(struct handing *handing)
{
	const struct failure *failure = failure_last();

	if (failure->kind == FAILURE_CANCELLED)
		return false;
	answer_all(handing, LOCAL_LATER, "4.3.0",
		arena_format(handing->arena, "the message cannot be read: %s",
			failure->text));
	return true;
}

static bool deliver_groups(struct handing *handing, struct deadline deadline)
{
	struct map_cursor cursor = {0};
	struct slice account;
	void *group;
	bool good = true;

	while (good && map_next(&handing->groups, &cursor, &account, &group))
		good = group_deliver(handing, group, deadline);
	return good;
}

static bool hand(struct handing *handing, struct deadline deadline)
{
	if (!content_read(handing->entry->message, slice_of(handing->config->hostname),
		    handing->arena, &handing->content, deadline))
		return say_unreadable(handing);
	if (handing->capture ? !groups_make_capture(handing, deadline)
			     : !groups_make(handing, deadline))
		return false;
	return deliver_groups(handing, deadline);
}

static bool deliver(void *context, const struct entry *entry,
	const struct config_capture *capture, struct arena *arena,
	struct local_answer *answers, struct deadline deadline)
{
	struct delivery *delivery = context;
	struct handing *handing = NEW(struct handing);
	bool known;

	handing->delivery = delivery;
	handing->config = config_hold(delivery->options.config);
	handing->rules = delivery->options.rules ? rules_hold(delivery->options.rules)
						 : NULL;
	handing->entry = entry;
	handing->capture = capture;
	handing->arena = arena;
	handing->answers = answers;
	handing->next = arena_take_array(
		arena, entry->recipient_count, sizeof(*handing->next));
	known = hand(handing, deadline);
	groups_finish(handing);
	rules_release(&handing->rules);
	config_release(&handing->config);
	memory_free(handing);
	return known;
}

static bool knows(
	void *context, struct slice address, bool *known_r, struct deadline deadline)
{
	struct delivery *delivery = context;
	const struct owners *owners = &delivery->options.owners;
	struct arena arena = {0};
	struct owner owner;
	bool found = owners->find(owners->context, address,
		delivery->options.config->delivery.detail[0], &arena, &owner, deadline);

	arena_finish(&arena);
	if (!found && failure_kind_last() != FAILURE_DATA)
		return false;
	*known_r = found;
	return true;
}

struct local_delivery delivery_for_relay(struct delivery *delivery)
{
	return (struct local_delivery){deliver, knows, delivery};
}
