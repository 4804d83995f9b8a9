/*
 * The header of the message in hand: judged when it is complete, put right,
 * signed, set in front of the body.
 */
#include <string.h>

#include "base/event.h"
#include "mail/author.h"
#include "mail/domain.h"
#include "mail/fixup.h"
#include "mail/text.h"
#include "metrics/timing.h"
#include "run/worker.h"
#include "submit/transaction.h"
#include "verify/authres.h"

/* Those of the header as it is sent: what we add is a handful. */
#define FIELDS_ADDED_MAX 16

struct reply transaction_store_refusal(void)
{
	event_note(EVENT_WARNING, "submission_refused", "%s", failure_last()->text);
	return failure_kind_last() == FAILURE_LIMIT
		       ? REPLY(552, 5, 3, 4, "Message too big")
		       : REPLY(451, 4, 3, 0, "Cannot store the message now, try again");
}

/* Every author must be one the sender may write as; the first one signs. */
static bool find_authors(struct smtp_session *session, struct reply *refusal)
{
	struct transaction *transaction = transaction_of(session);
	const struct header *header = &transaction->header;
	const struct header_field *from = header_find(header, HEADER_FROM);
	char text[DOMAIN_MAX + 1];
	struct slice *authors, domain;
	size_t count = 0;

	if (header->counts[HEADER_FROM] > 1) {
		*refusal = REPLY(
			550, 5, 6, 0, "The message has more than one From field");
		return false;
	}
	if (!from ||
		!authors_find(from->value, &transaction->arena, &authors, &count)) {
		if (rights_may_lack_author(session))
			return true;
		*refusal = REPLY(550, 5, 6, 0, "The message has no valid From field");
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!rights_may_send_as(session, authors[i], "From address", refusal))
			return false;
	transaction->authors = authors;
	transaction->author_count = count;
	domain = slice_from(authors[0], slice_index_last(authors[0], '@') + 1);
	if (domain_to_ascii(domain, text, &domain))
		transaction->author_domain = arena_copy(&transaction->arena, domain);
	return true;
}

static void start_signer(struct smtp_session *session)
{
	struct transaction *transaction = transaction_of(session);
	struct dkim_keyring *keyring = submission_of(session)->submission->keyring;
	enum dkim_canon header_canon, body_canon;

	transaction->signing_count = dkim_keyring_find(keyring,
		transaction->gate.sign_as.size ? transaction->gate.sign_as
					       : transaction->author_domain,
		transaction->signings);
	if (transaction->signing_count == 0)
		return;
	/* Others hold it, too, on other processors: not for each message. */
	dkim_keyring_release(&transaction->keyring);
	transaction->keyring = dkim_keyring_hold(keyring);
	if (!transaction->signer)
		transaction->signer = dkim_signer_create();
	dkim_canon_parse(slice_of(session->config->dkim_canonicalization),
		&header_canon, &body_canon);
	dkim_signer_begin(transaction->signer, header_canon, body_canon);
}

/* Only the body may be binary (RFC 3030 3, RFC 5322 2.1). */
static bool is_header_text(struct smtp_session *session, struct reply *refusal)
{
	struct text_facts facts = {.line_limit = TEXT_LINE_MAX};

	text_check(&facts, buffer_contents(&transaction_of(session)->text));
	text_check_end(&facts);
	if (facts.faults)
		*refusal = (struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = arena_format(&session->command_arena,
				"Message refused: its header has %s",
				text_fault_words(facts.faults))};
	return !facts.faults;
}

static bool judge_header(struct smtp_session *session, struct deadline deadline)
{
	struct transaction *transaction = transaction_of(session);
	const struct config_submission *limits = &session->config->submission;
	struct header *header = &transaction->header;
	struct reply *refusal = &transaction->refusal;
	bool fits = header_scan(&transaction->arena,
		buffer_contents(&transaction->text), (size_t)limits->header_lines,
		(size_t)limits->header_size, header);

	if (!fits) {
		*refusal = REPLY(552, 5, 3, 4, "Message header too big");
		return false;
	}
	if (limits->hops && header_hops(header) >= limits->hops) {
		*refusal = REPLY(
			554, 5, 4, 6, "Too many hops: this message is in a loop");
		return false;
	}
	if (transaction->message->envelope.binary && !is_header_text(session, refusal))
		return false;
	if (!find_authors(session, refusal) || !transaction_mark(session, refusal) ||
		!suppressed_by_stream(session, refusal, deadline) ||
		!transaction_pass_gate(session, refusal, deadline))
		return false;
	start_signer(session);
	return true;
}

bool transaction_judge_header(struct smtp_session *session, struct deadline deadline)
{
	struct timing_step step = {
		.timing = TIMING_CHECKS, .began_us = worker_now_us()};
	bool good = judge_header(session, deadline);

	step.ended_us = worker_now_us();
	timing_step(transaction_of(session)->message->steps, &step);
	return good;
}

