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
#include "gate/gate.h"
#include "run/worker.h"

#include "submit/node.h"
#include "submit/session.h"

#define COMPLAINTS_APART_US 1000000

static bool is_trusted(const struct smtp_session *session)
{
	return config_networks_contain(&session->config->submission.trusted_networks,
		stream_facts(session->stream)->peer_bytes);
}

static void connect(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = NEW(struct submission_session);

	self->submission = session->context;
	self->trusted = is_trusted(session);
	session->context = self;
}

/* Somebody else, through a proxy that may say so. */
static void client(struct smtp_session *session, struct slice login,
	struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);

	submission_log_out(self);
	self->trusted = is_trusted(session);
	if (login.size)
		submission_log_in_as(session, login, reply, deadline);
}

static void capabilities(struct smtp_session *session, struct capabilities *offered_r)
{
	const struct config_submission *limits = &session->config->submission;
	unsigned mechanisms = submission_mechanisms(session);
	bool priorities = strcmp(limits->priority_policy, "none") != 0;

	*offered_r = (struct capabilities){
		.pipelining = true,
		.size = true,
		.size_max = limits->message_size,
		.eight_bit = true,
		.smtputf8 = true,
		.chunking = true,
		.binarymime = true,
		.dsn = true,
		.requiretls = stream_facts(session->stream)->encrypted,
		.enhanced_codes = true,
		.mail_max = limits->messages_per_session,
		.rcpt_max = rights_recipients_max(session),
		.auth_offered = mechanisms != 0,
		.auth = mechanisms,
		.future_release = limits->future_release_ms > 0,
		.hold_for_max_s = (uint64_t)limits->future_release_ms / 1000,
		.hold_until_max_ms = worker_wall_ms() + limits->future_release_ms,
		.deliver_by = limits->deliver_by,
		.deliver_by_min_s = (uint64_t)limits->deliver_by_minimum_ms / 1000,
		.mt_priority = priorities,
		.priority_policy = priorities ? limits->priority_policy : NULL,
	};
}

/* Why a message was not taken, for whoever asks. */
static void note_refusal(struct smtp_session *session, const struct reply *reply)
{
	const struct stream_facts *facts = stream_facts(session->stream);
	struct event event;
	char text[300];

	if (!reply_is_transient(reply) && !reply_is_permanent(reply))
		return;
	submission_of(session)->submission->figures.refused++;
	event_begin(&event, EVENT_INFO, "refused");
	event_text(&event, "client", slice_of(facts->peer_address));
	if (session->account.size)
		event_text(&event, "account", session->account);
	event_text(&event, "reply", reply_print(reply, text, sizeof(text)));
	event_end(&event);
}

/* Is there room, and does the store answer? */
static bool has_room(struct submission *submission, struct reply *reply)
{
	int64_t now_us = worker_now_us();

	if (queue_accepts(submission->queue))
		return true;
	*reply = REPLY(452, 4, 3, 1, "Cannot take mail just now, try again soon");
	if (now_us - submission->complained_us > COMPLAINTS_APART_US) {
		event_note(EVENT_WARNING, "submission_refused", "%s",
			failure_last()->text);
		submission->complained_us = now_us;
	}
	return false;
}

static void mail(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);
	uint64_t most = session->config->submission.message_size;
	struct slice sender = address_print_in(&session->command_arena, &command->path);

	if (rights_may_submit(session, reply) &&
		submission_refresh(session, reply, deadline) &&
		rights_may_send_as(session, sender, "Envelope sender", reply) &&
		has_room(self->submission, reply)) {
		if (command->has_size && most && command->size > most)
			*reply = REPLY(552, 5, 3, 4, "Message too big");
		else
			transaction_begin(session, command);
	}
	note_refusal(session, reply);
}

static void rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	transaction_rcpt(session, command, reply, deadline);
}

static void begin(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct submission_session *self = submission_of(session);

	if (has_room(self->submission, reply) && rights_count_message(session, reply))
		transaction_content_begin(session);
	note_refusal(session, reply);
}

static struct smtp_pending *end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline)
{
	struct smtp_pending *pending = transaction_end(session, facts, reply, deadline);

	if (!pending)
		note_refusal(session, reply);
	return pending;
}

static void outcome(struct smtp_session *session, struct smtp_pending *pending,
	struct reply *reply, struct deadline deadline)
{
	transaction_outcome(session, pending, reply, deadline);
	note_refusal(session, reply);
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
	memory_free(self);
	session->context = NULL;
}

const struct smtp_policy submission_policy = {
	.connect = connect,
	.capabilities = capabilities,
	.authenticate = submission_authenticate,
	.client = client,
	.mail = mail,
	.rcpt = rcpt,
	.begin = begin,
	.content = transaction_content,
	.end = end,
	.outcome = outcome,
	.is_known = transaction_is_known,
	.reset = reset,
	.disconnect = disconnect,
};

struct submission *submission_open(struct submission_node *node,
	struct accounts *accounts, struct config *config, struct dkim_keyring *keyring,
	struct queue *queue, struct dns *dns)
{
	struct submission *submission = NEW(struct submission);

	list_init(&submission->spares);
	submission->node = node;
	submission->config = config_hold(config);
	submission->keyring = dkim_keyring_hold(keyring);
	submission->queue = queue;
	submission->accounts = accounts;
	submission->gate = gate_open(node_gate(node), config, keyring, dns);
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
	gate_reload(submission->gate, config, keyring);
}

void submission_use_suppression(
	struct submission *submission, struct suppression *suppression)
{
	submission->suppression = suppression;
}

void submission_use_verp(struct submission *submission, struct verp_keeper *verp)
{
	submission->verp = verp;
}

void submission_close(struct submission **submission)
{
	struct submission *old = *submission;

	*submission = NULL;
	if (!old)
		return;
	gate_close(&old->gate);
	config_release(&old->config);
	dkim_keyring_release(&old->keyring);
	transaction_destroy_spares(old);
	memory_free(old);
}

struct submission_figures submission_figures(const struct submission *submission)
{
	struct submission_figures figures = submission->figures;
	struct gate_figures gate = gate_figures(submission->gate);

	figures.gate_refused = gate.refused;
	figures.gate_fixed = gate.fixed;
	figures.gate_waited = gate.waited;
	figures.suspicious = gate.suspicious;
	return figures;
}
