/* Notifications of failures, passed on; see told.h. */
#include "relay/told.h"

#include "base/memory.h"
#include "feedback/category.h"
#include "feedback/returns_told.h"
#include "mail/header.h"

/* One notification being passed on. */
struct telling {
	struct relay *relay;
	const struct envelope *original;
	const struct dsn *dsn;
	struct returns_arrival arrival;
	struct report report;
	struct arena arena;
};

static struct slice message_id_of(struct slice block, struct arena *arena)
{
	const struct header_field *field;
	struct header header;

	(void)header_scan(arena, block, 0, 0, &header);
	field = header_find(&header, HEADER_MESSAGE_ID);
	return field ? header_unfold(arena, field->value) : SLICE_EMPTY;
}

/* What was said, by whoever refused: he, or we. */
static void read_said(struct telling *telling, const struct dsn_recipient *recipient,
	struct report_recipient *said, enum category *category_r)
{
	const struct classifier *classifier = telling->relay->options.classifier;
	struct arena *arena = &telling->arena;
	struct slice line = recipient->reply;
	struct category_question question;

	if (!line.size)
		line = arena_format(arena, "%.*s %.*s", SLICE_PRINT(recipient->status),
			SLICE_PRINT(recipient->reason));
	question = category_question_of(line, recipient->remote_mta, arena);
	*category_r = category_of(classifier, &question, NULL);
	*said = (struct report_recipient){.action = recipient->action,
		.address = recipient->address,
		.status = recipient->status,
		.code = question.code,
		.diagnostic = question.text,
		.host = recipient->remote_mta};
}

static bool pass_on(struct telling *telling, const struct dsn_recipient *recipient,
	struct deadline deadline)
{
	const struct returns_listener *listener = telling->relay->options.listener;
	struct report_recipient said;
	struct returns_told told = {.outcome = RETURNS_BOUNCED,
		.at_once = true,
		.arrival = &telling->arrival,
		.report = &telling->report,
		.said = &said,
		.id = message_id_slice(&telling->original->id),
		.tenant = telling->original->tenant,
		.recipient = recipient->address,
		.sure = true};

	read_said(telling, recipient, &said, &told.category);
	told.hard = category_is_hard(told.category) &&
		    slice_starts(recipient->status, SLICE("5."));
	return listener->take(listener->context, &told, deadline);
}

bool told_pass_on(struct relay *relay, const struct envelope *original,
	const struct dsn *dsn, struct slice text, struct deadline deadline)
{
	struct telling *telling;
	bool good = true;

	if (!relay->options.listener || !original->tenant.size)
		return true;
	telling = NEW(struct telling);
	telling->relay = relay;
	telling->original = original;
	telling->dsn = dsn;
	telling->arrival = (struct returns_arrival){
		.recipient = dsn->to, .id = dsn->queue_id, .message = text};
	telling->report.kind = REPORT_STATUS;
	telling->report.original.message_id = message_id_of(
		dsn->header, &telling->arena);
	for (size_t i = 0; i < dsn->recipient_count && good; i++)
		if (dsn->recipients[i].action == DSN_FAILED)
			good = pass_on(telling, &dsn->recipients[i], deadline);
	arena_finish(&telling->arena);
	memory_free(telling);
	return good;
}
