/*
 * Several messages in flight over one connection (RFC 2920, RFC 3030).
 *
 * RFC 2920 makes a client wait behind EHLO, DATA, VRFY, EXPN, TURN, QUIT and
 * NOOP. With CHUNKING none of them is needed for a message, so the next may
 * follow before this one is answered. What its servers do after a refusal
 * differs (some keep a transaction that nobody was accepted in), and RFC 3030
 * calls the state behind a refused chunk indeterminate: so each message that
 * does not wait for the one in front of it begins with RSET.
 */
#include <assert.h>
#include <string.h>

#include "run/worker.h"

#include "relay/client_core.h"

#define COPIED_MAX \
	8192 /* of a content into the outbox; a larger is sent from where it lies */
#define OUTBOX_MAX  (64u << 10)
#define CONTENT_MAX 2 /* pieces of one in memory */

static size_t in_flight(const struct smtp_client *client)
{
	return (size_t)(client->begun - client->ended);
}

static size_t replies_to(const struct smtp_delivery *delivery)
{
	return 2 + delivery->recipient_count + delivery->resets;
}

bool smtp_client_may_overlap(const struct smtp_client *client, uint64_t size)
{
	return client->capabilities.pipelining && client->capabilities.chunking &&
	       size <= SMTP_OVERLAP_SIZE_MAX;
}

bool smtp_client_has_room(const struct smtp_client *client)
{
	return client->replies < SMTP_OVERLAP_REPLIES_MAX;
}

static struct deadline data_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.data_timeout_ms);
}

/* The outbox, and COUNT pieces behind it. From here on what was begun may have
 * reached the peer, even if this fails. */
static bool send_all(
	struct smtp_client *client, const struct slice *pieces, size_t count)
{
	struct slice all[1 + CONTENT_MAX];
	bool sent;

	if (buffer_size(&client->outbox) == 0 && count == 0)
		return stream_is_whole(client->stream);
	all[0] = buffer_contents(&client->outbox);
	for (size_t i = 0; i < count; i++)
		all[1 + i] = pieces[i];
	client->sent = client->begun;
	sent = stream_send(client->stream, all, 1 + count, data_deadline(client));
	buffer_clear(&client->outbox);
	return sent;
}

/* The content in memory as pieces; what had to be loaded goes into the outbox,
 * *count_r is 0 then. */
static bool find_content(struct smtp_client *client,
	const struct smtp_delivery *delivery, struct slice pieces[CONTENT_MAX],
	size_t *count_r)
{
	struct body_reader reader;
	struct slice part;
	bool good;

	*count_r = 0;
	if (delivery->content.at) {
		pieces[(*count_r)++] = delivery->content;
		return true;
	}
	if (body_in_memory(delivery->body, pieces)) {
		*count_r = CONTENT_MAX;
		return true;
	}
	body_reader_open(&reader, delivery->body);
	do {
		good = body_reader_next(&reader, &part, data_deadline(client));
		if (good)
			buffer_append(&client->outbox, part);
	} while (good && part.size);
	body_reader_close(&reader);
	return good;
}

static void write_command(struct smtp_client *client, struct smtp_delivery *delivery)
{
	bool copied = delivery->size <= COPIED_MAX;

	buffer_reserve(&client->outbox, 512 + (copied ? (size_t)delivery->size : 0));
	client_write_envelope(client, delivery, &client->outbox);
	client_write_chunk_line(client, delivery, &client->outbox);
}

bool smtp_client_begin(struct smtp_client *client, struct smtp_delivery *delivery)
{
	size_t before = buffer_size(&client->outbox), count;
	struct slice pieces[CONTENT_MAX];

	client_start_delivery(client, delivery);
	delivery->behind = in_flight(client) > 0;
	delivery->resets = delivery->behind || client->stale;
	write_command(client, delivery);
	if (!find_content(client, delivery, pieces, &count)) {
		buffer_truncate(&client->outbox, before);
		client->stale = delivery->resets && !delivery->behind;
		delivery->stage = STAGE_CONTENT;
		delivery->failure = *failure_last();
		delivery->ended_us = worker_now_us();
		if (delivery->told)
			client_tell_unsent(client, delivery);
		return false;
	}
	client->replies += replies_to(delivery);
	delivery->number = ++client->begun;
	if (count && delivery->size > COPIED_MAX) {
		send_all(client, pieces, count);
		return true;
	}
	for (size_t i = 0; i < count; i++)
		buffer_append(&client->outbox, pieces[i]);
	if (buffer_size(&client->outbox) > OUTBOX_MAX)
		send_all(client, NULL, 0);
	return true;
}

