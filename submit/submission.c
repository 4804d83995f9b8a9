/*
 * Submission as the SMTP dialogue asks for it: each question answered in one
 * short function, the work itself done in auth.c, rights.c, transaction.c.
 *
 * Whatever cannot be decided now (Redis down, disk nearly full) is a 4yz and
 * costs the client a retry, never a message.
 */
#include "submit/submission.h"

#include <string.h>

#include "base/event.h"
#include "base/memory.h"

#include "submit/account_cache.h"
#include "submit/session.h"

static void connect(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = NEW(struct submission_session);
	const struct stream_facts *facts = stream_facts(session->stream);
	const struct config_networks *trusted =
		&session->config->submission.trusted_networks;

	self->submission = session->context;
	self->trusted = config_networks_contain(trusted, facts->peer_bytes);
	session->context = self;
}

static void capabilities(struct smtp_session *session, struct capabilities *offered_r)
{
	const struct config_submission *limits = &session->config->submission;
	unsigned mechanisms = submission_mechanisms(session);

	*offered_r = (struct capabilities){
		.pipelining = true,
		.size = true,
		.size_max = limits->message_size,
		.eight_bit = true,
		.smtputf8 = true,
		.chunking = true,
		.dsn = true,
		.enhanced_codes = true,
		.mail_max = limits->messages_per_session,
		.rcpt_max = rights_recipients_max(session),
		.auth_offered = mechanisms != 0,
		.auth = mechanisms,
	};
}

/* Is there room, and does the store answer? */
static bool has_room(struct submission *submission, struct reply *reply)
{
	if (queue_accepts(submission->queue))
		return true;
	*reply = REPLY(452, 4, 3, 1, "Cannot take mail just now, try again soon");
	event_note(EVENT_WARNING, "submission_refused", "%s", failure_last()->text);
	return false;
}

static void mail(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);
	uint64_t most = session->config->submission.message_size;
	struct slice sender = address_print_in(&session->command_arena, &command->path);

	if (!rights_may_submit(session, reply) ||
		!submission_refresh(session, reply, deadline) ||
		!has_room(self->submission, reply))
		return;
	if (command->has_size && most && command->size > most)
		*reply = REPLY(552, 5, 3, 4, "Message too big");
	else if (rights_may_send_as(session, sender, "Envelope sender", reply))
		transaction_begin(session, command);
}

static void rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	transaction_rcpt(session, command, reply);
}

static void begin(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);

	if (has_room(self->submission, reply) && rights_count_message(session, reply))
		transaction_content_begin(session);
}

/* After STARTTLS the dialogue has forgotten who it was (RFC 3207 4.2). */
static void reset(struct smtp_session *session)
{
	struct submission_session *self = submission_of(session);

	transaction_destroy(self);
	if (!session->account.size)
		submission_log_out(self);
}

static void disconnect(struct smtp_session *session)
{
	struct submission_session *self = submission_of(session);

	submission_log_out(self);
	arena_finish(&self->arena);
	memory_free(self);
	session->context = NULL;
}

const struct smtp_policy submission_policy = {
	.connect = connect,
	.capabilities = capabilities,
	.authenticate = submission_authenticate,
	.mail = mail,
	.rcpt = rcpt,
	.begin = begin,
	.content = transaction_content,
	.end = transaction_end,
	.reset = reset,
	.disconnect = disconnect,
};

struct submission *submission_open(struct submission_node *node, struct config *config,
	struct dkim_keyring *keyring, struct queue *queue, struct redis *redis)
{
	struct submission *submission = NEW(struct submission);

	submission->node = node;
	submission->config = config_hold(config);
	submission->keyring = dkim_keyring_hold(keyring);
	submission->queue = queue;
	submission->accounts = account_cache_create(redis);
	return submission;
}

void submission_reload(struct submission *submission, struct config *config,
	struct dkim_keyring *keyring)
{
	config_hold(config);
	dkim_keyring_hold(keyring);
	config_release(&submission->config);
	dkim_keyring_release(&submission->keyring);
	submission->config = config;
	submission->keyring = keyring;
}

void submission_close(struct submission **submission)
{
	struct submission *old = *submission;

	*submission = NULL;
	if (!old)
		return;
	config_release(&old->config);
	dkim_keyring_release(&old->keyring);
	dkim_signer_destroy(&old->spare_signer);
	account_cache_destroy(&old->accounts);
	memory_free(old);
}

struct submission_figures submission_figures(const struct submission *submission)
{
	return submission->figures;
}
