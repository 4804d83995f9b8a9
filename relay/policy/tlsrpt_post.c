/*
 * One report to one URI: as a message of ours through the queue, which sees to
 * the rest, or as a POST (RFC 8460 5.3, 5.4).
 */
#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/fetch.h"
#include "mail/header.h"
#include "mail/text.h"

#include "policy/tlsrpt_core.h"

#define POST_MS	   20000
#define COMMIT_MS  60000
#define SIGN_MS	   30000
#define ANSWER_MAX (64u << 10)
#define EXPIRE_MS  TLSRPT_DAY_MS /* 5.5: not for more than a day */

static bool make_body(struct tlsrpt *tlsrpt, struct message *message, struct slice text)
{
	struct envelope *envelope = &message->envelope;
	struct tlsrpt_options *options = &tlsrpt->options;
	struct buffer fields = {0};
	struct header_end end = {0};
	struct slice head[2], rest;
	bool good;

	if (!header_end_find(&end, text))
		header_end_finish(&end);
	rest = slice_from(text, (size_t)end.body_at);
	if (options->sign && !options->sign(options->sign_context,
				     slice_part(text, 0, (size_t)end.size), rest,
				     &fields, deadline_after_ms(SIGN_MS)))
		buffer_clear(&fields);
	message->body = body_create(queue_bodies(options->queue));
	body_set_id(message->body, message_id_shard(&envelope->id),
		message_id_slice(&envelope->id));
	good = body_append(message->body, rest, deadline_after_ms(COMMIT_MS));
	if (good) {
		head[0] = buffer_contents(&fields);
		head[1] = slice_part(text, 0, (size_t)end.body_at);
		body_set_head(message->body, head, 2);
		envelope->header_size = head[0].size + head[1].size;
		envelope->size = body_size(message->body);
	}
	buffer_finish(&fields);
	return good;
}

/* 3: TLS that is broken is what the report tells of, so it may not stop it. */
static bool commit(struct tlsrpt *tlsrpt, struct message *message, struct slice from,
	struct slice to, struct deadline deadline)
{
	struct envelope *envelope = &message->envelope;
	struct recipient recipient = {.address = to, .notify = NOTIFY_NEVER};
	struct slice domain = slice_from(to, slice_index_last(to, '@') + 1);
	struct entry *entry;

	envelope->reverse_path = arena_copy(&message->arena, from);
	envelope->tls_optional = true;
	envelope->created_ms = worker_wall_ms();
	envelope->expires_ms = envelope->created_ms + EXPIRE_MS;
	message->entry_count = 1;
	entry = entry_create(message, 0, domain, &recipient, 1);
	return queue_commit(tlsrpt->options.queue, message, &entry, 1, deadline);
}

static bool post_mail(struct tlsrpt *tlsrpt, const struct tlsrpt_report *report,
	struct slice packed, struct slice uri, struct deadline deadline)
{
	struct slice from = slice_of(tlsrpt->options.config->relay.tlsrpt.from), to;
	struct message *message;
	struct arena arena = {0};
	struct buffer text = {0};
	bool good = tlsrpt_mailbox_parse(uri, &arena, &to);

	if (good) {
		from = arena_copy(&arena, from);
		message = message_create();
		message->envelope.id = queue_new_id(tlsrpt->options.queue);
		tlsrpt_mail(report, from, to, packed, worker_wall_ms(), &text);
		good = make_body(tlsrpt, message, buffer_contents(&text)) &&
		       commit(tlsrpt, message, from, to,
			       deadline_earlier(
				       deadline, deadline_after_ms(COMMIT_MS)));
		message_release(&message);
	}
	buffer_finish(&text);
	arena_finish(&arena);
	return good;
}

static bool post_https(struct tlsrpt *tlsrpt, struct slice packed, struct slice uri,
	struct deadline deadline)
{
	const struct config_https *https = &tlsrpt->options.config->relay.https;
	struct slice type = SLICE("Content-Type: application/tlsrpt+gzip");
	struct arena arena = {0};
	struct fetch_response response;
	struct fetch_options options = {
		.url = uri,
		.body = packed,
		.headers = &type,
		.header_count = 1,
		.size_max = ANSWER_MAX,
		.ca_file = https->ca_file,
		.private_addresses = https->private_addresses,
		.dns = tlsrpt->options.dns,
	};
	bool good = fetch(&options, &arena, &response,
		deadline_earlier(deadline, deadline_after_ms(POST_MS)));

	if (good && response.status / 100 != 2)
		good = fail(FAILURE_PROTOCOL, "the server said %u", response.status);
	arena_finish(&arena);
	return good;
}

bool tlsrpt_post(struct tlsrpt *tlsrpt, const struct tlsrpt_report *report,
	struct slice packed, struct slice uri, struct deadline deadline)
{
	if (slice_starts_nocase(uri, SLICE("mailto:")))
		return post_mail(tlsrpt, report, packed, uri, deadline);
	return post_https(tlsrpt, packed, uri, deadline);
}
