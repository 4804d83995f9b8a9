/*
 * One message over a connection: the envelope, the content, the verdicts.
 *
 * Three ways, by what the peer offers. Neither PIPELINING nor CHUNKING: each
 * command waits for its reply. PIPELINING: MAIL, RCPT … and DATA in one write,
 * and the next message's behind this one's final dot. CHUNKING: MAIL, RCPT …,
 * BDAT LAST and the content in one write, if the content is not large; with a
 * large one the recipients' replies come first, so that it is not sent to
 * nobody. Several of the small ones can be in flight: smtp_flight.c.
 */
#include <string.h>

#include "base/memory.h"
#include "mail/dot.h"
#include "run/worker.h"

#include "relay/client_core.h"

#define PIECES_MAX 64

static struct deadline reply_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.reply_timeout_ms);
}

static struct deadline data_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.data_timeout_ms);
}

/* Pieces on their way out, sent when there are many. */
struct outgoing {
	struct smtp_client *client;
	struct slice pieces[PIECES_MAX];
	size_t count;
};

static bool send_pieces(struct outgoing *out)
{
	size_t count = out->count;

	out->count = 0;
	return stream_send(
		out->client->stream, out->pieces, count, data_deadline(out->client));
}

static bool add_piece(struct outgoing *out, struct slice piece)
{
	if (out->count == PIECES_MAX && !send_pieces(out))
		return false;
	out->pieces[out->count++] = piece;
	return true;
}

/* PART of the body with its dots doubled; sent before it goes away. */
static bool add_dotted(
	struct outgoing *out, struct dot_encoder *encoder, struct slice part)
{
	struct slice piece;

	while (dot_encode(encoder, &part, &piece))
		if (!add_piece(out, piece))
			return false;
	return true;
}

/* The body, as DATA wants it or (ENCODER NULL) as it is. What lies in memory
 * waits to travel with what follows; what was loaded is sent at once. */
static bool add_content(struct outgoing *out, const struct smtp_delivery *delivery,
	struct dot_encoder *encoder)
{
	struct slice memory[2], part = delivery->content;
	struct body_reader reader;
	bool lasting, good;

	if (part.at)
		return encoder ? add_dotted(out, encoder, part) : add_piece(out, part);
	lasting = body_in_memory(delivery->body, memory);
	body_reader_open(&reader, delivery->body);
	do {
		good = body_reader_next(&reader, &part, data_deadline(out->client));
		if (!good || !part.size)
			break;
		good = encoder ? add_dotted(out, encoder, part) : add_piece(out, part);
		if (good && !lasting)
			good = send_pieces(out);
	} while (good);
	body_reader_close(&reader);
	return good;
}

static void write_line(struct smtp_client *client, const struct smtp_delivery *delivery,
	struct slice line)
{
	stream_write(client->stream, line);
	if (transcript_wanted())
		client_tell(client, delivery->told, line);
}

static void move_outbox(struct smtp_client *client)
{
	stream_write(client->stream, buffer_contents(&client->outbox));
	buffer_clear(&client->outbox);
}

/* The next message's envelope into the client's outbox, to go behind this. */
static void write_ahead(struct smtp_client *client,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	client->ahead = NULL;
	if (!next || !client->capabilities.pipelining || client->capabilities.chunking)
		return;
	client->ahead = next(context);
	if (!client->ahead)
		return;
	client->ahead->resets = false;
	client_write_envelope(client, client->ahead, &client->outbox);
}

static bool send_dotted(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	struct outgoing *out = NEW(struct outgoing);
	struct dot_encoder encoder = {0};
	bool good;

	out->client = client;
	if (transcript_wanted())
		client_tell_content(client, delivery);
	write_ahead(client, next, context);
	good = add_content(out, delivery, &encoder) &&
	       add_piece(out, dot_encode_end(&encoder)) &&
	       (!client->ahead || add_piece(out, buffer_contents(&client->outbox))) &&
	       send_pieces(out);
	buffer_clear(&client->outbox);
	memory_free(out);
	return good;
}

/* RFC 3030: one chunk, the last. */
static bool send_chunk(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct outgoing *out = NEW(struct outgoing);
	bool good;

	out->client = client;
	client_write_chunk_line(client, delivery, &client->outbox);
	move_outbox(client);
	good = add_content(out, delivery, NULL) && send_pieces(out);
	memory_free(out);
	return good;
}

/* What was only an accepted RCPT is no verdict when the dialogue broke. */
static void take_back(struct smtp_delivery *delivery)
{
	for (size_t i = 0; i < delivery->recipient_count; i++)
		if (reply_is_positive(&delivery->answers[i].reply) &&
			delivery->answers[i].stage != STAGE_CONTENT)
			delivery->answers[i] = (struct smtp_answer){0};
}

bool client_read_final(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply reply;

	delivery->stage = STAGE_CONTENT;
	delivery->unknown = true; /* until the reply is read */
	if (!client_await_reply(client, TIMING_FINAL, delivery->steps, delivery->arena,
		    &reply, reply_deadline(client)) ||
		!client_is_in_step(client, delivery, &reply))
		return false;
	delivery->unknown = false;
	client_answer_all(delivery, &reply);
	return true;
}

/* After a transaction nobody was accepted in: back to the beginning. */
static bool start_over(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply reply;

	if (client->closing)
		return true;
	delivery->stage = STAGE_RSET;
	write_line(client, delivery, SLICE("RSET\r\n"));
	return client_read_reply(
		client, delivery->arena, &reply, client_command_deadline(client));
}

