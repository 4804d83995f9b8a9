/* Signing messages of ours and putting them into the queue; see notice.h. */
#include "relay/notice.h"

#include "base/failure.h"
#include "mail/domain.h"
#include "mail/header.h"
#include "mail/text.h"
#include "queue/traced.h"
#include "run/worker.h"

bool notice_find_domain(const struct relay *relay, struct slice path,
	struct arena *arena, struct slice *domain_r)
{
	struct slice domain = slice_from(path, slice_index_last(path, '@') + 1);

	*domain_r = domain;
	if (slice_starts(domain, SLICE("[")))
		return relay->config->relay.address_literals;
	return domain_to_ascii(domain, arena_take(arena, DOMAIN_MAX + 1), domain_r);
}

static bool make_body(struct relay *relay, struct message *message, struct slice text,
	struct deadline deadline)
{
	struct envelope *envelope = &message->envelope;
	struct buffer fields = {0};
	struct header_end end = {0};
	struct slice head[2], rest;
	bool good;

	if (!header_end_find(&end, text))
		header_end_finish(&end);
	rest = slice_from(text, (size_t)end.body_at);
	if (relay->options.sign &&
		!relay->options.sign(relay->options.sign_context,
			slice_part(text, 0, (size_t)end.size), rest, &fields, deadline))
		buffer_clear(&fields); /* unsigned is better than not at all */
	message->body = body_create(queue_bodies(relay->options.queue));
	body_set_id(message->body, message_id_shard(&envelope->id),
		message_id_slice(&envelope->id));
	good = body_append(message->body, rest, deadline);
	if (good) {
		head[0] = buffer_contents(&fields);
		head[1] = slice_part(text, 0, (size_t)end.body_at);
		body_set_head(message->body, head, 2);
		envelope->header_size = head[0].size + head[1].size;
		envelope->size = body_size(message->body);
		envelope->header_eight_bit = !text_is_ascii(head[1]);
	}
	buffer_finish(&fields);
	return good;
}

bool notice_commit(struct relay *relay, struct message *message, struct slice text,
	struct slice path, struct slice domain, struct deadline deadline)
{
	struct envelope *envelope = &message->envelope;
	struct recipient recipient = {
		.address = path, .notify = NOTIFY_NEVER, /* RFC 3461 6.1 */
	};
	struct traced_accept accept = {.began_us = worker_now_us(), .recipients = 1};
	struct entry *entry;
	bool safe;

	traced_begin(message);
	if (!make_body(relay, message, text, deadline))
		return false;
	envelope->created_ms = worker_wall_ms();
	envelope->expires_ms = envelope->created_ms + relay->config->relay.expire_ms;
	message->entry_count = 1;
	entry = entry_create(message, 0, domain, &recipient, 1);
	safe = queue_commit(relay->options.queue, message, &entry, 1, deadline);
	accept.failed = !safe;
	if (message_is_traced(message))
		traced_accepted(message, &accept);
	return safe;
}
