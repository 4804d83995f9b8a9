/*
 * The end of a message in hand: an entry for each domain, and all of it
 * committed. 250 is said only when the queue has said that it is safe.
 */
#include "base/clock.h"
#include "base/event.h"
#include "base/memory.h"
#include "queue/traced.h"
#include "run/worker.h"
#include "submit/idempotency.h"
#include "submit/transaction.h"

/* A store that takes longer is as good as down; what becomes of the message
 * there after all is undone (queue_commit). */
#define COMMIT_LIMIT_MS 20000

/* RFC 4865 5: nothing is done about it before. */
static void hold(struct entry *entry, int64_t release_ms)
{
	char text[CLOCK_TEXT_SIZE];
	struct attempt_note note = {.at_ms = worker_wall_ms(),
		.answer = arena_format(&entry->arena,
			"held until %.*s, as its sender asked",
			SLICE_PRINT(clock_format_iso(release_ms, text)))};

	entry->due_ms = release_ms;
	entry_add_note(entry, &note);
}

static size_t make_entries(struct transaction *transaction, struct entry ***entries_r)
{
	size_t count = recipient_list_make_entries(&transaction->recipients,
		transaction->message, &transaction->arena, entries_r);

	for (size_t i = 0; transaction->release_ms && i < count; i++)
		hold((*entries_r)[i], transaction->release_ms);
	return count;
}

/* A message that is being committed: nothing of its transaction is needed. */
struct smtp_pending {
	struct job *job;	 /* NULL: nobody is left to send it to */
	struct message *message; /* held */
	size_t recipients;
	const struct suppressed *recorded; /* the message's */
	uint32_t missed, fixed;		   /* of the gate's checks */
	unsigned score;			   /* of its look for phishing */
	struct deadline until;
	int64_t began_us;
	struct idempotent said; /* key empty: not under any */
};

static void tell_checks(struct submission *submission, struct event *event,
	const char *field, uint32_t checks)
{
	struct checks_text *told = &submission->told;

	if (!checks)
		return;
	if (told->checks != checks) {
		told->checks = checks;
		told->size = gate_checks_json(checks, told->text).size;
	}
	event_raw(event, field, slice_make(told->text, told->size));
}

static void tell(struct smtp_session *session, const struct smtp_pending *pending)
{
	const struct envelope *envelope = &pending->message->envelope;
	const struct stream_facts *facts = stream_facts(session->stream);
	struct submission *submission = submission_of(session)->submission;
	struct event event;

	event_begin(&event, EVENT_INFO, "received");
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "from", envelope->reverse_path);
	event_number(&event, "recipients", (int64_t)pending->recipients);
	event_number(&event, "size", (int64_t)envelope->size);
	event_text(&event, "client", slice_of(facts->peer_address));
	if (envelope->account.size)
		event_text(&event, "account", envelope->account);
	if (envelope->tenant.size)
		event_text(&event, "tenant", envelope->tenant);
	if (envelope->stream.size)
		event_text(&event, "stream", envelope->stream);
	if (envelope->tags.size)
		event_text(&event, "tags", envelope->tags);
	if (envelope->priority)
		event_number(&event, "priority", envelope->priority);
	if (facts->encrypted)
		event_text(&event, "tls", slice_of(facts->tls_version));
	tell_checks(submission, &event, "gate", pending->missed);
	tell_checks(submission, &event, "fixed", pending->fixed);
	if (pending->score)
		event_number(&event, "phishing", (int64_t)pending->score);
	traced_tell(&event, pending->message);
	event_end(&event);
}

/* The same as spans. */
static void trace(
	struct smtp_session *session, const struct smtp_pending *pending, bool safe)
{
	const struct stream_facts *facts = stream_facts(session->stream);
	struct traced_accept accept = {.began_us = pending->began_us,
		.protocol = submission_of(session)->protocol.size ? "http" : "smtp",
		.tls = facts->encrypted ? slice_of(facts->tls_version) : SLICE_EMPTY,
		.recipients = pending->recipients,
		.failed = !safe};

	if (message_is_traced(pending->message))
		traced_accepted(pending->message, &accept);
}

static struct idempotent said_as(struct smtp_session *session, struct arena *arena)
{
	return (struct idempotent){
		.redis = submission_of(session)->submission->accounts->redis,
		.owner = arena_copy(
			arena, session->account.size ? session->account : SLICE("-")),
		.key = arena_copy(arena, transaction_of(session)->idempotency_key)};
}

/* Whether the message is to be sent; else *reply: it was already, or is just now. */
static bool is_first(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct arena *arena = &session->command_arena;
	struct idempotent said;
	struct slice id;
	unsigned status;

	if (!transaction_of(session)->idempotency_key.size)
		return true;
	said = said_as(session, arena);
	switch (idempotency_begin(&said, arena, &status, &id, deadline)) {
	case IDEMPOTENCY_FIRST:
		return true;
	case IDEMPOTENCY_DONE:
		*reply = (struct reply){.code = 250,
			.enhanced = {2, 0, 0},
			.text = arena_format(arena, "Ok: was queued before, as %.*s",
				SLICE_PRINT(id))};
		return false;
	case IDEMPOTENCY_RUNNING:
	case IDEMPOTENCY_OTHER:
		*reply = REPLY(451, 4, 3, 0,
			"A message with this idempotency key is being queued");
		return false;
	case IDEMPOTENCY_UNKNOWN:
		break;
	}
	*reply = transaction_store_refusal();
	return false;
}

