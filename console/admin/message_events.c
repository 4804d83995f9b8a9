/* `message events`: what happened to a message, in order. */
#include "admin/call.h"
#include "admin/message_call.h"
#include "admin/message_history.h"

bool admin_message_events(struct admin_call *call, struct deadline deadline)
{
	int64_t limit = value_get_number(call->request, "limit");
	struct history_question question = {
		.tenant = value_get_text(call->request, "tenant"),
		.cursor = value_get_text(call->request, "cursor"),
		.limit = limit > 0 && limit < HISTORY_MAX ? (size_t)limit : HISTORY_MAX,
	};
	struct history history = {.events = NULL};
	bool good = message_read_id(call, &question.id) &&
		    history_read(call, &question, &history, deadline);
	size_t count = value_count(history.events);

	for (size_t i = 0; good && i < count; i++)
		good = admin_say(
			call, value_copy(value_at(history.events, i)), deadline);
	if (good && !count && !question.cursor.size && !history.more)
		good = message_is_unknown(call, &question.id, &history);
	if (history.source)
		value_set_text(call->answer, "source", slice_of(history.source));
	value_set_truth(call->answer, "whole", history.whole);
	value_set_truth(call->answer, "more", history.more);
	if (history.source && (history.more || count))
		value_set_text(call->answer, "next", slice_of(history.next));
	if (history.searched)
		value_set(call->answer, "searched", value_copy(history.searched));
	history_finish(&history);
	return good;
}
