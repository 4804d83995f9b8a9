/*
 * Jobs: what one peer is told about an entry, and what its answers come to.
 */
#include "relay/job.h"

#include <assert.h>
#include <string.h>

#include "mail/address.h"
#include "mail/domain.h"
#include "mail/text.h"
#include "queue/traced.h"
#include "run/worker.h"

#include "relay/convert.h"
#include "relay/deliver_by.h"
#include "relay/site.h"

static size_t batch_max(const struct sender *sender, const struct capabilities *peer)
{
	if (!sender_is_shared(sender))
		return 1;
	if (peer->rcpt_max == 0 || peer->rcpt_max > JOB_RECIPIENTS_MAX)
		return JOB_RECIPIENTS_MAX;
	return (size_t)peer->rcpt_max;
}

static bool is_simple(const struct entry *entry, const struct sender *sender,
	const struct capabilities *peer)
{
	const struct envelope *envelope = &entry->message->envelope;

	return entry->recipient_count <= batch_max(sender, peer) &&
	       (sender->verp == CONFIG_VERP_NONE || sender->secret) &&
	       (!envelope->eight_bit || peer->eight_bit) &&
	       (!envelope->smtputf8 || peer->smtputf8) &&
	       (!envelope->binary || peer->binarymime) &&
	       (envelope->deliver_by != DELIVER_BY_RETURN ||
		       deliver_by_admits(envelope, peer, worker_wall_ms())) &&
	       (!peer->size_max || body_size(entry->message->body) <= peer->size_max);
}

bool job_is_simple(const struct site *site, const struct entry *entry,
	const struct capabilities *peer)
{
	struct sender sender = sender_of(site, entry);

	return is_simple(entry, &sender, peer);
}

static void set_batch(struct job *job, const struct recipient *recipients, size_t count)
{
	job->delivery.recipients = recipients;
	job->delivery.recipient_count = count;
	job->delivery.answers = arena_take_array(
		&job->arena, count, sizeof(*job->delivery.answers));
	if (job->sender.verp != CONFIG_VERP_NONE)
		job->delivery.sender = sender_write(&job->sender,
			&job->entry->message->envelope, recipients, count, &job->arena);
}

void job_begin(struct job *job, const struct site *site, struct entry *entry)
{
	struct message *message = entry->message;

	assert(!job->entry);
	job->entry = entry;
	job->sender = sender_of(site, entry);
	job->recipients = entry->recipients;
	job->places = NULL;
	job->transactions = 1;
	job->taken_us = worker_now_us();
	job->verdicts = arena_take_array(
		&job->arena, entry->recipient_count, sizeof(*job->verdicts));
	job->delivery = (struct smtp_delivery){
		.envelope = &message->envelope,
		.body = message->body,
		.size = body_size(message->body),
		.eight_bit = message->envelope.eight_bit,
		.binary = message->envelope.binary,
		.arena = &job->arena,
	};
	if (message_is_traced(message))
		job->delivery.steps = ARENA_NEW(&job->arena, struct timing_steps);
	set_batch(job, entry->recipients, entry->recipient_count);
}

static void decide(struct job *job, size_t i, enum verdict_kind kind,
	const char *status, struct slice reason)
{
	job->verdicts[i] = verdict_of_ours(kind, status, reason);
	job->verdicts[i].stage = STAGE_MAIL;
}

static void decide_all(struct job *job, enum verdict_kind kind, const char *status,
	struct slice reason)
{
	for (size_t i = 0; i < job->entry->recipient_count; i++)
		decide(job, i, kind, status, reason);
}

/* "local@domain" with the domain as A-labels; false: its local part is not
 * ASCII, or the domain has no such form. */
static bool to_ascii(struct slice address, struct arena *arena, struct slice *ascii_r)
{
	size_t at = slice_index_last(address, '@');
	struct slice local = slice_part(address, 0, at);
	struct slice domain = slice_from(address, at + 1), ascii;
	char text[DOMAIN_MAX + 1];

	*ascii_r = address;
	if (text_is_ascii(address))
		return true;
	if (!text_is_ascii(local) || !domain_to_ascii(domain, text, &ascii))
		return false;
	*ascii_r = arena_format(
		arena, "%.*s@%.*s", SLICE_PRINT(local), SLICE_PRINT(ascii));
	return true;
}

/* For a peer without SMTPUTF8 (RFC 6531 3.1, 3.2): what can be said in ASCII. */
static bool without_utf8(struct job *job)
{
	const struct envelope *envelope = &job->entry->message->envelope;
	size_t count = job->entry->recipient_count, left = 0;
	struct recipient *recipients = arena_take_array(
		&job->arena, count, sizeof(*recipients));

	job->envelope = *envelope;
	job->envelope.smtputf8 = false;
	job->delivery.envelope = &job->envelope;
	if (envelope->header_eight_bit ||
		(!job->delivery.sender.at &&
			!to_ascii(envelope->reverse_path, &job->arena,
				&job->envelope.reverse_path))) {
		decide_all(job, VERDICT_NEVER, "5.6.7",
			SLICE("the receiving server does not offer SMTPUTF8, which "
			      "this message needs"));
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		recipients[i] = job->entry->recipients[i];
		if (to_ascii(
			    recipients[i].address, &job->arena, &recipients[i].address))
			left++;
		else
			decide(job, i, VERDICT_NEVER, "5.6.7",
				SLICE("the receiving server does not offer SMTPUTF8, "
				      "which this address needs"));
	}
	job->recipients = recipients;
	return left > 0;
}

