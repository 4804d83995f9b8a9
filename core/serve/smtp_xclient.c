/*
 * XCLIENT: a proxy that is listed says whose session it passes on. From then on
 * the session is the client's: limits, trust, Received and events go by its
 * address, and everything begins anew with the greeting.
 */

#include "mail/xclient.h"
#include "serve/smtp_dialogue.h"

bool smtp_xclient_is_offered(const struct smtp_dialogue *dialogue)
{
	const struct smtp_session *session = &dialogue->session;
	const struct stream_facts *facts = stream_facts(session->stream);

	return session->listener->xclient.count &&
	       config_networks_contain(&session->listener->xclient, facts->peer_bytes);
}

static bool may_say(struct smtp_dialogue *dialogue, struct reply *refusal_r)
{
	if (!smtp_xclient_is_offered(dialogue))
		*refusal_r = REPLY(550, 5, 7, 0, "XCLIENT is not yours to use");
	else if (!dialogue->session.extended)
		*refusal_r = REPLY(503, 5, 5, 1, "Say EHLO first");
	else if (dialogue->in_transaction)
		*refusal_r = REPLY(503, 5, 5, 1, "Not within a message");
	else
		return true;
	return false;
}

/* The peer as the proxy says it; false: the address may not connect. */
static bool move(struct smtp_dialogue *dialogue, const struct xclient *xclient)
{
	const struct smtp_server_options *options = dialogue->options;
	struct stream *stream = dialogue->session.stream;

	if (xclient->given & XCLIENT_ADDR)
		stream_set_peer(stream, xclient->address, xclient->port);
	if (xclient->given & XCLIENT_DESTADDR)
		stream_set_local(stream, xclient->local_address, xclient->local_port);
	if (transcript_wanted())
		smtp_transcript_moved(dialogue);
	return !(xclient->given & XCLIENT_ADDR) || !options->moved ||
	       options->moved(options->moved_context, stream_facts(stream));
}

/* Nothing that was said before counts any more. */
static void forget(struct smtp_dialogue *dialogue, const struct xclient *xclient)
{
	struct smtp_session *session = &dialogue->session;
	struct arena *arena = &session->session_arena;

	session->helo = session->account = SLICE_EMPTY;
	session->extended = false;
	dialogue->offered = (struct capabilities){0};
	smtp_transaction_reset(dialogue);
	if (xclient->given & XCLIENT_NAME)
		session->client_name = arena_copy(arena, xclient->name);
	if (xclient->given & XCLIENT_HELO)
		session->client_helo = arena_copy(arena, xclient->helo);
}

void smtp_xclient(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = {.code = 220, .enhanced = {0}};
	struct xclient xclient;

	if (!may_say(dialogue, &reply) ||
		!xclient_parse(
			command->argument, &session->command_arena, &xclient, &reply)) {
		smtp_say(dialogue, &reply);
		return;
	}
	smtp_ahead_await(dialogue, 0, deadline_none());
	forget(dialogue, &xclient);
	if (!move(dialogue, &xclient)) {
		reply = REPLY(421, 4, 3, 2, "This client may not connect now");
		smtp_say(dialogue, &reply);
		return;
	}
	reply = (struct reply){.code = 220,
		.text = arena_format(&session->command_arena, "%s ESMTP Ringpost",
			session->config->hostname)};
	if (session->policy->client)
		session->policy->client(session, xclient.login, &reply,
			smtp_command_deadline(dialogue));
	smtp_say(dialogue, &reply);
	dialogue->ended |= reply.code == 554;
}
