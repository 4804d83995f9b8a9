/*
 * What a session tells of itself while somebody watches: lines both ways, TLS, the
 * size of contents, and whose messages they are.
 *
 * A session that was there before the first watch is told of from its next line on.
 */
#include "serve/smtp_transcript.h"

#include <stdio.h>
#include <string.h>

#include "base/config_role.h"
#include "base/failure.h"
#include "base/memory.h"
#include "mail/address.h"
#include "serve/smtp_dialogue.h"
#include "transcript/blank.h"

#define LABEL_SIZE 200

struct held {
	struct link link;
	const struct smtp_awaited *behind;
	uint64_t message;
	size_t size;
	char text[];
};

static void know_peer(struct transcript *transcript, const struct stream_facts *facts)
{
	transcript_know(transcript, 0, TRANSCRIPT_PEER,
		slice_make(facts->peer_bytes, sizeof(facts->peer_bytes)));
}

static void say_tls(struct transcript *transcript, const struct stream_facts *facts)
{
	transcript_say_format(transcript, 0, TRANSCRIPT_NOTE, "%s, %s%s%s%s",
		facts->tls_version, facts->tls_cipher,
		facts->tls_name && *facts->tls_name ? ", for " : "",
		facts->tls_name ? facts->tls_name : "",
		facts->tls_resumed ? ", resumed" : "");
}

/* NULL: there are too many already. */
static struct transcript *transcript_of(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;
	const struct stream_facts *facts;
	char label[LABEL_SIZE];

	if (dialogue->told.transcript || !session->stream)
		return dialogue->told.transcript;
	facts = stream_facts(session->stream);
	snprintf(label, sizeof(label), "%s -> %s", facts->peer, facts->local);
	dialogue->told.transcript = transcript_open(true, slice_of(label));
	if (!dialogue->told.transcript)
		return NULL;
	list_init(&dialogue->told.held);
	know_peer(dialogue->told.transcript, facts);
	transcript_say_format(dialogue->told.transcript, 0, TRANSCRIPT_NOTE,
		"%s connection from %s to %s%s",
		config_role_names[session->listener->role], facts->peer, facts->local,
		session->helo.size ? ", begun before" : "");
	if (facts->encrypted)
		say_tls(dialogue->told.transcript, facts);
	return dialogue->told.transcript;
}

/* Who has logged in is known of the session. */
static void know_account(struct smtp_dialogue *dialogue)
{
	struct smtp_told *told = &dialogue->told;

	if (told->account_known == (dialogue->session.account.size > 0))
		return;
	told->account_known = !told->account_known;
	if (told->account_known)
		transcript_know(told->transcript, 0, TRANSCRIPT_ACCOUNT,
			dialogue->session.account);
}

void smtp_transcript_line(struct smtp_dialogue *dialogue, struct slice line)
{
	struct transcript *transcript = transcript_of(dialogue);
	char text[BLANK_TEXT_SIZE];

	if (!transcript)
		return;
	know_account(dialogue);
	if (slice_starts_nocase(line, SLICE("MAIL ")) && !dialogue->in_transaction) {
		smtp_transcript_reset(dialogue);
		dialogue->told.message = transcript_message(transcript);
	}
	transcript_say(transcript, dialogue->told.message, TRANSCRIPT_THEIRS,
		blank_command(line, text));
}

void smtp_transcript_command(
	struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	const struct smtp_session *session = &dialogue->session;
	struct smtp_told *told = &dialogue->told;
	char text[ADDRESS_MAX + 1];
	struct slice address;

	if (!told->transcript || !told->message)
		return;
	if (command->verb != SMTP_MAIL && command->verb != SMTP_RCPT)
		return;
	address = address_print(&command->path, text);
	transcript_know(told->transcript, told->message,
		command->verb == SMTP_MAIL ? TRANSCRIPT_SENDER : TRANSCRIPT_RECIPIENT,
		address);
	/* Who brings us mail is asked for by the domain it is from. */
	if (command->verb == SMTP_MAIL &&
		session->listener->role == CONFIG_ROLE_RECEIVE)
		transcript_know(told->transcript, told->message, TRANSCRIPT_DOMAIN,
			command->path.domain);
}

void smtp_transcript_reply(struct smtp_dialogue *dialogue)
{
	struct transcript *transcript = transcript_of(dialogue);

	if (transcript)
		transcript_say(transcript, dialogue->told.message, TRANSCRIPT_OURS,
			buffer_contents(&dialogue->reply));
}