/*
 * What is there before the content was sent cannot be an answer to it. A
 * refusal is taken as one (the peer gives up); a 250 would be a false one.
 */
static bool refuse_early(
	struct smtp_client *client, struct smtp_delivery *delivery, bool *refused_r)
{
	struct reply reply;

	*refused_r = false;
	if (!stream_has_input(client->stream))
		return true;
	delivery->stage = STAGE_CONTENT;
	if (!client_read_reply(
		    client, delivery->arena, &reply, client_command_deadline(client)))
		return false;
	if (!reply_is_transient(&reply) && !reply_is_permanent(&reply))
		return stream_fail(client->stream, FAILURE_PROTOCOL,
			"a reply came before the content was sent");
	client_answer_all(delivery, &reply);
	client->closing = true;
	*refused_r = true;
	return true;
}

static bool deliver_chunk(struct smtp_client *client, struct smtp_delivery *delivery)
{
	bool pipelining = client->capabilities.pipelining, refused;

	if (pipelining) {
		client_write_envelope(client, delivery, &client->outbox);
		move_outbox(client);
		if (!client_read_envelope(client, delivery))
			return false;
	} else if (!client_step_envelope(client, delivery)) {
		return false;
	}
	if (client_count_accepted(delivery) == 0)
		return start_over(client, delivery);
	if (!refuse_early(client, delivery, &refused) || refused)
		return refused;
	delivery->stage = STAGE_CONTENT;
	delivery->unknown = true;
	return send_chunk(client, delivery) && client_read_final(client, delivery);
}

/* Everyone was refused, but DATA was already sent: its reply decides whether
 * an empty message has to be ended (RFC 2920 3.1). */
static bool data_for_nobody(struct smtp_client *client, struct smtp_delivery *delivery,
	const struct reply *reply)
{
	struct reply ignored;

	if (reply_is_intermediate(reply)) {
		write_line(client, delivery, SLICE(".\r\n"));
		return client_read_reply(
			client, delivery->arena, &ignored, reply_deadline(client));
	}
	return start_over(client, delivery);
}

/* The dialogue up to the reply to DATA. *done_r: nothing more is to be said. */
static bool begin_data(
	struct smtp_client *client, struct smtp_delivery *delivery, bool *done_r)
{
	bool pipelining = client->capabilities.pipelining;
	bool sent = client->ahead == delivery;

	client->ahead = NULL;
	*done_r = false;
	if (!pipelining) {
		if (!client_step_envelope(client, delivery))
			return false;
		*done_r = client_count_accepted(delivery) == 0;
		if (*done_r)
			return start_over(client, delivery);
		write_line(client, delivery, SLICE("DATA\r\n"));
		return true;
	}
	if (!sent) {
		client_write_envelope(client, delivery, &client->outbox);
		move_outbox(client);
	}
	return client_read_envelope(client, delivery);
}

static bool deliver_data(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	struct reply reply;
	bool done, refused;

	if (!begin_data(client, delivery, &done) || done)
		return done && stream_is_whole(client->stream);
	if (client_count_accepted(delivery))
		delivery->stage = STAGE_DATA;
	if (!client_await_reply(client, TIMING_DATA, delivery->steps, delivery->arena,
		    &reply, client_command_deadline(client)))
		return false;
	if (!client_count_accepted(delivery))
		return data_for_nobody(client, delivery, &reply);
	if (reply_is_positive(&reply))
		return stream_fail(client->stream, FAILURE_PROTOCOL,
			"DATA was answered as if the content had been sent");
	if (!reply_is_intermediate(&reply)) {
		client_answer_all(delivery, &reply);
		return start_over(client, delivery);
	}
	if (!refuse_early(client, delivery, &refused) || refused)
		return refused;
	delivery->stage = STAGE_CONTENT;
	delivery->unknown = true;
	return send_dotted(client, delivery, next, context) &&
	       client_read_final(client, delivery);
}

void client_start_delivery(struct smtp_client *client, struct smtp_delivery *delivery)
{
	delivery->began_us = worker_now_us();
	delivery->failure = (struct failure){0};
	delivery->unknown = delivery->answered = false;
	/* Where nothing is in flight; of another's envelope see write_ahead. */
	delivery->behind = client->ahead == delivery;
	delivery->resets = client->stale;
}

bool client_end_delivery(
	struct smtp_client *client, struct smtp_delivery *delivery, bool good)
{
	bool whole = stream_is_whole(client->stream);

	delivery->ended_us = worker_now_us();
	if (delivery->told)
		client_tell_answered(client, delivery);
	client->messages++;
	if (good)
		return true;
	take_back(delivery);
	/* Whole: the body could not be read, so its end was not sent. */
	delivery->unknown &= !whole;
	delivery->failure = whole ? *failure_last() : *stream_failure(client->stream);
	client->closing = true;
	return false;
}

bool smtp_client_deliver(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	bool good;

	if (smtp_client_may_overlap(client, delivery->size))
		return smtp_client_begin(client, delivery) &&
		       smtp_client_await(client, delivery, NULL, NULL);
	client_start_delivery(client, delivery);
	good = client->capabilities.chunking
		       ? deliver_chunk(client, delivery)
		       : deliver_data(client, delivery, next, context);
	return client_end_delivery(client, delivery, good);
}
