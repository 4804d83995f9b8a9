/*
 * The commands of SMTP, each with its preconditions in one place and its reply
 * (RFC 5321 4.1 and 4.3, RFC 2920, 3207, 4954).
 */
#include "serve/smtp_dialogue.h"

/* Recipients beyond the most that are refused patiently: a client that sends
 * them all at once tries the rest again later (RFC 5321 4.5.3.1.10). */
#define RECIPIENTS_PATIENCE 10

typedef void command_function(
	struct smtp_dialogue *dialogue, const struct smtp_command *command);

static void say(struct smtp_dialogue *dialogue, struct reply reply)
{
	smtp_say(dialogue, &reply);
}

/*
 * Who speaks before its turn either cannot speak SMTP or wants a reader to
 * take content for commands (RFC 2920 3.1): there is no way on from there.
 */
static bool refuse_early(struct smtp_dialogue *dialogue, enum smtp_verb verb)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = {.code = 503, .enhanced = {5, 5, 1}};

	if (!stream_has_input(session->stream))
		return false;
	if (verb == SMTP_EHLO || verb == SMTP_HELO)
		reply.enhanced = (struct enhanced_code){0}; /* RFC 2034 4 */
	reply.text = arena_format(&session->command_arena,
		"Wait for the reply to %s before sending more; goodbye",
		smtp_verb_name(verb));
	smtp_say(dialogue, &reply);
	dialogue->ended = true;
	return true;
}

static void hello(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct slice hostname = slice_of(session->config->hostname);
	struct capabilities offered = {0};

	if (refuse_early(dialogue, command->verb))
		return;
	smtp_ahead_await(dialogue, 0, deadline_none());
	smtp_transaction_reset(dialogue);
	session->helo = arena_copy(&session->session_arena, command->argument);
	session->extended = command->verb == SMTP_EHLO;
	dialogue->offered = offered;
	if (!session->extended) {
		say(dialogue, (struct reply){.code = 250, .text = hostname});
		return;
	}
	session->policy->capabilities(session, &offered);
	offered.esmtp = true;
	offered.starttls = session->tls && !stream_facts(session->stream)->encrypted;
	offered.xclient = smtp_xclient_is_offered(dialogue);
	dialogue->offered = offered;
	buffer_clear(&dialogue->reply);
	capabilities_format(&dialogue->reply, hostname, &offered);
	stream_write(session->stream, buffer_contents(&dialogue->reply));
	if (transcript_wanted())
		smtp_transcript_reply(dialogue);
}

static void mail(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	uint64_t most = session->limits.messages_per_session;
	struct reply reply = REPLY(250, 2, 1, 0, "Sender ok");

	if (most && session->transactions + dialogue->ahead.count >= most)
		smtp_ahead_await(dialogue, 0, deadline_none());
	if (!session->helo.size) {
		say(dialogue, REPLY(503, 5, 5, 1, "Say EHLO first"));
	} else if (dialogue->in_transaction) {
		say(dialogue, REPLY(503, 5, 5, 1, "A message is already begun"));
	} else if (command->has_parameters && !session->extended) {
		say(dialogue, REPLY(555, 5, 5, 4, "Parameters need EHLO, not HELO"));
	} else if (!smtp_may_ask(dialogue, command, &reply)) {
		smtp_say(dialogue, &reply);
	} else if (most && session->transactions >= most) {
		say(dialogue, REPLY(421, 4, 7, 0,
				      "Enough messages in one session; "
				      "connect again to send more"));
	} else {
		session->policy->mail(
			session, command, &reply, smtp_command_deadline(dialogue));
		dialogue->in_transaction = reply_is_positive(&reply);
		session->utf8 = dialogue->in_transaction && command->smtputf8;
		dialogue->binary = dialogue->in_transaction &&
				   command->body == SMTP_BODY_BINARYMIME;
		smtp_say(dialogue, &reply);
	}
}

static void rcpt(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	uint64_t most = session->limits.recipients;
	struct reply reply = REPLY(452, 4, 5, 3, "Too many recipients");

	if (!dialogue->in_transaction) {
		say(dialogue, REPLY(503, 5, 5, 1, "MAIL comes before RCPT"));
		return;
	}
	if (dialogue->in_chunks) {
		say(dialogue, REPLY(503, 5, 5, 1, "RCPT comes before BDAT"));
		return;
	}
	if (command->has_parameters && !session->extended) {
		say(dialogue, REPLY(555, 5, 5, 4, "Parameters need EHLO, not HELO"));
		return;
	}
	if (dialogue->recipients < most) {
		reply = REPLY(250, 2, 1, 5, "Recipient ok");
		session->policy->rcpt(
			session, command, &reply, smtp_command_deadline(dialogue));
	}
	dialogue->recipients += reply_is_positive(&reply);
	if (reply.code == 452 &&
		dialogue->recipients_refused++ < RECIPIENTS_PATIENCE * most)
		smtp_write(dialogue, &reply);
	else
		smtp_say(dialogue, &reply);
}

