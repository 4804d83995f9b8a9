/*
 * Receiving as the SMTP dialogue asks for it: each question answered in one short
 * function; who is ours is choice.c's, the message in hand arrival.c's.
 */
#include "receive/receiving.h"

#include "base/event.h"
#include "base/memory.h"
#include "run/worker.h"

#include "receive/arrival.h"
#include "receive/blocklists.h"
#include "receive/caller.h"
#include "receive/choice.h"
#include "receive/session.h"

#define COMPLAINTS_APART_US 1000000
#define BLOCKLISTS_MS	    10000

static const uint8_t *address_of(struct smtp_session *session)
{
	return stream_facts(session->stream)->peer_bytes;
}

void receiving_note_refusal(struct smtp_session *session, struct slice from,
	struct slice rcpt, const struct reply *reply)
{
	struct receiving *receiving = receiving_of(session)->receiving;
	struct event event;
	char text[300];

	receiving->figures.refused++;
	if (reply_is_permanent(reply) && !receiving_of(session)->exempt)
		peer_did(receiving->options.node, address_of(session), PEER_ERROR,
			worker_now_us());
	event_begin(&event, EVENT_INFO, "refused");
	event_text(&event, "client",
		slice_of(stream_facts(session->stream)->peer_address));
	event_text(&event, "helo", session->helo);
	event_text(&event, "from", from);
	if (rcpt.size)
		event_text(&event, "rcpt", rcpt);
	event_text(&event, "reply", reply_print(reply, text, sizeof(text)));
	event_end(&event);
}

/* Who made too many errors of late is not listened to. */
static bool is_welcome(struct smtp_session *session, struct reply *reply)
{
	struct receiving_session *self = receiving_of(session);
	uint64_t most = session->config->receive.errors_per_address;

	if (self->exempt || !most ||
		peer_deeds(self->receiving->options.node, address_of(session),
			PEER_ERROR, worker_now_us()) < most)
		return true;
	*reply = REPLY(
		421, 4, 7, 0, "Too many errors from your address, come back later");
	return false;
}

/* Whose session it is; begins with what is known of an address alone. */
static void meet(struct smtp_session *session, struct reply *reply)
{
	struct receiving_session *self = receiving_of(session);

	self->exempt = config_networks_contain(
		&session->config->receive.exempt, address_of(session));
	caller_forget(session);
	self->looked_up = false;
	self->blocklist = SLICE_EMPTY;
	is_welcome(session, reply);
}

/* Programs that only send spam do not wait for the greeting: whatever they have
 * said by then is noticed by the dialogue. */
static void meet_and_wait(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct receiving_session *self = NEW(struct receiving_session);
	struct deadline pause = deadline_after_ms(
		session->config->receive.greeting_pause_ms);

	self->receiving = session->context;
	self->locals = locals_hold(self->receiving->locals);
	session->context = self;
	meet(session, reply);
	if (reply_is_positive(reply) && !self->exempt &&
		session->config->receive.greeting_pause_ms &&
		!stream_has_input(session->stream))
		stream_wait(session->stream, deadline_earlier(pause, deadline));
}

/* Somebody else, through a proxy that may say so; nobody logs in. */
static void client(struct smtp_session *session, struct slice login,
	struct reply *reply, struct deadline deadline)
{
	meet(session, reply);
}

static void capabilities(struct smtp_session *session, struct capabilities *offered_r)
{
	*offered_r = (struct capabilities){
		.pipelining = true,
		.size = true,
		.size_max = session->limits.message_size,
		.eight_bit = true,
		.smtputf8 = true,
		.chunking = true,
		.dsn = true,
		.requiretls = stream_facts(session->stream)->encrypted,
		.enhanced_codes = true,
		.mail_max = session->limits.messages_per_session,
		.rcpt_max = session->limits.recipients,
	};
}

/* Is there room, and does the store answer? */
static bool has_room(struct receiving *receiving, struct reply *reply)
{
	int64_t now_us = worker_now_us();

	if (queue_accepts(receiving->options.queue))
		return true;
	*reply = REPLY(452, 4, 3, 1, "Cannot take mail just now, try again soon");
	if (now_us - receiving->complained_us > COMPLAINTS_APART_US) {
		event_note(
			EVENT_WARNING, "receiving_refused", "%s", failure_last()->text);
		receiving->complained_us = now_us;
	}
	return false;
}

static bool is_within(struct smtp_session *session, enum peer_deed deed, uint64_t most,
	const char *what, struct reply *reply)
{
	struct receiving_session *self = receiving_of(session);
	unsigned wait_s;

	if (self->exempt || peer_may(self->receiving->options.node, address_of(session),
				    deed, most, worker_now_us(), &wait_s))
		return true;
	*reply = (struct reply){.code = 450,
		.enhanced = {4, 7, 1},
		.text = arena_format(&session->command_arena,
			"An address may send %llu %s an hour; try again in %u seconds",
			(unsigned long long)most, what, wait_s)};
	return false;
}

