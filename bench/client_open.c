/* A session of the client from connect to ready, and its end. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/client_core.h"
#include "bench/dial.h"

#define CLOSE_MS 1000

static bool handshake(struct client_session *session, const struct dial *dial);
static bool secure(struct client_session *session, const struct dial *dial);
static bool log_in(struct client_session *session);
static bool enter(struct client_session *session);
static bool say(
	struct client_session *session, const char *stage, struct slice command);
static bool counts(const struct client *client);
static void failed(struct client_session *session);

struct deadline client_deadline(const struct client_session *session)
{
	return deadline_after_ms(
		session->worker->client->options.timeout_us / 1000 + 1);
}

bool client_open(struct client_session *session)
{
	const struct client *client = session->worker->client;
	const struct client_options *options = &client->options;
	struct tally *tally = session->worker->tally;
	int64_t began_us = worker_now_us();
	struct dial dial = {.target = session->target,
		.tally = tally,
		.tls = client->tls,
		.tls_name = options->tls_name,
		.verify = options->verify,
		.resume = !options->no_resume,
		.number = session->number};

	session->exists = 0;
	session->said[0] = '\0';
	session->stage = "connect";
	session->stream = dial_connect(&dial, client_deadline(session));
	if (!session->stream || !secure(session, &dial) || !log_in(session) ||
		!enter(session)) {
		failed(session);
		return false;
	}
	tally_time(tally, TALLY_OPENING, worker_now_us() - began_us);
	tally_count(tally, TALLY_CONNECTIONS, 1);
	tally_count(tally, TALLY_OPEN, 1);
	return true;
}

void client_close(struct client_session *session)
{
	bool pop3 = session->worker->client->options.pop3;

	if (!session->stream)
		return;
	if (stream_is_whole(session->stream))
		say(session, "end", pop3 ? SLICE("QUIT") : SLICE("LOGOUT"));
	stream_close(&session->stream);
	tally_count(session->worker->tally, TALLY_OPEN, -1);
}

static bool handshake(struct client_session *session, const struct dial *dial)
{
	session->stage = "TLS";
	return dial_tls(dial, &session->stream, client_deadline(session));
}

/* The greeting, with TLS ahead of it or behind. */
static bool secure(struct client_session *session, const struct dial *dial)
{
	const struct client_options *options = &session->worker->client->options;

	if (options->tls && !handshake(session, dial))
		return false;
	session->stage = "greeting";
	if (!(options->pop3 ? pop3_greet(session) : imap_greet(session)))
		return false;
	return !options->starttls ||
	       (say(session, "starttls",
			options->pop3 ? SLICE("STLS") : SLICE("STARTTLS")) &&
		       handshake(session, dial));
}

static bool log_in(struct client_session *session)
{
	const struct client *client = session->worker->client;
	const struct client_options *options = &client->options;
	int64_t began_us = worker_now_us();
	struct buffer *command = &session->command;
	struct slice rest = slice_of(options->user), name;
	char user[CLIENT_TEXT_MAX] = "", number[16];
	size_t mark = slice_index(rest, '%');
	bool good;

	name = slice_part(rest, 0, mark);
	rest = slice_from(rest, mark < rest.size ? mark + 2 : rest.size);
	snprintf(number, sizeof(number), "%u", session->user);
	snprintf(user, sizeof(user), "%.*s%s%.*s", SLICE_PRINT(name),
		mark < strlen(options->user) ? number : "", SLICE_PRINT(rest));
	buffer_clear(command);
	if (options->pop3) {
		buffer_append_format(command, "USER %s", user);
		if (!say(session, "user", buffer_contents(command)))
			return false;
		buffer_clear(command);
		buffer_append_format(command, "PASS %s", client->password);
	} else {
		buffer_append_format(
			command, "LOGIN \"%s\" \"%s\"", user, client->password);
	}
	good = say(session, "login", buffer_contents(command));
	if (good)
		tally_time(
			session->worker->tally, TALLY_AUTH, worker_now_us() - began_us);
	return good;
}

/* The mailbox, where there is one to be chosen. */
static bool enter(struct client_session *session)
{
	const struct client *client = session->worker->client;
	const struct client_options *options = &client->options;

	session->stage = "mailbox";
	if (options->pop3)
		return !counts(client) || pop3_count(session);
	if (*options->mailbox) {
		buffer_clear(&session->command);
		buffer_append_format(&session->command, "%s \"%s\"",
			options->examine ? "EXAMINE" : "SELECT", options->mailbox);
		if (!imap_ask(session, buffer_contents(&session->command)))
			return false;
	}
	session->stage = "idle";
	return !options->hold || imap_idle(session);
}

/* Whether a step of POP3 has to know how many messages there are. */
static bool counts(const struct client *client)
{
	for (size_t i = 0; i < client->options.steps.count; i++) {
		struct slice text = client->steps[i].text;

		if (slice_index(text, '%') < text.size || slice_ends(text, SLICE("*")))
			return true;
	}
	return false;
}

static bool say(struct client_session *session, const char *stage, struct slice command)
{
	session->stage = stage;
	return session->worker->client->options.pop3 ? pop3_ask(session, command)
						     : imap_ask(session, command);
}

static void failed(struct client_session *session)
{
	struct tally *tally = session->worker->tally;

	if (session->said[0])
		tally_text(tally, session->stage, session->said);
	else if (!session->worker->stopping)
		tally_text(tally, session->stage, failure_last()->text);
	tally_count(tally, TALLY_BROKEN, 1);
	stream_close(&session->stream);
}