/* Everything in 7 bits and in lines, for a peer that takes no more. */
static bool convert(struct job *job, struct relay *relay, struct deadline deadline)
{
	const char *reason = NULL;
	bool binary = job->delivery.binary;
	enum conversion conversion = convert_to_seven_bit(
		relay, job->entry->message, &job->converted, &reason, deadline);

	if (conversion == CONVERSION_FAILED) {
		decide_all(job, VERDICT_LATER, "4.3.0",
			arena_copy(&job->arena, slice_of(failure_last()->text)));
		return false;
	}
	if (conversion == CONVERSION_REFUSED) {
		decide_all(job, VERDICT_NEVER, binary ? "5.6.1" : "5.6.3",
			arena_format(&job->arena,
				"the receiving server takes no %s messages, and this "
				"one cannot be converted: %s",
				binary ? "binary" : "8-bit", reason));
		return false;
	}
	job->delivery.eight_bit = job->delivery.binary = false;
	if (conversion == CONVERSION_DONE) {
		job->delivery.content = buffer_contents(&job->converted);
		job->delivery.size = job->delivery.content.size;
	}
	return true;
}

/* What this peer cannot take at all. */
static bool is_refused(struct job *job, const struct capabilities *peer)
{
	const struct envelope *envelope = &job->entry->message->envelope;

	if (!deliver_by_admits(envelope, peer, worker_wall_ms()))
		decide_all(job, VERDICT_NEVER, "5.4.7",
			SLICE("the receiving server does not promise to deliver by the "
			      "time the sender gave (DELIVERBY)"));
	else if (peer->size_max && job->delivery.size > peer->size_max)
		decide_all(job, VERDICT_NEVER, "5.3.4",
			arena_format(&job->arena,
				"the message has %llu bytes, the receiving server "
				"takes at most %llu",
				(unsigned long long)job->delivery.size,
				(unsigned long long)peer->size_max));
	else
		return false;
	return true;
}

bool job_prepare(struct job *job, const struct site *site, struct entry *entry,
	const struct capabilities *peer, struct deadline deadline)
{
	const struct envelope *envelope = &entry->message->envelope;

	job_begin(job, site, entry);
	if (is_simple(entry, &job->sender, peer))
		return true;
	if (job->sender.verp != CONFIG_VERP_NONE && !job->sender.secret) {
		decide_all(job, VERDICT_LATER, "4.3.0",
			SLICE("the secret of its envelope sender is not known yet: "
			      "Redis has not told it"));
		return false;
	}
	if (envelope->smtputf8 && !peer->smtputf8 && !without_utf8(job))
		return false;
	if ((envelope->binary ? !peer->binarymime
			      : envelope->eight_bit && !peer->eight_bit) &&
		!convert(job, site->relay, deadline))
		return false;
	if (is_refused(job, peer))
		return false;
	job->batch = arena_take_array(
		&job->arena, entry->recipient_count, sizeof(*job->batch));
	job->places = arena_take_array(
		&job->arena, entry->recipient_count, sizeof(*job->places));
	job->transactions = 0;
	return job_continue(job, peer);
}

static struct verdict judge(
	struct job *job, const struct smtp_answer *answer, bool some_accepted)
{
	struct smtp_delivery *delivery = &job->delivery;

	if (answer->reply.code)
		return verdict_of_reply(answer->stage, &answer->reply, some_accepted);
	return verdict_of_failure(delivery->stage, &delivery->failure, &job->arena);
}

void job_judge(struct job *job)
{
	const struct smtp_delivery *delivery = &job->delivery;
	bool accepted = false;

	for (size_t i = 0; i < delivery->recipient_count; i++)
		accepted |= delivery->answers[i].stage == STAGE_CONTENT;
	for (size_t i = 0; i < delivery->recipient_count; i++)
		job->verdicts[job->places ? job->places[i] : i] = judge(
			job, &delivery->answers[i], accepted);
}

static bool is_to_be_tried(const struct verdict *verdict)
{
	return verdict->kind == VERDICT_NONE || verdict->kind == VERDICT_AGAIN;
}

bool job_has_more(const struct job *job)
{
	size_t count = job->entry->recipient_count, left = 0;

	if (count == job->delivery.recipient_count)
		return false;
	for (size_t i = 0; i < count; i++)
		left += is_to_be_tried(&job->verdicts[i]);
	return left > job->delivery.recipient_count;
}

bool job_continue(struct job *job, const struct capabilities *peer)
{
	size_t count = job->entry->recipient_count, used = 0;
	size_t most = batch_max(&job->sender, peer);
	bool any = false;

	for (size_t i = 0; i < count && !any; i++)
		any = is_to_be_tried(&job->verdicts[i]);
	if (!any)
		return false;
	if (!job->places) {
		job->batch = arena_take_array(&job->arena, count, sizeof(*job->batch));
		job->places = arena_take_array(
			&job->arena, count, sizeof(*job->places));
	}
	for (size_t i = 0; i < count && used < most; i++) {
		if (!is_to_be_tried(&job->verdicts[i]))
			continue;
		job->batch[used] = job->recipients[i];
		job->places[used++] = i;
	}
	set_batch(job, job->batch, used);
	job->transactions++;
	return true;
}

void job_clear(struct job *job)
{
	job->entry = NULL;
	buffer_finish(&job->converted);
	arena_reset(&job->arena);
}

void job_finish(struct job *job)
{
	assert(!job->entry);
	buffer_finish(&job->converted);
	arena_finish(&job->arena);
}
