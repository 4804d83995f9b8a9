/* `returns look`, `returns list`: what addresses of ours say, what came back. */
#include "base/failure.h"
#include "base/memory.h"

#include "admin/call.h"

#define ADDRESSES_MAX 200

static struct value *about_value(const struct returns_about *about)
{
	struct value *value = value_object();

	value_set_text(value, "id", message_id_slice(&about->id));
	if (about->tenant.size)
		value_set_text(value, "tenant", about->tenant);
	if (about->recipient.size)
		value_set_text(value, "rcpt", about->recipient);
	value_set_truth(value, "one", about->one);
	value_set_number(value, "expires_ms", about->expires_ms);
	return value;
}

bool admin_returns_look(struct admin_call *call, struct deadline deadline)
{
	const struct value *list = value_get(call->request, "addresses");
	struct slice *addresses = memory_allocate_array(
		ADDRESSES_MAX, sizeof(*addresses));
	struct arena arena = {0};
	struct returns_about about;
	size_t count = 0;
	bool found;

	(void)deadline;
	while (count < value_count(list) && count < ADDRESSES_MAX) {
		addresses[count] = value_text(value_at(list, count));
		count++;
	}
	found = returns_look(call->daemon->workers[0].returns, &arena, addresses, count,
		value_get_text(call->request, "feedback_id"), &about);
	if (found)
		value_set(call->answer, "about", about_value(&about));
	arena_finish(&arena);
	memory_free(addresses);
	return found || failure_last()->kind == FAILURE_NONE;
}

bool admin_returns_list(struct admin_call *call, struct deadline deadline)
{
	struct slice rest;
	struct buffer lines = {0};
	struct message_id id;
	bool good = true;

	if (!message_id_parse(value_get_text(call->request, "id"), &id))
		return fail(FAILURE_DATA, "which message?");
	if (!returns_find(call->daemon->workers[0].redis, &id, &lines, deadline)) {
		buffer_finish(&lines);
		return false;
	}
	rest = buffer_contents(&lines);
	while (good && rest.size) {
		struct value *line = value_parse(slice_cut(&rest, '\n'));

		if (line)
			good = admin_say(call, line, deadline);
	}
	buffer_finish(&lines);
	return good;
}
