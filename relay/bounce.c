/*
 * Bounces: writes delivery status notifications and commits them to the queue
 * before the entry they are about is settled. A few fibers do it, so that no
 * connection waits; each ends when nothing is left to be told.
 */
#include "base/event.h"
#include "base/memory.h"
#include "mail/header.h"
#include "queue/traced.h"
#include "run/worker.h"

#include "relay/digest.h"
#include "relay/notice.h"
#include "relay/report.h"
#include "relay/spans.h"
#include "relay/told.h"

#define BOUNCERS_MAX   16
#define READ_MS	       30000
#define COMMIT_MS      60000
#define FULL_BYTES_MAX (1u << 20) /* a larger original comes back as its header */

/* One notification being written. */
struct bounce {
	struct relay *relay;
	const struct report *report;
	const struct envelope *original;
	struct message *message;
	struct arena arena;
	struct buffer shown; /* of the original; dsn.header is there */
	struct buffer before, after, text;
	struct slice domain;
	struct dsn dsn;
};

static bool read_original(struct bounce *bounce, uint64_t most)
{
	const struct message *message = bounce->report->entry->message;
	struct body_reader reader;
	struct slice part;
	bool good;

	body_reader_open(&reader, message->body);
	do {
		good = body_reader_next(&reader, &part, deadline_after_ms(READ_MS));
		if (good)
			buffer_append(&bounce->shown,
				slice_part(part, 0,
					(size_t)(most - buffer_size(&bounce->shown))));
	} while (good && part.size && buffer_size(&bounce->shown) < most);
	body_reader_close(&reader);
	if (!good && failure_kind_last() == FAILURE_DATA) {
		buffer_clear(&bounce->shown); /* then without it */
		return true;
	}
	return good;
}

/* What the original was, as far as it can be shown. */
static bool take_original(struct bounce *bounce)
{
	const struct envelope *original = bounce->original;
	uint64_t size = body_size(bounce->report->entry->message->body);
	bool failed = bounce->report->failed_count > 0;
	uint64_t most = original->header_size < DSN_HEADER_MAX ? original->header_size
							       : DSN_HEADER_MAX;
	struct header_end end = {0};
	struct slice text;

	/* RFC 3461 4.3: RET is about failures only. RFC 8689 5: no more of what must
	 * be kept secret than has to be. */
	bounce->dsn.full = failed && original->return_full && size <= FULL_BYTES_MAX &&
			   !original->require_tls && !original->binary;
	if (!read_original(bounce, bounce->dsn.full ? size : most))
		return false;
	text = buffer_contents(&bounce->shown);
	bounce->dsn.full &= text.size == size;
	bounce->dsn.full_eight_bit = bounce->dsn.full && original->eight_bit;
	if (!header_end_find(&end, text))
		header_end_finish(&end);
	bounce->dsn.header = slice_part(text, 0, (size_t)end.size);
	return true;
}

static void fill_dsn(struct bounce *bounce)
{
	const struct config *config = bounce->relay->config;
	const struct envelope *original = bounce->original;
	struct envelope *envelope = &bounce->message->envelope;
	struct dsn *dsn = &bounce->dsn;

	envelope->id = queue_new_id(bounce->relay->options.queue);
	envelope->smtputf8 = original->smtputf8;
	envelope->require_tls = original->require_tls;
	envelope->tls_optional = original->tls_optional;
	dsn->hostname = slice_of(config->hostname);
	dsn->from = arena_copy(&bounce->arena, slice_of(config->relay.postmaster));
	dsn->to = original->reverse_path;
	dsn->queue_id = message_id_slice(&envelope->id);
	dsn->original_id = message_id_slice(&original->id);
	dsn->envelope_id = original->envelope_id;
	dsn->now_ms = worker_wall_ms();
	dsn->arrival_ms = original->created_ms;
	if (original->deliver_by != DELIVER_BY_NONE)
		dsn->deliver_by_ms = original->deliver_by_ms;
	dsn->tls_optional = original->tls_optional;
	dsn->recipients = bounce->report->recipients;
	dsn->recipient_count = bounce->report->count;
	dsn->utf8 = original->smtputf8;
}

