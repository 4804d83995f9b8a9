/*
 * Copies of a message that rules send elsewhere: new messages in the queue, from
 * the same sender, with Delivered-To in front, by which a loop is found.
 */
#include "base/buffer.h"
#include "base/failure.h"
#include "mail/domain.h"
#include "queue/queue.h"
#include "queue/recipients.h"
#include "run/worker.h"

#include "deliver/delivery_core.h"

static bool write_copy(void *context, struct slice bytes, struct deadline deadline)
{
	return body_append(context, bytes, deadline);
}

static void write_front(
	const struct handing *handing, const struct group *group, struct buffer *front)
{
	GROUP_EACH (handing, group, i)
		buffer_append_format(front, "Delivered-To: %.*s\r\n",
			SLICE_PRINT(handing->entry->recipients[i].address));
}

/* The fields are the head, what stands behind them the content. */
static bool copy_body(const struct handing *handing, const struct group *group,
	struct message *message, struct deadline deadline)
{
	const struct content *content = &handing->content;
	struct content_sink sink = {write_copy, message->body};
	struct content rest = *content;
	struct buffer fields = {0};
	struct slice head;
	bool good;

	write_front(handing, group, &fields);
	for (size_t i = 0; i < content->header.count; i++)
		if (content->header.fields[i].known != HEADER_RETURN_PATH)
			buffer_append(&fields, content->header.fields[i].whole);
	if (content->headless)
		buffer_append(&fields, SLICE("\r\n"));
	rest.header.count = 0;
	rest.headless = false;
	good = content_write(&rest, SLICE_EMPTY, &sink, deadline);
	head = buffer_contents(&fields);
	if (good) {
		body_set_head(message->body, &head, 1);
		message->envelope.header_size = head.size;
		message->envelope.size = body_size(message->body);
	}
	buffer_finish(&fields);
	return good;
}

/* Who got a copy is not who the sender asked about: of a failure he is told, as he
 * wished, of a success nothing. */
static unsigned notify_of(const struct handing *handing, const struct group *group)
{
	unsigned notify = handing->entry->recipients[group->first].notify;

	if (notify == NOTIFY_UNSET)
		return notify;
	notify &= ~(unsigned)NOTIFY_SUCCESS;
	return notify ? notify : NOTIFY_NEVER;
}

static struct slice copy(struct message *message, struct slice text)
{
	return text.size ? arena_copy(&message->arena, text) : SLICE_EMPTY;
}

static void fill_envelope(struct handing *handing, struct message *message)
{
	const struct envelope *from = &handing->entry->message->envelope;
	struct envelope *to = &message->envelope;

	*to = (struct envelope){
		.id = queue_new_id(handing->delivery->options.queue),
		.reverse_path = copy(message, from->reverse_path),
		.client = copy(message, from->client),
		.tenant = copy(message, from->tenant),
		.stream = copy(message, from->stream),
		.priority = from->priority,
		.smtputf8 = from->smtputf8,
		.eight_bit = from->eight_bit,
		.header_eight_bit = from->header_eight_bit,
		.require_tls = from->require_tls,
		.tls_optional = from->tls_optional,
		.binary = from->binary,
		.created_ms = worker_wall_ms(),
		.lines_longest = from->lines_longest,
	};
	to->expires_ms = to->created_ms + handing->config->relay.expire_ms;
}

static bool list_recipients(
	struct handing *handing, const struct group *group, struct recipient_list *list)
{
	for (size_t i = 0; i < group->forward_count; i++) {
		struct recipient recipient = {.address = group->forwards[i],
			.notify = notify_of(handing, group)};
		size_t at = slice_index_last(recipient.address, '@');
		struct slice domain;

		if (!domain_to_ascii(slice_from(recipient.address, at + 1),
			    arena_take(handing->arena, DOMAIN_MAX + 1), &domain))
			return fail(FAILURE_DATA, "%.*s has a domain that cannot be",
				SLICE_PRINT(recipient.address));
		recipient_list_add(list, handing->arena, &recipient, domain);
	}
	return true;
}

bool group_forward(
	struct handing *handing, const struct group *group, struct deadline deadline)
{
	struct queue *queue = handing->delivery->options.queue;
	struct recipient_list list = {0};
	struct message *message;
	struct entry **entries;
	size_t count;
	bool good;

	if (!queue)
		return fail(FAILURE_RESOURCE, "there is no queue to forward with");
	if (!list_recipients(handing, group, &list))
		return false;
	message = message_create();
	fill_envelope(handing, message);
	message->body = body_create(queue_bodies(queue));
	body_set_id(message->body, message_id_shard(&message->envelope.id),
		message_id_slice(&message->envelope.id));
	good = copy_body(handing, group, message, deadline);
	if (good) {
		count = recipient_list_make_entries(
			&list, message, handing->arena, &entries);
		good = queue_commit(queue, message, entries, count, deadline);
	}
	message_release(&message);
	return good;
}