/* Called when nothing more can be done without waiting. */
struct refill {
	void (*run)(void *context);
	void *context;
};

static bool wait_ready(struct smtp_client *client, struct refill *refill)
{
	void (*run)(void *context) = refill->run;

	if (stream_has_line(client->stream, CLIENT_LINE_MAX))
		return true;
	refill->run = NULL;
	if (run && !client->closing && stream_is_whole(client->stream))
		run(refill->context);
	return send_all(client, NULL, 0);
}

static bool read_reset(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply reply;

	delivery->stage = STAGE_RSET;
	if (!client_read_reply(
		    client, delivery->arena, &reply, client_command_deadline(client)))
		return false;
	if (reply_is_positive(&reply))
		return true;
	if (reply.code == 421)
		return stream_fail(client->stream, FAILURE_CLOSED,
			"the peer ended the connection (421)");
	return client_out_of_step(client, delivery, &reply);
}

/* Nobody was accepted, and the chunk that was sent is answered all the same. A
 * "taken" would be the answer to something else. */
static bool read_for_nobody(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply reply;

	delivery->stage = STAGE_CONTENT;
	if (!client_read_reply(client, delivery->arena, &reply,
		    deadline_after_ms(client->options.reply_timeout_ms)))
		return false;
	delivery->unknown = false;
	client->stale = in_flight(client) == 1;
	if (reply_is_positive(&reply) && in_flight(client) > 1)
		return client_out_of_step(client, delivery, &reply);
	return true;
}

/* The replies to RSET, MAIL and RCPTs; at each the flight may be refilled. */
static bool read_replies(struct smtp_client *client, struct smtp_delivery *delivery,
	struct refill *refill)
{
	struct reply mail;

	if (!wait_ready(client, refill) ||
		(delivery->resets && !read_reset(client, delivery)) ||
		!wait_ready(client, refill) ||
		!client_read_mail(client, delivery, &mail))
		return false;
	for (size_t i = 0; i < delivery->recipient_count; i++)
		if (!wait_ready(client, refill) ||
			!client_read_rcpt(client, delivery,
				reply_is_positive(&mail) ? &delivery->answers[i]
							 : NULL))
			return false;
	if (!wait_ready(client, refill))
		return false;
	return client_count_accepted(delivery) ? client_read_final(client, delivery)
					       : read_for_nobody(client, delivery);
}

bool smtp_client_await(struct smtp_client *client, struct smtp_delivery *delivery,
	void (*refill)(void *context), void *context)
{
	struct refill fill = {refill, context};
	bool good;

	assert(delivery->number == client->ended + 1);
	delivery->stage = STAGE_MAIL;
	delivery->unknown = true;
	client->heard_of = delivery->told;
	good = read_replies(client, delivery, &fill);
	delivery->unknown &= delivery->number <= client->sent;
	client->ended++;
	client->replies -= replies_to(delivery);
	return client_end_delivery(client, delivery, good);
}

void smtp_client_abandon(struct smtp_client *client, struct smtp_delivery *delivery)
{
	assert(delivery->number == client->ended + 1);
	client->ended++;
	client->replies -= replies_to(delivery);
	delivery->stage = STAGE_MAIL;
	delivery->unknown = delivery->number <= client->sent;
	if (stream_is_whole(client->stream))
		stream_fail(client->stream, FAILURE_CLOSED,
			"the peer has announced the end of the connection");
	client_end_delivery(client, delivery, false);
}