/* All of it in `text`: header, blank line, parts, and a full original between. */
static bool write_text(struct bounce *bounce)
{
	struct buffer *text = &bounce->text;
	bool built = dsn_build(&bounce->dsn, &bounce->before, &bounce->after);

	if (!built)
		return false;
	buffer_append(text, buffer_contents(&bounce->before));
	if (bounce->dsn.full)
		buffer_append(text, buffer_contents(&bounce->shown));
	buffer_append(text, buffer_contents(&bounce->after));
	return true;
}

static bool commit(struct bounce *bounce)
{
	struct envelope *envelope = &bounce->message->envelope;

	envelope->eight_bit = dsn_is_eight_bit(&bounce->dsn);
	return notice_commit(bounce->relay, bounce->message,
		buffer_contents(&bounce->text), bounce->original->reverse_path,
		bounce->domain, deadline_after_ms(COMMIT_MS));
}

static bool pass_on(struct bounce *bounce)
{
	return told_pass_on(bounce->relay, bounce->original, &bounce->dsn,
		buffer_contents(&bounce->text), deadline_after_ms(COMMIT_MS));
}

static void tell(const struct bounce *bounce)
{
	const struct envelope *envelope = &bounce->message->envelope;
	struct event event;

	event_begin(&event, EVENT_INFO, "notified");
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "about", message_id_slice(&bounce->original->id));
	event_text(&event, "to", bounce->original->reverse_path);
	event_text(&event, "action",
		slice_of(dsn_action_word(bounce->report->recipients[0].action)));
	event_number(&event, "recipients", (int64_t)bounce->report->count);
	event_number(&event, "size", (int64_t)envelope->size);
	event_end(&event);
}

static void finish(struct bounce *bounce)
{
	message_release(&bounce->message);
	buffer_finish(&bounce->shown);
	buffer_finish(&bounce->text);
	buffer_finish(&bounce->before);
	buffer_finish(&bounce->after);
	arena_finish(&bounce->arena);
	memory_free(bounce);
}

static bool write_notification(struct bounce *bounce)
{
	int64_t began_us = worker_now_us();
	bool done = take_original(bounce);

	if (done) {
		fill_dsn(bounce);
		done = write_text(bounce) && pass_on(bounce) && commit(bounce);
	}
	if (done)
		tell(bounce);
	if (message_is_traced(bounce->report->entry->message))
		spans_bounce(bounce->report->entry, &bounce->message->envelope.id,
			began_us, done);
	return done;
}

/* True: told, or told later with others, or nobody can be told. */
static bool write_bounce(struct relay *relay, const struct report *report)
{
	struct bounce *bounce = NEW(struct bounce);
	bool done = true;

	bounce->relay = relay;
	bounce->report = report;
	bounce->original = &report->entry->message->envelope;
	bounce->message = message_create();
	if (!notice_find_domain(relay, bounce->original->reverse_path, &bounce->arena,
		    &bounce->domain)) {
		event_note(EVENT_WARNING, "not_notified",
			"%.*s: nothing can be sent to its sender's domain",
			SLICE_PRINT(message_id_slice(&bounce->original->id)));
	} else if (!digest_take(relay, report, deadline_after_ms(COMMIT_MS))) {
		done = write_notification(bounce);
	}
	finish(bounce);
	return done;
}

static void bounce_run(void *arg)
{
	struct relay *relay = arg;
	struct link *link;

	while ((link = list_take(&relay->bounces))) {
		struct report *report = CONTAINER_OF(link, struct report, link);

		if (write_bounce(relay, report)) {
			report_told(relay, &report);
			continue;
		}
		event_note(EVENT_WARNING, "notification_postponed", "%.*s: %s",
			SLICE_PRINT(
				message_id_slice(&report->entry->message->envelope.id)),
			failure_last()->text);
		report_failed(relay, &report);
	}
	relay->bouncers--;
}

void bounce_add(struct relay *relay, struct report *report)
{
	list_append(&relay->bounces, &report->link);
	if (relay->bouncers >= BOUNCERS_MAX)
		return;
	relay->bouncers++;
	if (scope_spawn(&relay->scope, "relay-bounce", bounce_run, relay))
		return;
	relay->bouncers--;
	if (relay->bouncers)
		return; /* one of those takes it */
	list_remove(&report->link);
	report_failed(relay, &report);
}
