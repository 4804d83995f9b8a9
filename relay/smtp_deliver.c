/*
 * One message over a connection: the envelope, the content, the verdicts.
 *
 * Three ways, by what the peer offers. Neither PIPELINING nor CHUNKING: each
 * command waits for its reply. PIPELINING: MAIL, RCPT … and DATA in one write,
 * and the next message's behind this one's final dot. CHUNKING: MAIL, RCPT …,
 * BDAT LAST and the content in one write, if the content is not large; with a
 * large one the recipients' replies come first, so that it is not sent to
 * nobody.
 */
#include <string.h>

#include "base/memory.h"
#include "mail/dot.h"
#include "mail/xtext.h"
#include "run/worker.h"

#include "relay/client_core.h"

#define AHEAD_CONTENT_MAX (64u << 10) /* more is not sent before a RCPT's reply */
#define PIECES_MAX	  64

static struct deadline reply_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.reply_timeout_ms);
}

static struct deadline command_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.command_timeout_ms);
}

static struct deadline data_deadline(const struct smtp_client *client)
{
	return deadline_after_ms(client->options.data_timeout_ms);
}

static void write_mail(struct smtp_client *client, const struct smtp_delivery *delivery,
	struct buffer *out)
{
	const struct capabilities *peer = &client->capabilities;
	const struct envelope *envelope = delivery->envelope;

	buffer_append(out, SLICE("MAIL FROM:<"));
	buffer_append(out, envelope->reverse_path);
	buffer_append(out, SLICE(">"));
	if (peer->size)
		buffer_append_format(
			out, " SIZE=%llu", (unsigned long long)delivery->size);
	if (peer->eight_bit && delivery->eight_bit)
		buffer_append(out, SLICE(" BODY=8BITMIME"));
	if (peer->smtputf8 && envelope->smtputf8)
		buffer_append(out, SLICE(" SMTPUTF8"));
	if (peer->dsn && envelope->return_set)
		buffer_append_format(
			out, " RET=%s", envelope->return_full ? "FULL" : "HDRS");
	if (peer->dsn && envelope->envelope_id.size) {
		buffer_append(out, SLICE(" ENVID="));
		buffer_append(
			out, xtext_encode_in(delivery->arena, envelope->envelope_id));
	}
	buffer_append(out, SLICE("\r\n"));
}

static void write_notify(struct buffer *out, unsigned notify)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {{NOTIFY_NEVER, "NEVER"}, {NOTIFY_SUCCESS, "SUCCESS"},
		{NOTIFY_FAILURE, "FAILURE"}, {NOTIFY_DELAY, "DELAY"}};
	const char *before = " NOTIFY=";

	for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
		if (!(notify & words[i].bit))
			continue;
		buffer_append_format(out, "%s%s", before, words[i].word);
		before = ",";
	}
}

static void write_original(const struct smtp_delivery *delivery,
	const struct recipient *recipient, struct buffer *out)
{
	struct slice rest = recipient->original;
	struct orcpt original = {.type = slice_cut(&rest, ';'), .address = rest};

	buffer_append(out, SLICE(" ORCPT="));
	buffer_append(out, original.type);
	buffer_append(out, SLICE(";"));
	buffer_append(out,
		orcpt_format(delivery->arena, &original, delivery->envelope->smtputf8));
}

static void write_rcpt(struct smtp_client *client, const struct smtp_delivery *delivery,
	const struct recipient *recipient, struct buffer *out)
{
	buffer_append(out, SLICE("RCPT TO:<"));
	buffer_append(out, recipient->address);
	buffer_append(out, SLICE(">"));
	if (client->capabilities.dsn) {
		write_notify(out, recipient->notify);
		if (recipient->original.size)
			write_original(delivery, recipient, out);
	}
	buffer_append(out, SLICE("\r\n"));
}

/* All of it at once; for peers with PIPELINING. */
static void write_envelope(struct smtp_client *client,
	const struct smtp_delivery *delivery, struct buffer *out)
{
	write_mail(client, delivery, out);
	for (size_t i = 0; i < delivery->recipient_count; i++)
		write_rcpt(client, delivery, &delivery->recipients[i], out);
	if (!client->capabilities.chunking)
		buffer_append(out, SLICE("DATA\r\n"));
}

