/*
 * The message in hand, from MAIL to the last byte of its content.
 *
 * The header is collected (it is small and has a cap); the body streams into the
 * queue's body store. arrival_end.c makes a queued message of it.
 */
#include "receive/arrival.h"

#include <string.h>

#include "base/event.h"
#include "base/memory.h"
#include "base/random.h"
#include "mail/report_read.h"
#include "queue/traced.h"
#include "run/worker.h"

#include "receive/arrival_parts.h"

void arrival_begin(struct smtp_session *session, const struct smtp_command *mail)
{
	struct arrival *arrival = NEW(struct arrival);
	struct message *message = message_create();
	struct envelope *envelope = &message->envelope;

	envelope->reverse_path = address_print_in(&message->arena, &mail->path);
	envelope->envelope_id = arena_copy(&message->arena, mail->envid);
	envelope->client = arena_copy(
		&message->arena, slice_of(stream_facts(session->stream)->peer_address));
	envelope->return_set = mail->ret != SMTP_RET_NONE;
	envelope->return_full = mail->ret == SMTP_RET_FULL;
	envelope->smtputf8 = mail->smtputf8;
	envelope->require_tls = mail->extensions.require_tls;
	arrival->message = message;
	arrival->began_us = worker_now_us();
	receiving_of(session)->arrival = arrival;
}

void arrival_destroy(struct receiving_session *self)
{
	struct arrival *old = self->arrival;

	self->arrival = NULL;
	if (!old)
		return;
	message_release(&old->message);
	authenticator_destroy(&old->authenticator);
	arc_sealer_destroy(&old->sealer);
	memory_wipe(&old->token, sizeof(old->token));
	buffer_finish(&old->report);
	buffer_finish(&old->text);
	arena_finish(&old->arena);
	memory_free(old);
}

/* Of those who are exempt nothing is asked. */
static struct authenticator *checks_of(struct smtp_session *session)
{
	struct arrival *arrival = arrival_of(session);
	const struct stream_facts *facts = stream_facts(session->stream);
	struct authentication_facts known = {
		.helo = session->client_helo.size ? session->client_helo
						  : session->helo,
		.mail_from = arrival->message->envelope.reverse_path,
		.caller = receiving_of(session)->caller,
		.hostname = slice_of(session->config->hostname),
		.now_s = worker_wall_ms() / 1000,
		.sample = (unsigned)random_below(100),
	};

	if (arrival->authenticator || receiving_of(session)->exempt)
		return arrival->authenticator;
	memcpy(&known.client, facts->peer_bytes, sizeof(known.client));
	arrival->authenticator = authenticator_create();
	authenticator_begin(arrival->authenticator, &known);
	return arrival->authenticator;
}

bool arrival_refuses_sender(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct receiving_session *self = receiving_of(session);
	const struct config_receive *config = &session->config->receive;
	struct authenticator *checks;

	if (config->spf_fail != CONFIG_JUDGE_REFUSE || self->exempt)
		return false;
	checks = checks_of(session);
	return authenticator_check_spf(checks, &self->receiving->options.resolver,
		       deadline_earlier(deadline, deadline_after_ms(CHECKS_MS))) &&
	       judgement_refuses_sender(config, authenticator_result(checks),
		       &session->command_arena, reply);
}

/* A message is of one tenant, or one thing that came back: who gets it for another
 * one gets it by itself, as any client knows to try again (RFC 5321 4.5.3.1.10). */
static bool goes_together(const struct arrival *arrival, const struct choice *choice)
{
	return arrival->recipients.count == 0 ||
	       (arrival->kind == CHOICE_MAIL && choice->kind == CHOICE_MAIL &&
		       slice_equal(arrival->tenant, choice->tenant));
}

void arrival_add(struct smtp_session *session, const struct smtp_command *rcpt,
	const struct choice *choice, struct reply *reply)
{
	struct arrival *arrival = arrival_of(session);
	struct arena *arena = &arrival->arena;
	struct recipient recipient = {.notify = rcpt->notify};

	if (!goes_together(arrival, choice)) {
		*reply = REPLY(452, 4, 5, 3, "This one gets a message of its own");
		return;
	}
	if (arrival->recipients.count == 0) {
		arrival->kind = choice->kind;
		arrival->token = choice->token;
		arrival->tenant = arena_copy(arena, choice->tenant);
	}
	recipient.address = arena_copy(arena, choice->address);
	if (rcpt->orcpt.type.at)
		recipient.original = arena_format(arena, "%.*s;%.*s",
			SLICE_PRINT(rcpt->orcpt.type),
			SLICE_PRINT(rcpt->orcpt.address));
	recipient_list_add(&arrival->recipients, arena, &recipient,
		arena_copy(arena, choice->domain));
}

