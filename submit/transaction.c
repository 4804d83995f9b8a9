/*
 * The message in hand, from MAIL to the last byte of its content.
 *
 * The header is collected (it is small and has a cap); the body streams past
 * the signer's hash into the queue's body store. transaction_end.c makes a
 * queued message of it.
 */
#include "submit/transaction.h"

#include "base/memory.h"
#include "mail/domain.h"
#include "queue/traced.h"
#include "run/worker.h"

/* So many of each worker, for as many messages that come in at once. */
#define SPARES_MAX     64
#define SPARE_TEXT_MAX 16384

static void free_memory(struct transaction *transaction)
{
	dkim_signer_destroy(&transaction->signer);
	buffer_finish(&transaction->text);
	buffer_finish(&transaction->look.text);
	arena_finish(&transaction->arena);
	memory_free(transaction);
}

static struct transaction *take_spare(struct submission *submission)
{
	struct link *link = list_take(&submission->spares);

	if (!link)
		return NEW(struct transaction);
	submission->spare_count--;
	return CONTAINER_OF(link, struct transaction, link);
}

static void keep_text(struct buffer *text)
{
	buffer_clear(text);
	if (text->capacity > SPARE_TEXT_MAX)
		buffer_finish(text);
}

static void keep_spare(struct submission *submission, struct transaction *transaction)
{
	if (submission->spare_count == SPARES_MAX) {
		free_memory(transaction);
		return;
	}
	arena_reset(&transaction->arena);
	keep_text(&transaction->text);
	keep_text(&transaction->look.text);
	*transaction = (struct transaction){.arena = transaction->arena,
		.text = transaction->text,
		.look.text = transaction->look.text,
		.signer = transaction->signer};
	list_prepend(&submission->spares, &transaction->link);
	submission->spare_count++;
}

/* How the message is to be handled (mail/extension.h). */
static void take_wishes(
	struct transaction *transaction, const struct smtp_extensions *asked)
{
	struct envelope *envelope = &transaction->message->envelope;
	int64_t now_ms = worker_wall_ms();

	transaction->priority_given = asked->priority_given;
	envelope->priority = asked->priority;
	envelope->require_tls = asked->require_tls;
	if (asked->hold_for_s)
		transaction->release_ms = now_ms + (int64_t)asked->hold_for_s * 1000;
	else if (asked->hold_until_ms > now_ms)
		transaction->release_ms = asked->hold_until_ms;
	if (!asked->by_given)
		return;
	envelope->deliver_by = asked->by_return ? DELIVER_BY_RETURN : DELIVER_BY_NOTIFY;
	envelope->deliver_by_trace = asked->by_trace;
	envelope->deliver_by_ms = now_ms + asked->by_s * 1000;
}

void transaction_begin(struct smtp_session *session, const struct smtp_command *mail)
{
	struct submission_session *self = submission_of(session);
	struct transaction *transaction = take_spare(self->submission);
	struct message *message = message_create();
	struct envelope *envelope = &message->envelope;

	envelope->reverse_path = address_print_in(&message->arena, &mail->path);
	envelope->envelope_id = arena_copy(&message->arena, mail->envid);
	envelope->account = arena_copy(&message->arena, session->account);
	envelope->client = arena_copy(
		&message->arena, slice_of(stream_facts(session->stream)->peer_address));
	envelope->metadata = arena_copy(&message->arena, self->metadata);
	envelope->caller = arena_copy(&message->arena, self->caller);
	envelope->return_set = mail->ret != SMTP_RET_NONE;
	envelope->return_full = mail->ret == SMTP_RET_FULL;
	envelope->smtputf8 = mail->smtputf8;
	envelope->binary = mail->body == SMTP_BODY_BINARYMIME;
	transaction->message = message;
	transaction->began_us = worker_now_us();
	take_wishes(transaction, &mail->extensions);
	self->transaction = transaction;
}

void transaction_destroy(struct submission_session *self)
{
	struct transaction *old = self->transaction;

	self->transaction = NULL;
	if (!old)
		return;
	message_release(&old->message);
	dkim_keyring_release(&old->keyring);
	keep_spare(self->submission, old);
}

void transaction_destroy_spares(struct submission *submission)
{
	struct link *link;

	while ((link = list_take(&submission->spares)))
		free_memory(CONTAINER_OF(link, struct transaction, link));
	submission->spare_count = 0;
}