static struct fixup_facts received_facts(struct smtp_session *session)
{
	const struct stream_facts *facts = stream_facts(session->stream);
	struct transaction *transaction = transaction_of(session);
	const struct envelope *envelope = &transaction->message->envelope;
	struct slice other = submission_of(session)->protocol;

	return (struct fixup_facts){
		.hostname = slice_of(session->config->hostname),
		.helo = session->client_helo.size ? session->client_helo
						  : session->helo,
		.client_name = session->client_name,
		.client_address = slice_of(facts->peer_address),
		.protocol = other.size ? other
				       : fixup_protocol(session->extended,
						 session->utf8, facts->encrypted,
						 session->account.size > 0),
		.tls_version = slice_of(facts->tls_version),
		.tls_cipher = slice_of(facts->tls_cipher),
		.account = session->account,
		.queue_id = message_id_slice(&envelope->id),
		.recipient = transaction->recipients.count == 1
				     ? transaction->recipients.at[0].address
				     : SLICE_EMPTY,
		.date_ms = worker_wall_ms(),
		.release_ms = transaction->release_ms,
		.priority = envelope->priority,
		.priority_field = envelope->priority &&
				  session->config->submission.priority_header,
		.utf8 = session->utf8,
		.added = transaction->gate.added,
	};
}

struct signing_job {
	struct dkim_signer *signer;
	bool done;
};

static void sign_job(void *arg)
{
	struct signing_job *job = arg;

	job->done = dkim_signer_sign(job->signer);
}

/* RSA ones (which come first) are computed on the pool, so that they hold
 * nobody else up, unless too many wait there; Ed25519 takes a handful of
 * microseconds. */
static bool make_signatures(struct transaction *transaction, struct deadline deadline)
{
	struct signing_job job = {.signer = transaction->signer};

	if (dkim_key_algorithm(transaction->signings[0].key) == DKIM_RSA_SHA256) {
		if (offload_short(sign_job, &job, deadline))
			return job.done || fail(FAILURE_RESOURCE, "cannot sign");
		if (failure_kind_last() != FAILURE_LIMIT)
			return false;
	}
	return dkim_signer_sign(transaction->signer);
}

/* Appends the signatures of the header HEAD. */
static bool sign(struct transaction *transaction, struct slice head,
	struct buffer *signatures, struct deadline deadline)
{
	struct dkim_message message = {.signings = transaction->signings,
		.signing_count = transaction->signing_count,
		.time_s = worker_wall_ms() / 1000};
	struct timing_step step = {.timing = TIMING_SIGN, .began_us = worker_now_us()};
	struct header header;
	bool done;

	if (!header_scan(&transaction->arena, head,
		    transaction->header.count + FIELDS_ADDED_MAX, 0, &header))
		return false;
	message.fields = header.fields;
	message.field_count = header.count;
	done = dkim_signer_prepare(transaction->signer, &message) &&
	       make_signatures(transaction, deadline) &&
	       dkim_signer_format(transaction->signer, signatures);
	step.ended_us = worker_now_us();
	timing_step(transaction->message->steps, &step);
	return done;
}

/* The pieces of the new header in one, behind FIRST, as the signer wants it. */
static struct slice joined(
	struct arena *arena, struct slice first, const struct fixup *fixup)
{
	size_t size = first.size + (size_t)fixup->size;
	char *text = arena_take(arena, size + 1), *at = text + first.size;

	if (first.size)
		memcpy(text, first.at, first.size);
	for (size_t i = 0; i < fixup->count; i++) {
		memcpy(at, fixup->pieces[i].at, fixup->pieces[i].size);
		at += fixup->pieces[i].size;
	}
	return slice_make(text, size);
}

/* Received, the repaired header, and the signatures above them all. */
bool transaction_set_head(struct smtp_session *session, struct deadline deadline)
{
	struct transaction *transaction = transaction_of(session);
	struct message *message = transaction->message;
	struct fixup_facts facts = received_facts(session);
	struct buffer signatures = {0};
	struct slice pieces[2];
	struct fixup fixup;
	bool done;

	/* What claims to be found out by us was not (RFC 8601 5). */
	authres_remove_ours(&transaction->header, slice_of(session->config->hostname));
	fixup_build(&transaction->arena, &transaction->header, &facts, &fixup);
	pieces[1] = joined(
		&transaction->arena, transaction_complaint_fields(session), &fixup);
	done = !transaction->signing_count ||
	       sign(transaction, pieces[1], &signatures, deadline);
	if (done) {
		pieces[0] = buffer_contents(&signatures);
		body_set_head(message->body, pieces, 2);
		message->envelope.header_size = pieces[0].size + pieces[1].size;
		message->envelope.size = body_size(message->body);
		message->envelope.header_eight_bit = !text_is_ascii(pieces[1]);
	}
	buffer_finish(&signatures);
	return done;
}