static void give_all(struct smtp_delivery *delivery, const struct reply *reply)
{
	for (size_t i = 0; i < delivery->recipient_count; i++)
		if (!delivery->replies[i].code ||
			reply_is_positive(&delivery->replies[i]))
			delivery->replies[i] = *reply;
}

static size_t count_accepted(const struct smtp_delivery *delivery)
{
	size_t count = 0;

	for (size_t i = 0; i < delivery->recipient_count; i++)
		count += reply_is_positive(&delivery->replies[i]);
	return count;
}

/* The replies to MAIL and each RCPT of an envelope that was sent as a whole. */
static bool read_envelope(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct deadline deadline = command_deadline(client);
	struct reply mail;

	delivery->stage = "MAIL";
	if (!client_read_reply(client, delivery->arena, &mail, deadline))
		return false;
	delivery->stage = "RCPT";
	for (size_t i = 0; i < delivery->recipient_count; i++)
		if (!client_read_reply(
			    client, delivery->arena, &delivery->replies[i], deadline))
			return false;
	/* After a refused MAIL the RCPTs' 503 say nothing; its own reply does. */
	if (!reply_is_positive(&mail)) {
		memset(delivery->replies, 0,
			delivery->recipient_count * sizeof(*delivery->replies));
		give_all(delivery, &mail);
		delivery->stage = "MAIL";
	}
	return true;
}