void arrival_content_begin(struct smtp_session *session)
{
	struct receiving *receiving = receiving_of(session)->receiving;
	struct message *message = arrival_of(session)->message;

	message->envelope.id = queue_new_id(receiving->options.queue);
	checks_of(session);
	if (arrival_of(session)->kind != CHOICE_MAIL)
		return;
	arrival_seal_begin(session);
	traced_begin(message);
	message->body = body_create(queue_bodies(receiving->options.queue));
	body_set_id(message->body, message_id_shard(&message->envelope.id),
		message_id_slice(&message->envelope.id));
}

struct reply arrival_store_refusal(void)
{
	event_note(EVENT_WARNING, "receiving_refused", "%s", failure_last()->text);
	return failure_kind_last() == FAILURE_LIMIT
		       ? REPLY(552, 5, 3, 4, "Message too big")
		       : REPLY(451, 4, 3, 0, "Cannot store the message now, try again");
}

static bool add_to_body(
	struct arrival *arrival, struct slice run, struct deadline deadline)
{
	if (arrival->sealer)
		arc_sealer_feed(arrival->sealer, run);
	if (arrival->kind != CHOICE_MAIL ||
		body_append(arrival->message->body, run, deadline))
		return true;
	arrival->refusal = arrival_store_refusal();
	return false;
}

static bool judge_header(struct smtp_session *session)
{
	struct arrival *arrival = arrival_of(session);
	const struct config *config = session->config;
	bool fits = header_scan(&arrival->arena, buffer_contents(&arrival->text),
		(size_t)config->submission.header_lines,
		(size_t)config->submission.header_size, &arrival->header);

	if (!fits)
		arrival->refusal = REPLY(552, 5, 3, 4, "Message header too big");
	else if (header_hops(&arrival->header) >= config->receive.hops)
		arrival->refusal = REPLY(
			554, 5, 4, 6, "Too many hops: this message is in a loop");
	return arrival->refusal.code == 0;
}

/* The header's end is known: header stays, what came behind it goes on. */
static bool split(struct smtp_session *session, struct deadline deadline)
{
	struct arrival *arrival = arrival_of(session);
	struct slice all = buffer_contents(&arrival->text);
	struct slice body = slice_from(all, (size_t)arrival->end.body_at);

	/* Truncated, the buffer keeps its bytes where they are. */
	buffer_truncate(&arrival->text, (size_t)arrival->end.size);
	return judge_header(session) &&
	       (body.size == 0 || add_to_body(arrival, body, deadline));
}

bool arrival_content(
	struct smtp_session *session, struct slice run, struct deadline deadline)
{
	struct arrival *arrival = arrival_of(session);
	size_t most = (size_t)session->config->submission.header_size;
	struct slice part;

	if (arrival->authenticator)
		authenticator_feed(arrival->authenticator, run);
	if (arrival->kind == CHOICE_RETURN || arrival->kind == CHOICE_COMPLAINT)
		buffer_append(&arrival->report,
			slice_part(run, 0,
				REPORT_BYTES_MAX - buffer_size(&arrival->report)));
	if (arrival->end.found)
		return add_to_body(arrival, run, deadline);
	/* Of a run that is longer than any header, only so much is looked at: the
	 * header, and the blank line behind it. */
	part = slice_part(run, 0, most + 2 - buffer_size(&arrival->text));
	header_end_find(&arrival->end, part);
	buffer_append(&arrival->text, part);
	if (arrival->end.found)
		return split(session, deadline) &&
		       (part.size == run.size ||
			       add_to_body(
				       arrival, slice_from(run, part.size), deadline));
	if (buffer_size(&arrival->text) < most + 2)
		return true;
	arrival->refusal = REPLY(552, 5, 3, 4, "Message header too big");
	return false;
}

bool arrival_content_end(struct smtp_session *session, struct deadline deadline)
{
	struct arrival *arrival = arrival_of(session);

	if (arrival->refusal.code)
		return false;
	if (arrival->end.found)
		return true;
	header_end_finish(&arrival->end);
	return split(session, deadline);
}
