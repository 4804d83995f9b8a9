/* Lines of the log as the events that applications know. */
#include <string.h>

#include "base/memory.h"

#include "admin/message_history.h"

/* What the log calls it; what an operator did besides; applications' name. */
static const struct {
	const char *event, *action, *kind;
} names[] = {
	{"received", NULL, "accepted"},
	{"delivered", NULL, "delivered"},
	{"deferred", NULL, "delayed"},
	{"bounced", NULL, "bounced"},
	{"discarded", NULL, "dropped"},
	{"suppressed", NULL, "suppressed"},
	{"bounced_late", NULL, "bounced"},
	{"complained", NULL, "complained"},
	{"queue_action", "hold", "held"},
	{"queue_action", "reschedule", "held"},
	{"queue_action", "release", "released"},
	{"queue_action", "drop", "dropped"},
};

static const char *kind_of(const struct value *line)
{
	struct slice event = value_get_text(line, "event");
	struct slice action = value_get_text(line, "action");

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_equal(event, slice_of(names[i].event)) &&
			(!names[i].action ||
				slice_equal(action, slice_of(names[i].action))))
			return names[i].kind;
	return NULL;
}

static void copy(struct value *to, const struct value *from, const char *name)
{
	if (value_has(from, name))
		value_set(to, name, value_copy(value_get(from, name)));
}

struct value *history_of_log(struct slice line, struct slice id)
{
	static const char *const same[] = {"at", "tenant", "stream", "account", "from",
		"rcpt", "recipients", "size", "client", "attempt", "host", "source",
		"reply", "category", "uncertain"};
	struct value *log = value_parse(line), *event = NULL;
	const char *kind = kind_of(log);

	/* An entry's key begins with the message's id. */
	if (kind && slice_starts(value_get_text(log, "id"), id)) {
		bool late = slice_equal(
			value_get_text(log, "event"), SLICE("bounced_late"));

		if (strcmp(kind, "bounced") == 0 && !late &&
			slice_equal(value_get_text(log, "category"), SLICE("expired")))
			kind = "expired";
		event = value_object();
		value_set_text(event, "event", slice_of(kind));
		value_set_text(event, "message", id);
		for (size_t i = 0; i < ARRAY_COUNT(same); i++)
			copy(event, log, same[i]);
		if (late)
			value_set_truth(event, "late", true);
		if (value_has(log, "action"))
			value_set_text(event, "reason",
				value_get_truth(log, "by_sender") ? SLICE("sender")
								  : SLICE("operator"));
	}
	value_release(&log);
	return event;
}

bool history_is_first(const struct value *event)
{
	return slice_equal(value_get_text(event, "event"), SLICE("accepted"));
}
