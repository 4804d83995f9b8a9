/*
 * `changes`: who changed what, as the event log says it: the youngest first. A file is
 * read on the pool, its end only.
 */
#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "report/log_hunt.h"
#include "run/worker.h"

#include "admin/call.h"

#define CHANGES_MAX 1000

struct digging {
	struct log_hunt hunt;
	const struct value *request; /* what is wanted of them */
	char since[CLOCK_TEXT_SIZE];
	struct value *kept[CHANGES_MAX];
	size_t count; /* that fit; the last of them are kept */
	bool good;
	struct failure failure;
};

static bool is_by(const struct value *event, struct slice wanted)
{
	struct slice by = value_get_text(event, "by");

	return slice_equal(by, wanted) ||
	       slice_equal(value_get_text(event, "key"), wanted) ||
	       (slice_starts(by, SLICE("key ")) &&
		       slice_equal(slice_from(by, 4), wanted));
}

/* WANTED: the whole command, or its first word. */
static bool is_command(struct slice command, struct slice wanted)
{
	return slice_starts(command, wanted) &&
	       (command.size == wanted.size || command.at[wanted.size] == ' ');
}

static bool is_wanted(const struct digging *digging, const struct value *event)
{
	const struct value *request = digging->request;
	struct slice by = value_get_text(request, "by");
	struct slice of = value_get_text(request, "of");
	struct slice object = value_get_text(request, "object");
	struct slice tenant = value_get_text(request, "tenant");
	struct slice outcome = value_get_text(request, "outcome");

	return slice_equal(value_get_text(event, "event"), SLICE("admin_change")) &&
	       slice_compare(value_get_text(event, "at"), slice_of(digging->since)) >=
		       0 &&
	       (!by.size || is_by(event, by)) &&
	       (!of.size || is_command(value_get_text(event, "command"), of)) &&
	       (!object.size || slice_equal(value_get_text(event, "object"), object)) &&
	       (!tenant.size || slice_equal(value_get_text(event, "tenant"), tenant)) &&
	       (!outcome.size ||
		       slice_equal(value_get_text(event, "outcome"), outcome));
}

static bool keep(void *context, struct slice line)
{
	struct digging *digging = context;
	struct value *event = value_parse(line);
	struct value **place = &digging->kept[digging->count % CHANGES_MAX];

	if (!is_wanted(digging, event)) {
		value_release(&event);
		return true;
	}
	value_release(place);
	*place = event;
	digging->count++;
	return true;
}

static void dig(void *arg)
{
	struct digging *digging = arg;

	digging->good = log_hunt(&digging->hunt);
	if (!digging->good)
		digging->failure = *failure_last();
}

/* The youngest first. */
static bool say_all(struct admin_call *call, struct digging *digging, size_t limit,
	struct deadline deadline)
{
	size_t most = digging->count < CHANGES_MAX ? digging->count : CHANGES_MAX;
	bool good = true;

	for (size_t i = 1; good && i <= most; i++) {
		struct value **place =
			&digging->kept[(digging->count - i) % CHANGES_MAX];
		struct value *event = *place;

		if (limit && i > limit)
			break;
		*place = NULL;
		value_remove(event, "event");
		value_remove(event, "level");
		good = admin_say(call, event, deadline);
	}
	return good;
}

bool admin_changes(struct admin_call *call, struct deadline deadline)
{
	const char *file = call->daemon->world->config->log.file;
	struct digging *digging;
	bool good;

	if (strcmp(file, "-") == 0)
		return fail(FAILURE_CONFIG,
			"the log goes to standard error (the journal, under systemd: "
			"journalctl -u ringpost --grep admin_change)");
	digging = NEW(struct digging);
	digging->request = call->request;
	clock_format_iso(value_get_number(call->request, "since_ms"), digging->since);
	digging->hunt = (struct log_hunt){.file = file,
		.id = SLICE("\"event\":\"admin_change\""),
		.since_ms = value_get_number(call->request, "since_ms"),
		.visit = keep,
		.context = digging};
	good = offload(dig, digging, deadline) &&
	       (digging->good || fail_again(&digging->failure)) &&
	       say_all(call, digging, (size_t)value_get_number(call->request, "limit"),
		       deadline);
	value_set_truth(call->answer, "cut", digging->hunt.cut);
	for (size_t i = 0; i < CHANGES_MAX; i++)
		value_release(&digging->kept[i]);
	memory_free(digging);
	return good;
}
