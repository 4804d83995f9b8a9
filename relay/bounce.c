/*
 * Bounces: writes delivery status notifications and commits them to the queue
 * before the entry they are about is settled. A few fibers do it, so that no
 * connection waits; each ends when nothing is left to be told.
 */
#include <string.h>

#include "base/event.h"
#include "base/memory.h"
#include "mail/domain.h"
#include "mail/header.h"
#include "mail/text.h"
#include "run/worker.h"

#include "relay/report.h"

#define BOUNCERS_MAX   16
#define COMMIT_MS      60000
#define READ_MS	       30000
#define FULL_BYTES_MAX (1u << 20) /* a larger original comes back as its header */

/* One notification being written. */
struct bounce {
	struct relay *relay;
	const struct report *report;
	const struct envelope *original;
	struct message *message;
	struct arena arena;
	struct buffer text; /* the original's, then the notification's */
	struct buffer before, after, fields;
	struct slice from, domain;
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
			buffer_append(&bounce->text,
				slice_part(part, 0,
					(size_t)(most - buffer_size(&bounce->text))));
	} while (good && part.size && buffer_size(&bounce->text) < most);
	body_reader_close(&reader);
	if (!good && failure_kind_last() == FAILURE_DATA) {
		buffer_clear(&bounce->text); /* then without it */
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
	text = buffer_contents(&bounce->text);
	bounce->dsn.full &= text.size == size;
	bounce->dsn.full_eight_bit = bounce->dsn.full && original->eight_bit;
	if (!header_end_find(&end, text))
		header_end_finish(&end);
	bounce->dsn.header = slice_part(text, 0, (size_t)end.size);
	return true;
}

/* Where answers to nobody go: the reverse path's domain. */
static bool find_domain(struct bounce *bounce)
{
	struct slice path = bounce->original->reverse_path, ascii;
	struct slice domain = slice_from(path, slice_index_last(path, '@') + 1);
	char *text = arena_take(&bounce->arena, DOMAIN_MAX + 1);

	if (slice_starts(domain, SLICE("["))) {
		bounce->domain = domain;
		return bounce->relay->config->relay.address_literals;
	}
	if (!domain_to_ascii(domain, text, &ascii))
		return false;
	bounce->domain = ascii;
	return true;
}

static void fill_dsn(struct bounce *bounce)
{
	const struct config *config = bounce->relay->config;
	const struct envelope *original = bounce->original;
	struct envelope *envelope = &bounce->message->envelope;
	struct dsn *dsn = &bounce->dsn;

	envelope->id = queue_new_id(bounce->relay->options.queue);
	dsn->hostname = slice_of(config->hostname);
	dsn->from = config->relay.postmaster
			    ? arena_copy(&bounce->arena,
				      slice_of(config->relay.postmaster))
			    : arena_format(&bounce->arena, "MAILER-DAEMON@%s",
				      config->hostname);
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
	struct buffer whole = {0};
	bool built = dsn_build(&bounce->dsn, &bounce->before, &bounce->after);

	if (!built)
		return false;
	buffer_append(&whole, buffer_contents(&bounce->before));
	if (bounce->dsn.full)
		buffer_append(&whole, buffer_contents(&bounce->text));
	buffer_append(&whole, buffer_contents(&bounce->after));
	buffer_finish(&bounce->text);
	bounce->text = whole;
	return true;
}

static bool make_body(struct bounce *bounce)
{
	struct relay *relay = bounce->relay;
	struct envelope *envelope = &bounce->message->envelope;
	struct slice text = buffer_contents(&bounce->text), head[3], rest;
	struct header_end end = {0};

	if (!header_end_find(&end, text))
		header_end_finish(&end);
	rest = slice_from(text, (size_t)end.body_at);
	if (relay->options.sign && !relay->options.sign(relay->options.sign_context,
					   slice_part(text, 0, (size_t)end.size), rest,
					   &bounce->fields, deadline_after_ms(READ_MS)))
		buffer_clear(&bounce->fields); /* unsigned is better than not at all */
	bounce->message->body = body_create(queue_bodies(relay->options.queue));
	body_set_id(bounce->message->body, message_id_shard(&envelope->id),
		message_id_slice(&envelope->id));
	if (!body_append(bounce->message->body, rest, deadline_after_ms(COMMIT_MS)))
		return false;
	head[0] = buffer_contents(&bounce->fields);
	head[1] = slice_part(text, 0, (size_t)end.body_at);
	body_set_head(bounce->message->body, head, 2);
	envelope->header_size = head[0].size + head[1].size;
	envelope->size = body_size(bounce->message->body);
	envelope->eight_bit = dsn_is_eight_bit(&bounce->dsn);
	envelope->header_eight_bit = !text_is_ascii(head[1]);
	return true;
}

static bool commit(struct bounce *bounce)
{
	struct relay *relay = bounce->relay;
	struct envelope *envelope = &bounce->message->envelope;
	struct recipient recipient = {
		.address = bounce->original->reverse_path,
		.notify = NOTIFY_NEVER, /* RFC 3461 6.1 */
	};
	struct entry *entry;

	envelope->smtputf8 = bounce->dsn.utf8;
	envelope->require_tls = bounce->original->require_tls;
	envelope->tls_optional = bounce->original->tls_optional;
	envelope->created_ms = worker_wall_ms();
	envelope->expires_ms = envelope->created_ms + relay->config->relay.expire_ms;
	bounce->message->entry_count = 1;
	entry = entry_create(bounce->message, 0, bounce->domain, &recipient, 1);
	return queue_commit(relay->options.queue, bounce->message, &entry, 1,
		deadline_after_ms(COMMIT_MS));
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
	buffer_finish(&bounce->text);
	buffer_finish(&bounce->before);
	buffer_finish(&bounce->after);
	buffer_finish(&bounce->fields);
	arena_finish(&bounce->arena);
	memory_free(bounce);
}

/* True: told, or nobody can be told. */
static bool write_bounce(struct relay *relay, const struct report *report)
{
	struct bounce *bounce = NEW(struct bounce);
	bool done = true;

	bounce->relay = relay;
	bounce->report = report;
	bounce->original = &report->entry->message->envelope;
	bounce->message = message_create();
	if (!find_domain(bounce)) {
		event_note(EVENT_WARNING, "not_notified",
			"%.*s: nothing can be sent to its sender's domain",
			SLICE_PRINT(message_id_slice(&bounce->original->id)));
	} else {
		done = take_original(bounce);
		if (done) {
			fill_dsn(bounce);
			done = write_text(bounce) && make_body(bounce) &&
			       commit(bounce);
		}
		if (done)
			tell(bounce);
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
