/*
 * Links of ours to leave a list (RFC 8058): which messages get one, and what it is.
 *
 * A message asks for it or wants none by a field of its own, that goes no further;
 * else its stream or tenant does, unless it brings a way of its own. A link is for
 * one recipient: nobody may take others off a list.
 */
#include "feedback/leaving_address.h"
#include "feedback/verp_keeper.h"
#include "gate/unsubscribe.h"
#include "submit/transaction.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

static bool is_listed(const struct config_texts *names, struct slice name)
{
	for (size_t i = 0; name.size && i < names->count; i++)
		if (slice_equal_nocase(name, slice_of(names->at[i])))
			return true;
	return false;
}

static struct leaving leaving_of(struct smtp_session *session)
{
	const struct transaction *transaction = transaction_of(session);
	const struct envelope *envelope = &transaction->message->envelope;

	return (struct leaving){.id = envelope->id,
		.tenant = envelope->tenant,
		.stream = envelope->stream,
		.recipient = transaction->recipients.at[0].address,
		.days = (unsigned)((session->config->unsubscribe.valid_ms + DAY_MS -
					   1) /
				   DAY_MS)};
}

/* False: there is no room for one. */
static bool make_links(struct smtp_session *session, const struct verp_secret *secret,
	struct gate_question *question)
{
	const struct config_unsubscribe *config = &session->config->unsubscribe;
	struct arena *arena = &transaction_of(session)->arena;
	struct leaving leaving = leaving_of(session);
	struct slice url = slice_of(config->url), mailto = slice_of(config->mailto);
	struct slice token = leaving_write(
		secret, &leaving, arena_take(arena, LEAVING_TOKEN_MAX));
	char text[ADDRESS_MAX + 1];

	if (!token.size)
		return false;
	while (slice_ends(url, SLICE("/")))
		url.size--;
	question->link = arena_format(
		arena, "%.*s/u/%.*s", SLICE_PRINT(url), SLICE_PRINT(token));
	if (!mailto.size)
		return true;
	/* Twice: not all programs take the subject over. Where it is for somebody
	 * else, he has no other address. */
	if (config_has_role(session->config, CONFIG_ROLE_RECEIVE))
		mailto = leaving_address_write(secret, &leaving, mailto, text);
	question->link_mailto = arena_format(arena, "mailto:%.*s?subject=%.*s",
		SLICE_PRINT(mailto), SLICE_PRINT(token));
	return true;
}

static bool refuse(struct smtp_session *session, struct reply *refusal, const char *why)
{
	*refusal = (struct reply){.code = 550,
		.enhanced = {5, 6, 0},
		.text = arena_format(&session->command_arena, "%s: %s",
			session->config->unsubscribe.header, why)};
	return false;
}

bool transaction_make_link(struct smtp_session *session, struct gate_question *question,
	struct reply *refusal)
{
	struct transaction *transaction = transaction_of(session);
	const struct config *config = session->config;
	const struct config_unsubscribe *own = &config->unsubscribe;
	bool asked = transaction->wish == LEAVING_WANTED, due = asked;
	const struct verp_secret *secret;

	if (!own->url)
		return !asked || refuse(session, refusal,
					 "there are no links here: unsubscribe.url is "
					 "not set");
	if (transaction->wish == LEAVING_UNWANTED)
		return true;
	if (!due && (is_listed(&own->streams, question->stream) ||
			    is_listed(&own->tenants, question->tenant)))
		due = !unsubscribe_is_offered(question->header, &transaction->arena);
	/* … or the gate has to put one in. */
	if (!due && (config->gate.unsubscribe != CONFIG_GATE_FIX ||
			    config->gate.unsubscribe_url || !question->stream.size))
		return true;
	if (transaction->recipients.count != 1)
		return !asked ||
		       refuse(session, refusal,
			       "a link is for one recipient; send each a message");
	secret = verp_keeper_secret(submission_of(session)->submission->verp);
	if (!secret || !make_links(session, secret, question)) {
		*refusal = REPLY(451, 4, 3, 0,
			"Cannot make a link to leave the list now, try again soon");
		return !asked;
	}
	question->link_due = due;
	return true;
}