/* The domain mail for ADDRESS goes to, in the transaction's arena. */
static struct slice destination(struct transaction *transaction,
	const struct address *address, const char *hostname)
{
	char text[DOMAIN_MAX + 1];
	struct slice ascii;

	if (address->literal)
		return arena_copy(
			&transaction->arena, domain_literal_print(address->ip, text));
	if (address->domain.size == 0) /* Postmaster: ours */
		return arena_copy(&transaction->arena, slice_of(hostname));
	if (!domain_to_ascii(address->domain, text, &ascii))
		return SLICE_EMPTY;
	return arena_copy(&transaction->arena, ascii);
}

void transaction_rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	struct transaction *transaction = transaction_of(session);
	const struct address *path = &command->path;
	struct slice domain = destination(transaction, path, session->config->hostname);
	struct recipient recipient = {.notify = command->notify};

	if (path->literal && !session->config->relay.address_literals) {
		*reply = REPLY(550, 5, 1, 2, "Address literals are not delivered to");
	} else if (domain.size == 0) {
		*reply = REPLY(550, 5, 1, 2, "No such domain can exist");
	} else if (transaction->recipients.count + transaction->recorded_count >=
		   rights_recipients_max(session)) {
		*reply = REPLY(452, 4, 5, 3, "Too many recipients");
	} else {
		recipient.address = address_print_in(&transaction->arena, path);
		if (path->domain.size == 0)
			recipient.address = arena_format(&transaction->arena, "%.*s@%s",
				SLICE_PRINT(recipient.address),
				session->config->hostname);
		if (command->orcpt.type.at)
			recipient.original = arena_format(&transaction->arena,
				"%.*s;%.*s", SLICE_PRINT(command->orcpt.type),
				SLICE_PRINT(command->orcpt.address));
		if (!suppressed_rcpt(session, recipient.address, reply, deadline))
			recipient_list_add(&transaction->recipients,
				&transaction->arena, &recipient, domain);
	}
}

void transaction_content_begin(struct smtp_session *session)
{
	struct transaction *transaction = transaction_of(session);
	struct submission *submission = submission_of(session)->submission;
	struct message *message = transaction->message;

	message->envelope.id = queue_new_id(submission->queue);
	traced_begin(message);
	message->body = body_create(queue_bodies(submission->queue));
	body_set_id(message->body, message_id_shard(&message->envelope.id),
		message_id_slice(&message->envelope.id));
}

static bool add_to_body(
	struct transaction *transaction, struct slice run, struct deadline deadline)
{
	if (transaction->signing_count)
		dkim_signer_feed(transaction->signer, run);
	if (transaction->look.on)
		gate_look_feed(&transaction->look, run);
	if (body_append(transaction->message->body, run, deadline))
		return true;
	transaction->refusal = transaction_store_refusal();
	return false;
}

/* The header's end is known: header stays, what came behind it goes on. */
static bool split(struct smtp_session *session, struct deadline deadline)
{
	struct transaction *transaction = transaction_of(session);
	struct slice all = buffer_contents(&transaction->text);
	struct slice body = slice_from(all, (size_t)transaction->end.body_at);

	/* Truncated, the buffer keeps its bytes where they are. */
	buffer_truncate(&transaction->text, (size_t)transaction->end.size);
	return transaction_judge_header(session, deadline) &&
	       (body.size == 0 || add_to_body(transaction, body, deadline));
}

bool transaction_content(
	struct smtp_session *session, struct slice run, struct deadline deadline)
{
	struct transaction *transaction = transaction_of(session);
	size_t most = (size_t)session->config->submission.header_size;
	struct slice part;

	if (transaction->end.found)
		return add_to_body(transaction, run, deadline);
	/* Of a run that is longer than any header, only so much is looked at: the
	 * header, and the blank line behind it. */
	part = slice_part(run, 0, most + 2 - buffer_size(&transaction->text));
	header_end_find(&transaction->end, part);
	buffer_append(&transaction->text, part);
	if (transaction->end.found)
		return split(session, deadline) &&
		       (part.size == run.size ||
			       add_to_body(transaction, slice_from(run, part.size),
				       deadline));
	if (buffer_size(&transaction->text) < most + 2)
		return true;
	transaction->refusal = REPLY(552, 5, 3, 4, "Message header too big");
	return false;
}

bool transaction_content_end(struct smtp_session *session, struct deadline deadline)
{
	struct transaction *transaction = transaction_of(session);

	if (transaction->refusal.code)
		return false;
	if (transaction->end.found)
		return true;
	header_end_finish(&transaction->end);
	return split(session, deadline);
}