static void mail(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	const struct config_receive *config = &session->config->receive;
	uint64_t most = session->limits.message_size;

	if (is_welcome(session, reply) &&
		has_room(receiving_of(session)->receiving, reply) &&
		is_within(session, PEER_MESSAGE, config->messages_per_hour, "messages",
			reply)) {
		if (command->has_size && most && command->size > most)
			*reply = REPLY(552, 5, 3, 4, "Message too big");
		else
			arrival_begin(session, command);
	}
	if (!reply_is_positive(reply))
		receiving_note_refusal(session,
			address_print_in(&session->command_arena, &command->path),
			SLICE_EMPTY, reply);
}

/* The postmaster can be told that it is a mistake. */
static bool is_blocked(struct smtp_session *session, const struct address *path,
	struct reply *reply, struct deadline deadline)
{
	struct receiving_session *self = receiving_of(session);
	char local[ADDRESS_LOCAL_MAX + 1];

	if (!self->looked_up && !self->exempt) {
		self->looked_up = blocklists_find(&self->receiving->options.resolver,
			&session->config->receive.blocklists, address_of(session),
			&self->blocklist,
			deadline_earlier(deadline, deadline_after_ms(BLOCKLISTS_MS)));
	}
	if (!self->blocklist.size || choice_is_office(address_print_local(path, local)))
		return false;
	*reply = (struct reply){.code = 550,
		.enhanced = {5, 7, 1},
		.text = arena_format(&session->command_arena,
			"%s is on the blocklist %.*s",
			stream_facts(session->stream)->peer_address,
			SLICE_PRINT(self->blocklist))};
	return true;
}

/* A notification has one recipient: the sender of what it is about. */
static bool is_one_too_many(struct smtp_session *session, struct reply *reply)
{
	const struct arrival *arrival = arrival_of(session);

	if (arrival->message->envelope.reverse_path.size ||
		arrival->recipients.count == 0)
		return false;
	*reply = REPLY(550, 5, 5, 3, "Mail from <> is for one recipient");
	return true;
}

static void rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	const struct config_receive *config = &session->config->receive;
	struct choice choice;

	if (!is_one_too_many(session, reply) &&
		is_within(session, PEER_RECIPIENT, config->recipients_per_hour,
			"recipients", reply) &&
		(choice_is_for_returns(session, &command->path) ||
			(!is_blocked(session, &command->path, reply, deadline) &&
				!caller_is_refused(
					session, &command->path, reply, deadline))) &&
		choice_make(session, &command->path, &choice, reply, deadline) &&
		(choice.kind != CHOICE_MAIL ||
			!arrival_refuses_sender(session, reply, deadline)))
		arrival_add(session, command, &choice, reply);
	if (!reply_is_positive(reply))
		receiving_note_refusal(session,
			arrival_of(session)->message->envelope.reverse_path,
			address_print_in(&session->command_arena, &command->path),
			reply);
}

static void note_end(struct smtp_session *session, const struct reply *reply)
{
	if (reply_is_transient(reply) || reply_is_permanent(reply))
		receiving_note_refusal(session,
			arrival_of(session)->message->envelope.reverse_path,
			SLICE_EMPTY, reply);
}

static void begin(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	if (has_room(receiving_of(session)->receiving, reply))
		arrival_content_begin(session);
	note_end(session, reply);
}

static struct smtp_pending *end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline)
{
	struct smtp_pending *pending = arrival_end(session, facts, reply, deadline);

	if (!pending)
		note_end(session, reply);
	return pending;
}

static void reset(struct smtp_session *session)
{
	arrival_destroy(receiving_of(session));
}

static void disconnect(struct smtp_session *session)
{
	struct receiving_session *self = receiving_of(session);

	locals_release(&self->locals);
	memory_free(self);
	session->context = NULL;
}

const struct smtp_policy receiving_policy = {
	.connect = meet_and_wait,
	.capabilities = capabilities,
	.client = client,
	.mail = mail,
	.rcpt = rcpt,
	.begin = begin,
	.content = arrival_content,
	.end = end,
	.outcome = arrival_outcome,
	.is_known = arrival_is_known,
	.reset = reset,
	.disconnect = disconnect,
};

struct receiving *receiving_open(const struct receiving_options *options)
{
	struct receiving *receiving = NEW(struct receiving);

	receiving->options = *options;
	receiving->config = config_hold(options->config);
	if (options->keyring)
		dkim_keyring_hold(options->keyring);
	receiving->locals = locals_create(options->config);
	return receiving;
}

void receiving_reload(struct receiving *receiving, struct config *config,
	struct dkim_keyring *keyring)
{
	config_hold(config);
	config_release(&receiving->config);
	dkim_keyring_hold(keyring);
	dkim_keyring_release(&receiving->options.keyring);
	receiving->options.keyring = keyring;
	locals_release(&receiving->locals);
	receiving->config = config;
	receiving->locals = locals_create(config);
}

void receiving_close(struct receiving **receiving)
{
	struct receiving *old = *receiving;

	*receiving = NULL;
	if (!old)
		return;
	locals_release(&old->locals);
	dkim_keyring_release(&old->options.keyring);
	config_release(&old->config);
	memory_free(old);
}

struct receiving_figures receiving_figures(const struct receiving *receiving)
{
	return receiving->figures;
}
