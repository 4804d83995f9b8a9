/*
 * The end of something that came back to an address of ours: a late bounce, a
 * complaint, somebody who leaves a list. It goes to who reads such things
 * (feedback/returns.h, feedback/leaving_mail.h), and no further.
 */
#include "feedback/leaving_mail.h"
#include "feedback/returns.h"

#include "receive/arrival_parts.h"

#define TAKE_LIMIT_MS 20000

static struct slice findings(struct arrival *arrival)
{
	const struct judgement *found = &arrival->judgement;

	if (!found->spf)
		return SLICE_EMPTY;
	return arena_format(&arrival->arena, "spf=%s dkim=%s dmarc=%s arc=%s",
		found->spf, found->dkim, found->dmarc, found->arc);
}

static void answer(struct smtp_session *session, bool taken, struct reply *reply)
{
	const struct envelope *envelope = &arrival_of(session)->message->envelope;

	if (taken)
		*reply = (struct reply){.code = 250,
			.enhanced = {2, 0, 0},
			.text = arena_format(&session->command_arena, "Ok: taken as %s",
				envelope->id.text)};
	else
		*reply = REPLY(451, 4, 3, 0, "Cannot take this now, try again");
}

static struct deadline limit(struct deadline deadline)
{
	return deadline_earlier(deadline, deadline_after_ms(TAKE_LIMIT_MS));
}

void arrival_take_return(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct receiving *receiving = receiving_of(session)->receiving;
	const struct receiving_questions *questions = &receiving->options.questions;
	struct arrival *arrival = arrival_of(session);
	const struct envelope *envelope = &arrival->message->envelope;
	struct returns_arrival returned = {
		.token = arrival->kind == CHOICE_RETURN ? &arrival->token : NULL,
		.recipient = arrival->recipients.at[0].address,
		.id = message_id_slice(&envelope->id),
		.reverse_path = envelope->reverse_path,
		.client = envelope->client,
		.authentication = findings(arrival),
		.domain = arrival->judgement.domain,
		.message = buffer_contents(&arrival->report),
	};

	bool taken = questions->take_return &&
		     questions->take_return(
			     questions->context, &returned, limit(deadline));

	receiving->figures.returned += taken;
	answer(session, taken, reply);
}

void arrival_take_leaving(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	const struct receiving_questions *questions =
		&receiving_of(session)->receiving->options.questions;
	const struct arrival *arrival = arrival_of(session);
	const struct envelope *envelope = &arrival->message->envelope;
	struct leaving_mail mail = {
		.header = &arrival->header,
		.recipient = arrival->recipients.at[0].address,
		.id = message_id_slice(&envelope->id),
		.reverse_path = envelope->reverse_path,
		.client = envelope->client,
	};

	answer(session,
		questions->take_leaving && questions->take_leaving(questions->context,
						   &mail, limit(deadline)),
		reply);
}