void smtp_transcript_hold(struct smtp_dialogue *dialogue,
	const struct smtp_awaited *behind, struct slice reply)
{
	struct held *held;

	if (!transcript_of(dialogue))
		return;
	held = memory_allocate(sizeof(*held) + reply.size);
	held->behind = behind;
	held->message = dialogue->told.message;
	held->size = reply.size;
	memcpy(held->text, reply.at, reply.size);
	list_append(&dialogue->told.held, &held->link);
}

static void release(struct smtp_told *told, const struct smtp_awaited *behind)
{
	LIST_EACH_SAFE (&told->held, link) {
		struct held *held = CONTAINER_OF(link, struct held, link);

		if (held->behind != behind)
			continue;
		transcript_say(told->transcript, held->message, TRANSCRIPT_OURS,
			slice_make(held->text, held->size));
		list_remove(&held->link);
		memory_free(held);
	}
}

void smtp_transcript_outcome(
	struct smtp_dialogue *dialogue, const struct smtp_awaited *message)
{
	struct transcript *transcript = transcript_of(dialogue);

	if (!transcript)
		return;
	transcript_say(transcript, message->told, TRANSCRIPT_OURS,
		buffer_contents(&dialogue->reply));
	transcript_message_end(transcript, message->told);
	release(&dialogue->told, message);
}

void smtp_transcript_content(struct smtp_dialogue *dialogue, uint64_t bytes)
{
	struct transcript *transcript = transcript_of(dialogue);

	if (transcript)
		transcript_say_format(transcript, dialogue->told.message,
			TRANSCRIPT_THEIRS, "[%llu bytes of content]",
			(unsigned long long)bytes);
}

void smtp_transcript_tls(struct smtp_dialogue *dialogue)
{
	const struct stream *stream = dialogue->session.stream;
	struct transcript *transcript = dialogue->told.transcript;

	if (!transcript)
		return;
	dialogue->told.account_known = false;
	if (stream)
		say_tls(transcript, stream_facts(stream));
	else
		transcript_say_format(transcript, 0, TRANSCRIPT_NOTE, "no TLS: %s",
			failure_last()->text);
}

void smtp_transcript_moved(struct smtp_dialogue *dialogue)
{
	struct transcript *transcript = transcript_of(dialogue);

	if (transcript)
		know_peer(transcript, stream_facts(dialogue->session.stream));
}

static void exchanged(struct smtp_session *session, enum transcript_voice voice,
	const char *format, size_t bytes)
{
	struct smtp_dialogue *dialogue = CONTAINER_OF(
		session, struct smtp_dialogue, session);
	struct transcript *transcript = transcript_of(dialogue);
	char text[64];

	if (!transcript)
		return;
	snprintf(text, sizeof(text), "%s[%zu bytes]", format, bytes);
	transcript_say(transcript, 0, voice, slice_of(text));
}

void smtp_transcript_challenge(struct smtp_session *session, size_t bytes)
{
	exchanged(session, TRANSCRIPT_OURS, "334 ", bytes);
}

void smtp_transcript_response(struct smtp_session *session, size_t bytes)
{
	exchanged(session, TRANSCRIPT_THEIRS, "", bytes);
}

void smtp_transcript_reset(struct smtp_dialogue *dialogue)
{
	struct smtp_told *told = &dialogue->told;

	if (told->transcript)
		transcript_message_end(told->transcript, told->message);
	told->message = 0;
}

void smtp_transcript_sent(struct smtp_dialogue *dialogue)
{
	dialogue->told.behind = dialogue->told.message;
	dialogue->told.message = 0;
}

void smtp_transcript_end(struct smtp_dialogue *dialogue)
{
	struct smtp_told *told = &dialogue->told;
	const struct stream *stream = dialogue->session.stream;
	struct link *link;

	if (!told->transcript)
		return;
	while ((link = list_take(&told->held)))
		memory_free(CONTAINER_OF(link, struct held, link));
	if (transcript_wanted())
		transcript_say_format(told->transcript, 0, TRANSCRIPT_NOTE, "ended%s%s",
			!stream || stream_is_whole(stream) ? "" : ": ",
			!stream || stream_is_whole(stream)
				? ""
				: stream_failure(stream)->text);
	transcript_close(&told->transcript);
}