/* One command, one reply, for peers without PIPELINING. */
static bool step_envelope(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct deadline deadline = command_deadline(client);
	struct buffer line = {0};
	struct reply reply;
	bool good;

	delivery->stage = "MAIL";
	write_mail(client, delivery, &line);
	stream_write(client->stream, buffer_contents(&line));
	good = client_read_reply(client, delivery->arena, &reply, deadline);
	if (good && !reply_is_positive(&reply)) {
		give_all(delivery, &reply);
		buffer_finish(&line);
		return true;
	}
	for (size_t i = 0; good && i < delivery->recipient_count; i++) {
		delivery->stage = "RCPT";
		buffer_clear(&line);
		write_rcpt(client, delivery, &delivery->recipients[i], &line);
		stream_write(client->stream, buffer_contents(&line));
		good = client_read_reply(
			client, delivery->arena, &delivery->replies[i], deadline);
	}
	buffer_finish(&line);
	return good;
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
static bool add_body(
	struct outgoing *out, const struct body *body, struct dot_encoder *encoder)
{
	struct slice memory[2], part;
	struct body_reader reader;
	bool lasting = body_in_memory(body, memory), good;

	body_reader_open(&reader, body);
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

/* The next message's envelope into the client's outbox, to go behind this. */
static void write_ahead(struct smtp_client *client,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	buffer_clear(&client->outbox);
	client->ahead = NULL;
	if (!next || !client->capabilities.pipelining || client->capabilities.chunking)
		return;
	client->ahead = next(context);
	if (client->ahead)
		write_envelope(client, client->ahead, &client->outbox);
}

static bool send_dotted(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	struct outgoing *out = NEW(struct outgoing);
	struct dot_encoder encoder = {0};
	bool good;

	out->client = client;
	write_ahead(client, next, context);
	good = add_body(out, delivery->body, &encoder) &&
	       add_piece(out, dot_encode_end(&encoder)) &&
	       (!client->ahead || add_piece(out, buffer_contents(&client->outbox))) &&
	       send_pieces(out);
	memory_free(out);
	return good;
}

/* RFC 3030: one chunk, the last. Its command is in the outbox already. */
static bool send_chunk(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct outgoing *out = NEW(struct outgoing);
	bool good;

	out->client = client;
	stream_write_format(client->stream, "BDAT %llu LAST\r\n",
		(unsigned long long)delivery->size);
	good = add_body(out, delivery->body, NULL) && send_pieces(out);
	memory_free(out);
	return good;
}

/* What was only an accepted RCPT is no verdict when the dialogue broke. */
static void take_back(struct smtp_delivery *delivery)
{
	for (size_t i = 0; i < delivery->recipient_count; i++)
		if (reply_is_positive(&delivery->replies[i]))
			delivery->replies[i] = (struct reply){0};
}

static bool final_reply(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply reply;

	delivery->stage = "content";
	delivery->unknown = true; /* until the reply is read */
	if (!client_read_reply(client, delivery->arena, &reply, reply_deadline(client)))
		return false;
	delivery->unknown = false;
	give_all(delivery, &reply);
	return true;
}

/* After a transaction nobody was accepted in: back to the beginning. */
static bool start_over(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply reply;

	delivery->stage = "RSET";
	stream_write(client->stream, SLICE("RSET\r\n"));
	return client_read_reply(
		client, delivery->arena, &reply, command_deadline(client));
}

static bool deliver_chunk(struct smtp_client *client, struct smtp_delivery *delivery)
{
	bool ahead = client->capabilities.pipelining &&
		     delivery->size <= AHEAD_CONTENT_MAX;

	if (client->capabilities.pipelining) {
		buffer_clear(&client->outbox);
		write_envelope(client, delivery, &client->outbox);
		stream_write(client->stream, buffer_contents(&client->outbox));
		if (ahead && !send_chunk(client, delivery))
			return false;
		if (!read_envelope(client, delivery))
			return false;
	} else if (!step_envelope(client, delivery)) {
		return false;
	}
	if (count_accepted(delivery) == 0 && !ahead)
		return start_over(client, delivery);
	if (!ahead && !send_chunk(client, delivery))
		return false;
	if (count_accepted(delivery) == 0) {
		struct reply reply; /* the chunk's: what was refused stays so */

		return client_read_reply(client, delivery->arena, &reply,
			       reply_deadline(client)) &&
		       start_over(client, delivery);
	}
	return final_reply(client, delivery);
}

/* Everyone was refused, but DATA was already sent: its reply decides whether
 * an empty message has to be ended (RFC 2920 3.1). */
static bool data_for_nobody(struct smtp_client *client, struct smtp_delivery *delivery,
	const struct reply *reply)
{
	struct reply ignored;

	if (reply_is_intermediate(reply)) {
		stream_write(client->stream, SLICE(".\r\n"));
		return client_read_reply(
			client, delivery->arena, &ignored, reply_deadline(client));
	}
	return start_over(client, delivery);
}

static bool deliver_data(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	bool pipelining = client->capabilities.pipelining;
	bool sent = client->ahead == delivery;
	struct reply reply;

	client->ahead = NULL;
	if (pipelining) {
		if (!sent) {
			buffer_clear(&client->outbox);
			write_envelope(client, delivery, &client->outbox);
			stream_write(client->stream, buffer_contents(&client->outbox));
		}
		if (!read_envelope(client, delivery))
			return false;
	} else if (!step_envelope(client, delivery)) {
		return false;
	} else if (count_accepted(delivery)) {
		stream_write(client->stream, SLICE("DATA\r\n"));
	} else {
		return start_over(client, delivery);
	}
	if (count_accepted(delivery))
		delivery->stage = "DATA";
	if (!client_read_reply(
		    client, delivery->arena, &reply, command_deadline(client)))
		return false;
	if (!count_accepted(delivery))
		return data_for_nobody(client, delivery, &reply);
	if (!reply_is_intermediate(&reply)) {
		give_all(delivery, &reply);
		return start_over(client, delivery);
	}
	delivery->stage = "content";
	delivery->unknown = true;
	return send_dotted(client, delivery, next, context) &&
	       final_reply(client, delivery);
}

bool smtp_client_deliver(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_delivery *(*next)(void *context), void *context)
{
	bool good;

	delivery->began_us = worker_now_us();
	delivery->failure = (struct failure){0};
	delivery->unknown = false;
	good = client->capabilities.chunking
		       ? deliver_chunk(client, delivery)
		       : deliver_data(client, delivery, next, context);
	delivery->ended_us = worker_now_us();
	client->messages++;
	if (!good) {
		take_back(delivery);
		delivery->failure =
			stream_is_whole(client->stream)
				? *failure_last() /* the body could not be read */
				: *stream_failure(client->stream);
		client->closing = true;
	}
	return good;
}
