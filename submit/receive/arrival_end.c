/*
 * The end of a message in hand: its head, an entry for each domain, and all of it
 * committed. 250 is said only when the queue has said that it is safe.
 */
#include <string.h>

#include "base/event.h"
#include "base/memory.h"
#include "mail/fixup.h"
#include "mail/text.h"
#include "queue/traced.h"
#include "run/worker.h"
#include "verify/authres.h"

#include "receive/arrival_parts.h"

/* A store that takes longer is as good as down; what becomes of the message
 * there after all is undone (queue_commit). */
#define COMMIT_LIMIT_MS 20000

static struct fixup_facts received_facts(struct smtp_session *session)
{
	const struct stream_facts *facts = stream_facts(session->stream);
	const struct arrival *arrival = arrival_of(session);

	return (struct fixup_facts){
		.hostname = slice_of(session->config->hostname),
		.helo = session->client_helo.size ? session->client_helo
						  : session->helo,
		.client_name = session->client_name.size
				       ? session->client_name
				       : receiving_of(session)->caller.name,
		.client_address = slice_of(facts->peer_address),
		.protocol = fixup_protocol(
			session->extended, session->utf8, facts->encrypted, false),
		.tls_version = slice_of(facts->tls_version),
		.tls_cipher = slice_of(facts->tls_cipher),
		.queue_id = message_id_slice(&arrival->message->envelope.id),
		.recipient = arrival->recipients.count == 1
				     ? arrival->recipients.at[0].address
				     : SLICE_EMPTY,
		.date_ms = worker_wall_ms(),
		.utf8 = session->utf8,
		.passed_on = true,
	};
}

static bool find_out(struct smtp_session *session, struct deadline deadline)
{
	struct arrival *arrival = arrival_of(session);
	struct timing_step step = {
		.timing = TIMING_CHECKS, .began_us = worker_now_us()};
	bool good = authenticator_finish(arrival->authenticator,
		&receiving_of(session)->receiving->options.resolver, deadline);

	step.ended_us = worker_now_us();
	timing_step(arrival->message->steps, &step);
	return good;
}

/* What DNS has to say about who it is from, and what follows. Who is exempt is
 * believed. False with *reply. */
static bool judge(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct arrival *arrival = arrival_of(session);
	struct judgement *judgement = &arrival->judgement;

	if (!arrival->authenticator) {
		judgement->authentic = true;
		return true;
	}
	if (!find_out(session,
		    deadline_earlier(deadline, deadline_after_ms(CHECKS_MS)))) {
		*reply = REPLY(451, 4, 3, 0, "Cannot check the message now, try again");
		return false;
	}
	judgement_make(&session->config->receive,
		authenticator_result(arrival->authenticator), &arrival->arena,
		judgement);
	/* Of what came back is believed what our own address proves. */
	if (judgement->what != CONFIG_JUDGE_REFUSE || arrival->kind != CHOICE_MAIL)
		return true;
	*reply = reply_copy(&session->command_arena, &judgement->refusal);
	return false;
}

/* Nobody but us says what we found out. */
static void remove_forgeries(struct smtp_session *session)
{
	struct arrival *arrival = arrival_of(session);
	struct slice name = slice_of(session->config->receive.quarantine_header);
	const struct header_field *field = NULL;

	if (!arrival->authenticator)
		return;
	authres_remove_ours(&arrival->header, slice_of(session->config->hostname));
	while ((field = header_find_text(&arrival->header, name, field)))
		header_make_private(&arrival->header, field);
}

/* Above all that came: Authentication-Results, and the quarantine's field. */
static void write_findings(struct smtp_session *session, struct buffer *fields)
{
	const struct arrival *arrival = arrival_of(session);

	if (!arrival->authenticator)
		return;
	authres_write(authenticator_result(arrival->authenticator), fields);
	if (arrival->judgement.what == CONFIG_JUDGE_QUARANTINE)
		buffer_append_format(fields, "%s: yes; %.*s\r\n",
			session->config->receive.quarantine_header,
			SLICE_PRINT(arrival->judgement.why));
}

/* Our seal, the findings, Received, and the header as it came but for what only we
 * may say. */
static void set_head(struct smtp_session *session, struct deadline deadline)
{
	struct arrival *arrival = arrival_of(session);
	struct message *message = arrival->message;
	struct fixup_facts facts = received_facts(session);
	struct buffer fields = {0};
	struct slice *pieces;
	struct fixup fixup;

	remove_forgeries(session);
	write_findings(session, &fields);
	fixup_build(&arrival->arena, &arrival->header, &facts, &fixup);
	pieces = arena_take_array(&arrival->arena, fixup.count + 2, sizeof(*pieces));
	pieces[1] = buffer_contents(&fields);
	memcpy(pieces + 2, fixup.pieces, fixup.count * sizeof(*pieces));
	pieces[0] = arrival_seal(session, pieces + 1, fixup.count + 1, deadline);
	body_set_head(message->body, pieces, fixup.count + 2);
	message->envelope.header_size = pieces[0].size + pieces[1].size + fixup.size;
	buffer_finish(&fields);
	message->envelope.size = body_size(message->body);
	message->envelope.header_eight_bit = !text_is_ascii(
		buffer_contents(&arrival->text));
}

/* A message that is being committed: nothing of its transaction is needed. */
struct smtp_pending {
	struct job *job;
	struct message *message; /* held */
	size_t recipients;
	int64_t began_us;
	struct judgement found; /* its words */
	struct deadline until;
};

