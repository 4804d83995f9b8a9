/*
 * A message's envelope over a connection: MAIL, RCPT …, and who was accepted.
 *
 * With PIPELINING it is written whole and its replies are read afterwards;
 * without, each command waits for its reply.
 */
#include <stdio.h>
#include <string.h>

#include "mail/text.h"
#include "mail/xtext.h"
#include "run/worker.h"

#include "relay/client_core.h"
#include "relay/deliver_by.h"

static void write_by(const struct envelope *envelope, struct buffer *out)
{
	struct smtp_extensions by = deliver_by_left(envelope, worker_wall_ms());
	char text[BY_TEXT_SIZE];

	buffer_append(out, SLICE(" BY="));
	buffer_append(out, extension_print_by(&by, text));
}

static void write_sender_dsn(const struct smtp_delivery *delivery, struct buffer *out)
{
	const struct envelope *envelope = delivery->envelope;

	/* Reports that come to us need no more than what tells which message. */
	if (delivery->sender.at) {
		buffer_append(out, SLICE(" RET=HDRS ENVID="));
		buffer_append(out, message_id_slice(&envelope->id));
		return;
	}
	if (envelope->return_set)
		buffer_append_format(
			out, " RET=%s", envelope->return_full ? "FULL" : "HDRS");
	if (envelope->envelope_id.size) {
		buffer_append(out, SLICE(" ENVID="));
		buffer_append(
			out, xtext_encode_in(delivery->arena, envelope->envelope_id));
	}
}

static void write_mail(struct smtp_client *client, const struct smtp_delivery *delivery,
	struct buffer *out)
{
	const struct capabilities *peer = &client->capabilities;
	const struct envelope *envelope = delivery->envelope;

	buffer_append(out, SLICE("MAIL FROM:<"));
	buffer_append(
		out, delivery->sender.at ? delivery->sender : envelope->reverse_path);
	buffer_append(out, SLICE(">"));
	if (peer->size)
		buffer_append_format(
			out, " SIZE=%llu", (unsigned long long)delivery->size);
	if (delivery->binary)
		buffer_append(out, SLICE(" BODY=BINARYMIME"));
	else if (peer->eight_bit && delivery->eight_bit)
		buffer_append(out, SLICE(" BODY=8BITMIME"));
	if (peer->smtputf8 && envelope->smtputf8)
		buffer_append(out, SLICE(" SMTPUTF8"));
	if (envelope->require_tls && client->options.tls_requires)
		buffer_append(out, SLICE(" REQUIRETLS"));
	if (peer->dsn)
		write_sender_dsn(delivery, out);
	if (peer->deliver_by && envelope->deliver_by != DELIVER_BY_NONE)
		write_by(envelope, out);
	if (peer->mt_priority && envelope->priority)
		buffer_append_format(out, " MT-PRIORITY=%d", envelope->priority);
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
	struct orcpt original = {.type = slice_cut(&rest, ';')};

	original.address = rest;
	if (!recipient->original.size) {
		original.address = recipient->address;
		original.type = text_is_ascii(recipient->address) ? SLICE("rfc822")
								  : SLICE("utf-8");
	}
	buffer_append(out, SLICE(" ORCPT="));
	buffer_append(out,
		orcpt_format(delivery->arena, &original, delivery->envelope->smtputf8));
}

/* To us, who told or will tell the sender what he asked for. */
static unsigned notify_of_ours(const struct recipient *recipient)
{
	return NOTIFY_FAILURE | NOTIFY_DELAY | (recipient->notify & NOTIFY_SUCCESS);
}

static void write_rcpt(struct smtp_client *client, const struct smtp_delivery *delivery,
	const struct recipient *recipient, struct buffer *out)
{
	buffer_append(out, SLICE("RCPT TO:<"));
	buffer_append(out, recipient->address);
	buffer_append(out, SLICE(">"));
	if (client->capabilities.dsn) {
		bool ours = delivery->sender.at != NULL;

		write_notify(out, ours ? notify_of_ours(recipient) : recipient->notify);
		if (ours || recipient->original.size)
			write_original(delivery, recipient, out);
	}
	buffer_append(out, SLICE("\r\n"));
}

void client_write_envelope(
	struct smtp_client *client, struct smtp_delivery *delivery, struct buffer *out)
{
	size_t before = buffer_size(out);

	if (delivery->resets)
		buffer_append(out, SLICE("RSET\r\n"));
	client->stale = false;
	write_mail(client, delivery, out);
	for (size_t i = 0; i < delivery->recipient_count; i++)
		write_rcpt(client, delivery, &delivery->recipients[i], out);
	if (!client->capabilities.chunking)
		buffer_append(out, SLICE("DATA\r\n"));
	if (transcript_wanted()) {
		client_tell_delivery(client, delivery);
		client_tell(client, delivery->told,
			slice_from(buffer_contents(out), before));
	}
}