/* What came of it is kept, for who says it again. */
static void keep_said(
	const struct smtp_pending *pending, bool safe, struct deadline deadline)
{
	if (pending->said.key.size)
		idempotency_end(&pending->said, safe ? 250 : 0,
			message_id_slice(&pending->message->envelope.id), deadline);
}

static struct smtp_pending *commit(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply)
{
	struct transaction *transaction = transaction_of(session);
	struct message *message = transaction->message;
	struct envelope *envelope = &message->envelope;
	struct smtp_pending *pending;
	struct entry **entries;
	struct job *job = NULL;
	size_t count;

	envelope->eight_bit = facts->eight_bit;
	envelope->lines_longest = (uint32_t)facts->longest;
	envelope->created_ms = worker_wall_ms();
	envelope->expires_ms = (transaction->release_ms ? transaction->release_ms
							: envelope->created_ms) +
			       session->config->relay.expire_ms;
	suppressed_tell_applications(session, envelope, transaction->recorded);
	if (transaction->recipients.count) {
		count = make_entries(transaction, &entries);
		job = queue_commit_begin(submission_of(session)->submission->queue,
			message, entries, count);
		if (!job) {
			*reply = transaction_store_refusal();
			return NULL;
		}
	}
	pending = NEW(struct smtp_pending);
	*pending = (struct smtp_pending){.job = job,
		.message = message_hold(message),
		.recipients = transaction->recipients.count,
		.recorded = transaction->recorded,
		.missed = transaction->gate.missed,
		.fixed = transaction->gate.fixed,
		.score = transaction->look.score,
		.began_us = transaction->began_us,
		.until = deadline_after_ms(COMMIT_LIMIT_MS)};
	if (transaction->idempotency_key.size)
		pending->said = said_as(session, &message->arena);
	return pending;
}

/* The key is free again if not even that could be begun. */
static struct smtp_pending *commit_said(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline)
{
	struct smtp_pending *pending = commit(session, facts, reply);
	struct idempotent said;

	if (!pending && transaction_of(session)->idempotency_key.size) {
		said = said_as(session, &session->command_arena);
		idempotency_end(&said, 0, SLICE_EMPTY, deadline);
	}
	return pending;
}

/*
 * What was announced as binary and is text in lines is sent as that. What is
 * binary is not signed (RFC 6376 5.3: a signed text has no bare CR or LF): where
 * it has to be converted for a peer, it is signed then, in the form that a
 * verifier sees.
 */
static void judge_binary(struct smtp_session *session, const struct text_facts *facts)
{
	struct transaction *transaction = transaction_of(session);
	struct envelope *envelope = &transaction->message->envelope;

	if (!envelope->binary)
		return;
	envelope->binary = facts->faults != 0;
	if (!envelope->binary || !transaction->signing_count)
		return;
	transaction->signing_count = 0;
	event_note(EVENT_INFO, "unsigned", "%.*s: its body has %s",
		SLICE_PRINT(message_id_slice(&envelope->id)),
		text_fault_words(facts->faults));
}

struct smtp_pending *transaction_end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline)
{
	judge_binary(session, facts);
	if (facts->faults && !transaction_of(session)->message->envelope.binary)
		*reply = (struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = arena_format(&session->command_arena,
				"Message refused: it has %s",
				text_fault_words(facts->faults))};
	else if (!transaction_content_end(session, deadline))
		*reply = transaction_of(session)->refusal;
	else if (!transaction_pass_look(session, reply))
		return NULL;
	else if (!transaction_set_head(session, deadline))
		*reply = transaction_store_refusal();
	else if (is_first(session, reply, deadline))
		return commit_said(session, facts, reply, deadline);
	return NULL;
}

bool transaction_is_known(const struct smtp_pending *pending)
{
	return !pending->job || queue_commit_is_known(pending->job);
}

void transaction_outcome(struct smtp_session *session, struct smtp_pending *pending,
	struct reply *reply, struct deadline deadline)
{
	struct submission *submission = submission_of(session)->submission;
	struct envelope *envelope = &pending->message->envelope;

	if (!pending->job || queue_commit_end(&pending->job,
				     deadline_earlier(deadline, pending->until))) {
		submission->figures.accepted++;
		submission->figures.bytes += envelope->size;
		keep_said(pending, true, deadline);
		if (pending->recipients)
			tell(session, pending);
		trace(session, pending, true);
		suppressed_tell(session, envelope, pending->recorded);
		*reply = (struct reply){.code = 250,
			.enhanced = {2, 0, 0},
			.text = arena_format(&session->command_arena,
				"Ok: queued as %s", envelope->id.text)};
	} else {
		*reply = transaction_store_refusal();
		trace(session, pending, false);
		keep_said(pending, false, deadline);
	}
	message_release(&pending->message);
	memory_free(pending);
}