/* Somebody whose name was used is told nothing: nobody asked him to send it. Nor
 * by the next server. */
static void spare_strangers(struct arrival *arrival)
{
	for (size_t i = 0;
		!arrival->judgement.authentic && i < arrival->recipients.count; i++)
		arrival->recipients.at[i].notify = NOTIFY_NEVER;
}

static struct smtp_pending *commit(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply)
{
	struct arrival *arrival = arrival_of(session);
	struct message *message = arrival->message;
	struct envelope *envelope = &message->envelope;
	struct smtp_pending *pending;
	struct entry **entries;
	struct job *job;
	size_t count;

	envelope->eight_bit = facts->eight_bit;
	envelope->lines_longest = (uint32_t)facts->longest;
	envelope->tenant = arena_copy(&message->arena, arrival->tenant);
	envelope->created_ms = worker_wall_ms();
	envelope->expires_ms = envelope->created_ms + session->config->relay.expire_ms;
	spare_strangers(arrival);
	count = recipient_list_make_entries(
		&arrival->recipients, message, &arrival->arena, &entries);
	job = queue_commit_begin(receiving_of(session)->receiving->options.queue,
		message, entries, count);
	if (!job) {
		*reply = arrival_store_refusal();
		return NULL;
	}
	pending = NEW(struct smtp_pending);
	*pending = (struct smtp_pending){.job = job,
		.message = message_hold(message),
		.recipients = arrival->recipients.count,
		.began_us = arrival->began_us,
		.found = arrival->judgement,
		.until = deadline_after_ms(COMMIT_LIMIT_MS)};
	return pending;
}

struct smtp_pending *arrival_end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline)
{
	if (facts->faults) {
		*reply = (struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = arena_format(&session->command_arena,
				"Message refused: it has %s",
				text_fault_words(facts->faults))};
	} else if (!arrival_content_end(session, deadline)) {
		*reply = arrival_of(session)->refusal;
	} else if (!judge(session, reply, deadline)) {
		return NULL;
	} else if (arrival_of(session)->kind == CHOICE_MAIL) {
		set_head(session, deadline);
		return commit(session, facts, reply);
	} else if (arrival_of(session)->kind == CHOICE_LEAVING) {
		arrival_take_leaving(session, reply, deadline);
	} else {
		arrival_take_return(session, reply, deadline);
	}
	return NULL;
}

bool arrival_is_known(const struct smtp_pending *pending)
{
	return queue_commit_is_known(pending->job);
}

static void tell(struct smtp_session *session, const struct smtp_pending *pending)
{
	const struct envelope *envelope = &pending->message->envelope;
	const struct stream_facts *facts = stream_facts(session->stream);
	const struct judgement *found = &pending->found;
	struct event event;

	event_begin(&event, EVENT_INFO, "received");
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "from", envelope->reverse_path);
	event_number(&event, "recipients", (int64_t)pending->recipients);
	event_number(&event, "size", (int64_t)envelope->size);
	event_text(&event, "client", envelope->client);
	if (receiving_of(session)->caller.name.size)
		event_text(&event, "client_name", receiving_of(session)->caller.name);
	event_text(&event, "helo", session->helo);
	if (envelope->tenant.size)
		event_text(&event, "tenant", envelope->tenant);
	if (facts->encrypted)
		event_text(&event, "tls", slice_of(facts->tls_version));
	if (found->spf) {
		event_text(&event, "spf", slice_of(found->spf));
		event_text(&event, "dkim", slice_of(found->dkim));
		event_text(&event, "dmarc", slice_of(found->dmarc));
		event_text(&event, "arc", slice_of(found->arc));
	}
	if (found->what == CONFIG_JUDGE_QUARANTINE)
		event_truth(&event, "quarantined", true);
	traced_tell(&event, pending->message);
	event_end(&event);
}

/* The same as spans. */
static void trace(
	struct smtp_session *session, const struct smtp_pending *pending, bool safe)
{
	const struct stream_facts *facts = stream_facts(session->stream);
	struct traced_accept accept = {.began_us = pending->began_us,
		.protocol = "smtp",
		.tls = facts->encrypted ? slice_of(facts->tls_version) : SLICE_EMPTY,
		.recipients = pending->recipients,
		.failed = !safe};

	if (message_is_traced(pending->message))
		traced_accepted(pending->message, &accept);
}

void arrival_outcome(struct smtp_session *session, struct smtp_pending *pending,
	struct reply *reply, struct deadline deadline)
{
	struct receiving *receiving = receiving_of(session)->receiving;
	struct envelope *envelope = &pending->message->envelope;

	if (queue_commit_end(
		    &pending->job, deadline_earlier(deadline, pending->until))) {
		receiving->figures.accepted++;
		receiving->figures.bytes += envelope->size;
		tell(session, pending);
		trace(session, pending, true);
		*reply = (struct reply){.code = 250,
			.enhanced = {2, 0, 0},
			.text = arena_format(&session->command_arena,
				"Ok: queued as %s", envelope->id.text)};
	} else {
		*reply = arrival_store_refusal();
		trace(session, pending, false);
		receiving_note_refusal(
			session, envelope->reverse_path, SLICE_EMPTY, reply);
	}
	message_release(&pending->message);
	memory_free(pending);
}
