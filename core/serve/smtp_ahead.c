/*
 * Messages whose outcome is not known yet. A client that does not wait for the
 * reply to one may send the next (RFC 2920 3.1, RFC 3030 4.2); that is read
 * while the last is made safe.
 *
 * Replies leave in the order of the commands: what is said behind an outcome
 * that is still awaited is kept until then. While the session reads on, a fiber
 * of its own tells the outcomes; of a client that waits for each reply the
 * session tells them itself.
 */
#include "serve/smtp_dialogue.h"

#include <assert.h>

#include "metrics/timing.h"
#include "run/worker.h"

#define AHEAD_BYTES_MAX (1u << 20) /* of their content */
#define KEPT_MAX	16384

static void write_reply(struct smtp_dialogue *dialogue, const struct reply *reply)
{
	buffer_clear(&dialogue->reply);
	reply_append(&dialogue->reply, reply);
	stream_write(dialogue->session.stream, buffer_contents(&dialogue->reply));
}

void smtp_write(struct smtp_dialogue *dialogue, const struct reply *reply)
{
	struct smtp_ahead *ahead = &dialogue->ahead;
	size_t before = buffer_size(&ahead->kept);

	if (ahead->count == 0) {
		write_reply(dialogue, reply);
		if (transcript_wanted())
			smtp_transcript_reply(dialogue);
		return;
	}
	reply_append(&ahead->kept, reply);
	ahead->last->said_behind += buffer_size(&ahead->kept) - before;
	if (transcript_wanted())
		smtp_transcript_hold(dialogue, ahead->last,
			slice_from(buffer_contents(&ahead->kept), before));
}

static struct smtp_awaited *first(struct smtp_ahead *ahead)
{
	return &ahead->messages[ahead->at];
}

/* Tells the first outcome, and what was said behind it. */
static void tell_first(struct smtp_dialogue *dialogue, struct deadline deadline)
{
	struct smtp_session *session = &dialogue->session;
	struct smtp_ahead *ahead = &dialogue->ahead;
	struct smtp_awaited *message = first(ahead);
	struct reply reply = {0};

	/* Until it is known, it stands in the list, so that replies are kept. */
	session->policy->outcome(session, message->pending, &reply,
		deadline_earlier(deadline, message->until));
	write_reply(dialogue, &reply);
	timing_record(TIMING_ACCEPT, worker_now_us() - message->ended_us);
	stream_write(session->stream,
		slice_part(buffer_contents(&ahead->kept), 0, message->said_behind));
	buffer_consume(&ahead->kept, message->said_behind);
	if (transcript_wanted())
		smtp_transcript_outcome(dialogue, message);
	ahead->bytes -= message->bytes;
	ahead->at = (ahead->at + 1) % SMTP_AHEAD_MAX;
	ahead->count--;
	if (reply_is_positive(&reply)) {
		session->transactions++;
		dialogue->idle_commands = 0;
	} else {
		session->errors++;
	}
	condition_broadcast(&ahead->told);
}

static void tell(void *arg)
{
	struct smtp_dialogue *dialogue = arg;
	struct smtp_session *session = &dialogue->session;
	struct smtp_ahead *ahead = &dialogue->ahead;

	while (ahead->count) {
		tell_first(dialogue, deadline_none());
		if (!ahead->count || !session->policy->is_known(first(ahead)->pending))
			stream_flush(session->stream, smtp_command_deadline(dialogue));
	}
	ahead->telling = false;
	condition_broadcast(&ahead->told);
}

/* Whether a fiber tells the outcomes. */
static bool is_told(struct smtp_dialogue *dialogue)
{
	struct smtp_ahead *ahead = &dialogue->ahead;

	if (!ahead->telling)
		ahead->telling = scope_spawn(
			&ahead->tellers, "outcomes", tell, dialogue);
	return ahead->telling;
}

void smtp_ahead_await(
	struct smtp_dialogue *dialogue, size_t most, struct deadline deadline)
{
	struct smtp_ahead *ahead = &dialogue->ahead;

	while (ahead->count > most) {
		if (!ahead->telling)
			tell_first(dialogue, deadline);
		else if (!condition_wait(&ahead->told, deadline))
			return;
	}
}

static size_t how_many(const struct smtp_ahead *ahead)
{
	if (!ahead->goes || ahead->bytes > AHEAD_BYTES_MAX ||
		buffer_size(&ahead->kept) > KEPT_MAX)
		return 0;
	return SMTP_AHEAD_MAX - 1;
}

void smtp_ahead_add(struct smtp_dialogue *dialogue, struct smtp_pending *pending,
	struct deadline deadline)
{
	struct smtp_ahead *ahead = &dialogue->ahead;
	struct smtp_awaited *message =
		&ahead->messages[(ahead->at + ahead->count) % SMTP_AHEAD_MAX];

	assert(ahead->count < SMTP_AHEAD_MAX);
	*message = (struct smtp_awaited){.ended_us = dialogue->content_ended_us,
		.pending = pending,
		.bytes = dialogue->content_bytes,
		.told = dialogue->told.behind,
		.until = deadline};
	ahead->bytes += message->bytes;
	ahead->last = message;
	ahead->count++;
	ahead->goes = ahead->goes || stream_has_input(dialogue->session.stream);
	if (how_many(ahead) && is_told(dialogue))
		smtp_ahead_await(dialogue, how_many(ahead), deadline_none());
	else
		smtp_ahead_await(dialogue, 0, deadline_none());
}

void smtp_ahead_begin(struct smtp_dialogue *dialogue)
{
	condition_init(&dialogue->ahead.told);
	scope_init(&dialogue->ahead.tellers);
}

void smtp_ahead_end(struct smtp_dialogue *dialogue)
{
	struct smtp_ahead *ahead = &dialogue->ahead;

	/* When this fiber may not wait any more, nor does the other one. */
	smtp_ahead_await(dialogue, 0, deadline_none());
	scope_finish(&ahead->tellers,
		fiber_is_cancelled() ? deadline_after_ms(0) : deadline_none());
	smtp_ahead_await(dialogue, 0, deadline_none());
	buffer_finish(&ahead->kept);
}
