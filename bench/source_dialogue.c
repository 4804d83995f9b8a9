/*
 * The words of a message: commands and content written, replies read.
 *
 * What is written goes to the outbox and travels with what follows, or when a
 * reply is waited for.
 */
#include "bench/source_dialogue.h"

#include <string.h>

#define PIECES_MAX 12
/* Chunked content up to here waits for its neighbours, to go in one send. */
#define GATHERED_MAX 16384

static void refuse(struct source_session *session, struct transaction *transaction,
	const char *stage, const struct reply *reply);

void dialogue_write_mail(
	struct source_session *session, const struct transaction *transaction)
{
	struct source *source = session->worker->source;
	struct slice id = slice_make(transaction->id, transaction->id_size);
	struct buffer *to = &session->commands;
	char from[AUDIENCE_TEXT_SIZE];

	buffer_append(to, SLICE("MAIL FROM:<"));
	if (source->senders)
		buffer_append(to, audience_print(source->senders, transaction->number,
					  0, id, from));
	if (session->capabilities.size)
		buffer_append_format(to, "> SIZE=%llu\r\n",
			(unsigned long long)transaction->draft.size);
	else
		buffer_append(to, SLICE(">\r\n"));
}

void dialogue_write_rcpt(struct source_session *session,
	const struct transaction *transaction, uint64_t k)
{
	struct slice id = slice_make(transaction->id, transaction->id_size);
	struct buffer *to = &session->commands;
	char address[AUDIENCE_TEXT_SIZE];

	buffer_append(to, SLICE("RCPT TO:<"));
	buffer_append(to, audience_print(session->worker->source->audience,
				  transaction->number, k, id, address));
	buffer_append(to, SLICE(">\r\n"));
}

/* All up to the content. */
void dialogue_write_envelope(
	struct source_session *session, const struct transaction *transaction)
{
	uint64_t recipients = session->worker->source->options.recipients;

	session->begun++;
	session->written++;
	dialogue_write_mail(session, transaction);
	for (uint64_t k = 0; k < recipients; k++)
		dialogue_write_rcpt(session, transaction, k);
	if (session->way == SOURCE_CHUNKED)
		buffer_append_format(&session->commands, "BDAT %llu LAST\r\n",
			(unsigned long long)transaction->draft.size);
	else
		buffer_append(&session->commands, SLICE("DATA\r\n"));
}

/* Into the outbox: they travel with what follows, or when we wait. */
void dialogue_send_commands(struct source_session *session)
{
	stream_write(session->stream, buffer_contents(&session->commands));
	buffer_clear(&session->commands);
}

bool dialogue_send_content(struct source_session *session,
	struct transaction *transaction, struct slice behind)
{
	struct draft_reader reader = {
		.draft = &transaction->draft, .dotted = session->way != SOURCE_CHUNKED};
	bool gathered = !reader.dotted && transaction->draft.size <= GATHERED_MAX;
	struct slice pieces[PIECES_MAX];
	size_t count;

	transaction->sent = true;
	if (reader.dotted && !transaction->accepted) {
		/* DATA went well with nobody to deliver to, RFC 2920 3.1. */
		transaction->sent = false;
		stream_write(session->stream, SLICE(".\r\n"));
		stream_write(session->stream, behind);
		return stream_is_whole(session->stream);
	}
	while ((count = draft_read(&reader, pieces, PIECES_MAX - 1))) {
		if (reader.ended)
			pieces[count++] = behind;
		for (size_t i = 0; gathered && i < count; i++)
			stream_write(session->stream, pieces[i]);
		if (!gathered && !stream_send(session->stream, pieces, count,
					 source_deadline(session)))
			return false;
	}
	return true;
}

bool dialogue_read_mail(struct source_session *session, struct transaction *transaction)
{
	struct reply reply;

	if (!source_read_reply(session, &reply))
		return false;
	transaction->mail_accepted = reply_is_positive(&reply);
	if (!transaction->mail_accepted)
		refuse(session, transaction, "mail", &reply);
	return true;
}

bool dialogue_read_rcpt(
	struct source_session *session, struct transaction *transaction, uint64_t k)
{
	struct reply reply;

	if (!source_read_reply(session, &reply))
		return false;
	transaction->answered++;
	if (reply_is_positive(&reply))
		source_accept(session, transaction, k);
	else
		refuse(session, transaction, "rcpt", &reply);
	return true;
}

/* Up to the last RCPT's reply, or to a 421. */
bool dialogue_read_envelope(
	struct source_session *session, struct transaction *transaction)
{
	uint64_t recipients = session->worker->source->options.recipients;

	if (!dialogue_read_mail(session, transaction))
		return false;
	for (uint64_t k = 0; k < recipients && !session->closing; k++)
		if (!dialogue_read_rcpt(session, transaction, k))
			return false;
	return true;
}

bool dialogue_read_data(
	struct source_session *session, struct transaction *transaction, bool *wanted_r)
{
	struct reply reply;

	if (!source_read_reply(session, &reply))
		return false;
	*wanted_r = reply_is_intermediate(&reply);
	if (!*wanted_r)
		refuse(session, transaction, "data", &reply);
	return true;
}

/* The reply to the whole message: its verdict. */
bool dialogue_read_final(
	struct source_session *session, const char *stage, bool *acked_r)
{
	struct transaction *transaction = source_flight(session, 0);
	struct reply reply;

	if (!source_read_reply(session, &reply))
		return false;
	*acked_r = reply_is_positive(&reply) && transaction->accepted;
	if (*acked_r) {
		source_acked(session, &reply);
	} else {
		refuse(session, transaction, stage, &reply);
		source_refused(session);
	}
	return !session->closing;
}

/* The first refusal says why; what only follows from it is not counted. */
static void refuse(struct source_session *session, struct transaction *transaction,
	const char *stage, const struct reply *reply)
{
	bool follows = transaction->code &&
		       (!transaction->mail_accepted || !transaction->accepted) &&
		       strcmp(stage, "rcpt") != 0;

	follows |= !transaction->mail_accepted && strcmp(stage, "mail") != 0;
	follows |= session->disturbed && reply->code == 503;
	if (!follows)
		tally_reply(session->worker->tally, stage, reply);
	if (transaction->code)
		return;
	transaction->code = reply->code;
	transaction->for_now = reply->code / 100 == 4;
	transaction->stage = stage;
	reply_print(reply, transaction->refusal, sizeof(transaction->refusal));
}