void client_write_chunk_line(struct smtp_client *client,
	const struct smtp_delivery *delivery, struct buffer *out)
{
	size_t before = buffer_size(out);

	buffer_append_format(
		out, "BDAT %llu LAST\r\n", (unsigned long long)delivery->size);
	if (!transcript_wanted())
		return;
	client_tell(client, delivery->told, slice_from(buffer_contents(out), before));
	client_tell_content(client, delivery);
}

bool client_out_of_step(struct smtp_client *client,
	const struct smtp_delivery *delivery, const struct reply *reply)
{
	char text[248], said[200];

	reply_print(reply, said, sizeof(said));
	snprintf(text, sizeof(text), "out of step: %s was answered %s",
		smtp_stage_name(delivery->stage), said);
	return stream_fail(client->stream, FAILURE_PROTOCOL, text);
}

bool client_is_in_step(struct smtp_client *client, const struct smtp_delivery *delivery,
	const struct reply *reply)
{
	bool several = delivery->behind || client->begun - client->ended > 1;

	if ((!delivery->behind || reply->code != 503) &&
		(!several || !reply_is_intermediate(reply)))
		return true;
	return client_out_of_step(client, delivery, reply);
}

void client_answer_all(struct smtp_delivery *delivery, const struct reply *reply)
{
	for (size_t i = 0; i < delivery->recipient_count; i++) {
		struct smtp_answer *answer = &delivery->answers[i];

		if (!answer->reply.code || reply_is_positive(&answer->reply))
			*answer = (struct smtp_answer){*reply, delivery->stage};
	}
}

size_t client_count_accepted(const struct smtp_delivery *delivery)
{
	size_t count = 0;

	for (size_t i = 0; i < delivery->recipient_count; i++)
		count += reply_is_positive(&delivery->answers[i].reply);
	return count;
}

bool client_read_mail(struct smtp_client *client, struct smtp_delivery *delivery,
	struct reply *reply_r)
{
	struct deadline deadline = client_command_deadline(client);

	delivery->stage = STAGE_MAIL;
	if (!client_await_reply(client, TIMING_MAIL, delivery->steps, delivery->arena,
		    reply_r, deadline))
		return false;
	delivery->answered = true;
	if (!client_is_in_step(client, delivery, reply_r))
		return false;
	if (!reply_is_positive(reply_r))
		client_answer_all(delivery, reply_r);
	return true;
}

bool client_read_rcpt(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_answer *answer)
{
	struct deadline deadline = client_command_deadline(client);
	struct reply reply;

	delivery->stage = STAGE_RCPT;
	if (!client_await_reply(client, TIMING_RCPT, delivery->steps, delivery->arena,
		    &reply, deadline))
		return false;
	if (!answer)
		return true;
	if (!client_is_in_step(client, delivery, &reply))
		return false;
	*answer = (struct smtp_answer){reply, STAGE_RCPT};
	return true;
}

static bool read_reset(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply reply;

	delivery->stage = STAGE_RSET;
	return client_read_reply(
		client, delivery->arena, &reply, client_command_deadline(client));
}

bool client_read_envelope(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct reply mail;

	client->heard_of = delivery->told;
	if ((delivery->resets && !read_reset(client, delivery)) ||
		!client_read_mail(client, delivery, &mail))
		return false;
	for (size_t i = 0; i < delivery->recipient_count; i++)
		if (!client_read_rcpt(client, delivery,
			    reply_is_positive(&mail) ? &delivery->answers[i] : NULL))
			return false;
	return true;
}

static bool ask(struct smtp_client *client, struct smtp_delivery *delivery,
	const struct recipient *recipient, struct buffer *line)
{
	buffer_clear(line);
	if (recipient)
		write_rcpt(client, delivery, recipient, line);
	else
		write_mail(client, delivery, line);
	stream_write(client->stream, buffer_contents(line));
	if (transcript_wanted())
		client_tell(client, delivery->told, buffer_contents(line));
	return true;
}

bool client_step_envelope(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct buffer line = {0};
	struct reply mail;
	bool good;

	if (transcript_wanted())
		client_tell_delivery(client, delivery);
	client->heard_of = delivery->told;
	good = ask(client, delivery, NULL, &line) &&
	       client_read_mail(client, delivery, &mail);
	for (size_t i = 0;
		good && reply_is_positive(&mail) && i < delivery->recipient_count; i++)
		good = ask(client, delivery, &delivery->recipients[i], &line) &&
		       client_read_rcpt(client, delivery, &delivery->answers[i]);
	buffer_finish(&line);
	return good;
}