static void data(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	if (!dialogue->in_transaction)
		say(dialogue, REPLY(503, 5, 5, 1, "MAIL and RCPT come before DATA"));
	else if (dialogue->in_chunks || dialogue->chunks_refused)
		say(dialogue, REPLY(503, 5, 5, 1, "BDAT was begun; RSET first"));
	else if (dialogue->binary) /* RFC 3030 3 */
		say(dialogue, REPLY(503, 5, 5, 1, "BODY=BINARYMIME takes BDAT"));
	else if (dialogue->recipients == 0)
		say(dialogue, REPLY(554, 5, 5, 1, "No valid recipients"));
	else if (!refuse_early(dialogue, SMTP_DATA))
		smtp_data(dialogue);
}

static void starttls(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct deadline deadline = smtp_command_deadline(dialogue);

	if (stream_facts(session->stream)->encrypted) {
		say(dialogue, REPLY(503, 5, 5, 1, "TLS is already on"));
		return;
	}
	if (!session->tls) {
		say(dialogue, REPLY(502, 5, 5, 1, "STARTTLS is not offered here"));
		return;
	}
	if (refuse_early(dialogue, SMTP_STARTTLS))
		return;
	smtp_ahead_await(dialogue, 0, deadline_none());
	say(dialogue, REPLY(220, 2, 0, 0, "Ready to start TLS"));
	/* RFC 3207 4.2: nothing learned before TLS counts any more. */
	session->helo = session->account = SLICE_EMPTY;
	dialogue->offered = (struct capabilities){0};
	session->extended = false;
	smtp_transaction_reset(dialogue);
	if (stream_flush(session->stream, deadline))
		session->stream = tls_accept(&session->stream, session->tls, deadline);
	dialogue->ended = !session->stream;
	if (transcript_wanted())
		smtp_transcript_tls(dialogue);
}

static void auth(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = REPLY(535, 5, 7, 8, "Authentication failed");

	if (!session->policy->authenticate) {
		say(dialogue, REPLY(502, 5, 5, 1, "Nobody logs in here"));
	} else if (!session->extended) {
		say(dialogue, REPLY(503, 5, 5, 1, "Say EHLO first"));
	} else if (session->account.size) {
		say(dialogue, REPLY(503, 5, 5, 1, "Already authenticated"));
	} else if (dialogue->in_transaction) {
		say(dialogue, REPLY(503, 5, 5, 1, "Not within a message"));
	} else if (!refuse_early(dialogue, SMTP_AUTH)) {
		smtp_ahead_await(dialogue, 0, deadline_none());
		session->policy->authenticate(session, command, &reply, dialogue->end);
		smtp_say(dialogue, &reply);
	}
}

static void rset(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	smtp_transaction_reset(dialogue);
	say(dialogue, REPLY(250, 2, 0, 0, "Ok"));
}

static void noop(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(250, 2, 0, 0, "Ok"));
}

static void vrfy(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(252, 2, 1, 5, "Send some mail, it will be tried"));
}

static void expn(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(502, 5, 5, 1, "Lists are not expanded here"));
}

static void help(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue,
		REPLY(214, 2, 0, 0,
			"Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET "
			"NOOP VRFY HELP QUIT\nThis is a Ringpost mail relay"));
}

static void quit(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(221, 2, 0, 0, "Goodbye"));
	dialogue->ended = true;
}

static command_function *const commands[] = {
	[SMTP_EHLO] = hello,
	[SMTP_HELO] = hello,
	[SMTP_MAIL] = mail,
	[SMTP_RCPT] = rcpt,
	[SMTP_DATA] = data,
	[SMTP_BDAT] = smtp_bdat,
	[SMTP_RSET] = rset,
	[SMTP_NOOP] = noop,
	[SMTP_QUIT] = quit,
	[SMTP_VRFY] = vrfy,
	[SMTP_EXPN] = expn,
	[SMTP_HELP] = help,
	[SMTP_STARTTLS] = starttls,
	[SMTP_AUTH] = auth,
	[SMTP_XCLIENT] = smtp_xclient,
};

void smtp_obey(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	if (transcript_wanted())
		smtp_transcript_command(dialogue, command);
	commands[command->verb](dialogue, command);
}
