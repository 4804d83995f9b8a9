/*
 * What a connection tells of itself while somebody watches (`ringpost trace`): lines
 * both ways, TLS, the size of contents, and whose messages they are.
 */
#include <stdio.h>

#include "base/memory.h"
#include "transcript/blank.h"

#include "relay/client_core.h"

#define LABEL_SIZE 400

static void say_tls(struct transcript *transcript, const struct stream_facts *facts)
{
	transcript_say_format(transcript, 0, TRANSCRIPT_NOTE, "%s, %s%s%s%s",
		facts->tls_version, facts->tls_cipher,
		facts->tls_verified ? ", verified as " : ", not verified",
		facts->tls_verified && facts->tls_name ? facts->tls_name : "",
		facts->tls_resumed ? ", resumed" : "");
}

/* An address literal says what follows anyway. */
static const char *name_of(const struct smtp_client *client)
{
	const char *name = client->options.peer_name;

	return name[0] == '[' ? "" : name;
}

/* NULL: there are too many already. */
static struct transcript *transcript_of(struct smtp_client *client)
{
	const struct smtp_client_options *options = &client->options;
	const struct stream_facts *facts;
	struct transcript *transcript;
	char label[LABEL_SIZE];

	if (client->transcript || !client->stream)
		return client->transcript;
	facts = stream_facts(client->stream);
	snprintf(label, sizeof(label), "%s -> %s[%s]", facts->local, name_of(client),
		facts->peer);
	transcript = transcript_open(false, slice_of(label));
	if (!transcript)
		return NULL;
	client->transcript = transcript;
	transcript_know(transcript, 0, TRANSCRIPT_PEER,
		slice_make(facts->peer_bytes, sizeof(facts->peer_bytes)));
	transcript_know(transcript, 0, TRANSCRIPT_HOST, slice_of(options->peer_name));
	transcript_know(transcript, 0, TRANSCRIPT_SITE, options->site);
	transcript_say_format(transcript, 0, TRANSCRIPT_NOTE,
		"connection from %s to %s[%s]%s", facts->local, name_of(client),
		facts->peer, client->capabilities.esmtp ? ", begun before" : "");
	if (facts->encrypted)
		say_tls(transcript, facts);
	return transcript;
}

void client_tell_delivery(struct smtp_client *client, struct smtp_delivery *delivery)
{
	struct transcript *transcript = transcript_of(client);
	const struct envelope *envelope = delivery->envelope;

	if (!transcript)
		return;
	delivery->told = transcript_message(transcript);
	transcript_know(transcript, delivery->told, TRANSCRIPT_ID,
		message_id_slice(&envelope->id));
	transcript_know(
		transcript, delivery->told, TRANSCRIPT_SENDER, envelope->reverse_path);
	for (size_t i = 0; i < delivery->recipient_count; i++)
		transcript_know(transcript, delivery->told, TRANSCRIPT_RECIPIENT,
			delivery->recipients[i].address);
	transcript_say_format(transcript, delivery->told, TRANSCRIPT_NOTE,
		"message %.*s", SLICE_PRINT(message_id_slice(&envelope->id)));
}

void client_tell(struct smtp_client *client, uint64_t message, struct slice lines)
{
	struct transcript *transcript = transcript_of(client);

	if (transcript)
		transcript_say(transcript, message, TRANSCRIPT_OURS, lines);
}

static bool is_secret(const struct smtp_client *client, struct slice text)
{
	struct slice secrets[] = {client->secret, slice_of(client->options.password)};

	return client->secret.size &&
	       blank_is_quoted(text, secrets, ARRAY_COUNT(secrets));
}

void client_blank_reply(const struct smtp_client *client, struct reply *reply)
{
	if (!reply_is_intermediate(reply) && is_secret(client, reply->text))
		reply->text = SLICE("[the reply quotes our credentials]");
}

void client_tell_heard(struct smtp_client *client, struct slice line)
{
	struct transcript *transcript = transcript_of(client);

	line = slice_trim_all(line);
	if (!transcript)
		return;
	if (client->secret.size &&
		(slice_starts(line, SLICE("334")) || is_secret(client, line)))
		transcript_say_format(transcript, 0, TRANSCRIPT_THEIRS,
			"%.*s [%zu bytes]", SLICE_PRINT(slice_part(line, 0, 3)),
			slice_from(line, 4).size);
	else
		transcript_say(transcript, client->heard_of, TRANSCRIPT_THEIRS, line);
}

void client_tell_tls(struct smtp_client *client)
{
	struct transcript *transcript = client->stream ? transcript_of(client)
						       : client->transcript;

	if (transcript && client->stream)
		say_tls(transcript, stream_facts(client->stream));
	else if (transcript)
		transcript_say_format(transcript, 0, TRANSCRIPT_NOTE, "no TLS: %s",
			failure_last()->text);
}

void client_tell_content(
	struct smtp_client *client, const struct smtp_delivery *delivery)
{
	struct transcript *transcript = transcript_of(client);

	if (transcript)
		transcript_say_format(transcript, delivery->told, TRANSCRIPT_OURS,
			"[%llu bytes of content]", (unsigned long long)delivery->size);
}

void client_tell_auth(
	struct smtp_client *client, const char *mechanism, struct slice said)
{
	struct transcript *transcript = transcript_wanted() ? transcript_of(client)
							    : NULL;

	client->secret = said;
	if (transcript)
		transcript_say_format(transcript, 0, TRANSCRIPT_OURS,
			"%s%s%s[%zu bytes]", mechanism ? "AUTH " : "",
			mechanism ? mechanism : "", mechanism ? " " : "", said.size);
}

void client_tell_answered(struct smtp_client *client, struct smtp_delivery *delivery)
{
	if (client->transcript)
		transcript_message_end(client->transcript, delivery->told);
	delivery->told = client->heard_of = 0;
}

void client_tell_unsent(struct smtp_client *client, struct smtp_delivery *delivery)
{
	if (client->transcript && transcript_wanted())
		transcript_say_format(client->transcript, delivery->told,
			TRANSCRIPT_NOTE, "that was not sent: %s", failure_last()->text);
	if (client->transcript)
		transcript_message_end(client->transcript, delivery->told);
	delivery->told = 0;
}

void client_tell_end(struct smtp_client *client, bool opened)
{
	const struct smtp_client_options *options = &client->options;
	const struct stream *stream = client->stream;
	bool broken = stream && !stream_is_whole(stream);

	if (client->transcript && transcript_wanted()) {
		if (!opened && options->tell_waiting)
			options->tell_waiting(client->transcript, options->waiting);
		transcript_say_format(client->transcript, 0, TRANSCRIPT_NOTE,
			"ended%s%s", broken ? ": " : "",
			broken ? stream_failure(stream)->text : "");
	}
	transcript_close(&client->transcript);
}
