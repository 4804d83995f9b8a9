/*
 * Carrying out what is asked, through whichever door; and one event for each change,
 * who made it and of what. Secrets do not get there: only members that the table of
 * commands names.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

#include "admin/call.h"

#define OBJECT_MAX 300

bool admin_say(struct admin_call *call, struct value *item, struct deadline deadline)
{
	return call->output->say(call->output, item, false, deadline);
}

bool admin_say_now(
	struct admin_call *call, struct value *item, struct deadline deadline)
{
	return call->output->say(call->output, item, true, deadline);
}

bool admin_refuse(struct admin_call *call, enum admin_refusal refusal,
	const char *member, const char *format, ...)
{
	struct buffer text = {.limit = sizeof(failure_last()->text)};
	va_list list;

	va_start(list, format);
	buffer_append_va(&text, format, list);
	va_end(list);
	call->refusal = refusal;
	call->member = member;
	fail(FAILURE_DATA, "%.*s", SLICE_PRINT(buffer_contents(&text)));
	buffer_finish(&text);
	return false;
}

/* "jo@x.test", "17 entries": a member of the request, for the event; of a list with one
 * element its address. */
static void name_member(
	struct buffer *text, const struct value *request, struct slice member)
{
	const struct value *value;
	char name[32];

	if (!slice_to_text(member, name, sizeof(name)) || !value_has(request, name))
		return;
	value = value_get(request, name);
	if (value_count(value) == 1)
		value = value_get(value_at(value, 0), "address");
	if (buffer_size(text))
		buffer_append_byte(text, ' ');
	if (value_text(value).at)
		buffer_append(text, slice_part(value_text(value), 0, OBJECT_MAX));
	else if (value_count(value))
		buffer_append_format(text, "%zu %s", value_count(value), name);
}

static bool would_change(
	const struct value *request, const struct admin_command *command)
{
	struct slice members = slice_of(command->changes ? command->changes : "");
	struct slice first = slice_cut(&members, ' ');
	char name[32];

	if (!command->changes || value_get_truth(request, "dry_run"))
		return false;
	if (!slice_ends(first, SLICE("?")))
		return true;
	first.size--;
	return slice_to_text(first, name, sizeof(name)) &&
	       (value_get_text(request, name).size || value_get_truth(request, name));
}

/* Whether it did what was asked; else *reason_r says why not. */
static const char *outcome_of(
	const struct admin_call *call, bool done, struct slice *reason_r)
{
	const struct value *answer = call->answer;

	*reason_r = slice_of(failure_last()->text);
	if (!done)
		return failure_kind_last() == FAILURE_DATA ? "refused" : "failed";
	*reason_r = value_get_text(answer, "errors");
	if (call->refusal != ADMIN_WRONG)
		return "refused";
	*reason_r = SLICE("there was none such");
	return value_has(answer, "was") && !value_get_truth(answer, "was") ? "refused"
									   : "done";
}

static void tell_change(
	const struct admin_call *call, const struct admin_command *command, bool done)
{
	struct slice tenant = value_get_text(call->request, "tenant");
	struct slice members = slice_of(command->changes), reason;
	const char *outcome = outcome_of(call, done, &reason);
	struct buffer object = {0};
	struct event event;

	while (members.at)
		name_member(&object, call->request, slice_cut(&members, ' '));
	event_begin(&event, EVENT_INFO, "admin_change");
	event_text(&event, "command", slice_of(command->name));
	event_text(&event, "by", call->asker.by);
	if (call->asker.name.size)
		event_text(&event, "key", call->asker.name);
	if (call->asker.address.size)
		event_text(&event, "client", call->asker.address);
	if (buffer_size(&object))
		event_text(&event, "object", buffer_contents(&object));
	if (tenant.size)
		event_text(&event, "tenant", tenant);
	event_text(&event, "outcome", slice_of(outcome));
	if (outcome[0] != 'd')
		event_text(&event, "reason", reason);
	event_end(&event);
	buffer_finish(&object);
}

bool admin_carry_out(struct admin_call *call, struct deadline deadline)
{
	struct slice name = value_get_text(call->request, "command");
	const struct admin_command *command = admin_command_find(name);
	bool done;

	if (!command)
		return fail(FAILURE_PROTOCOL,
			"the server has no command \"%.*s\"; is it of another version "
			"(" RINGPOST_VERSION ")?",
			SLICE_PRINT(name));
	failure_clear();
	done = command->run(call, deadline);
	if (would_change(call->request, command))
		tell_change(call, command, done);
	return done;
}
