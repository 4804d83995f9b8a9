/* Logging in: LOGIN, AUTHENTICATE (RFC 9051 6.2.2, 6.2.3, RFC 4959); then the
 * account's mail. */
#include "imap_server/commands.h"

/* RFC 5530 */
static const struct refusal {
	const char *code, *text;
	bool ends, bad;
} refusals[] = {
	[LOGIN_CONTINUE] = {"AUTHENTICATIONFAILED", "Authentication failed", 0, 0},
	[LOGIN_WRONG] = {"AUTHENTICATIONFAILED", "Authentication failed", 0, 0},
	[LOGIN_NEEDS_APP] = {"AUTHORIZATIONFAILED",
		"An app password is needed, for there is a second factor", 0, 0},
	[LOGIN_OTHER_SCOPE] = {"AUTHORIZATIONFAILED",
		"That app password is not for mailboxes", 0, 0},
	[LOGIN_MALFORMED] = {NULL, "That is not what the mechanism says", 0, 1},
	[LOGIN_CANCELLED] = {NULL, "Cancelled", 0, 1},
	[LOGIN_NOT_NOW] = {"UNAVAILABLE", "Cannot check that now, try again later", 0,
		0},
	[LOGIN_TOO_MANY] = {"LIMIT", "This account has too many sessions", 1, 0},
	[LOGIN_BLOCKED] = {"UNAVAILABLE", "Too many failed logins, try again later", 1,
		0},
	[LOGIN_NOT_OFFERED] = {NULL, "That mechanism is not offered here", 0, 0},
	[LOGIN_UNUSABLE] = {NULL, "That mechanism is not offered here", 0, 0},
};

/* Who cannot have his mail has logged in for nothing, and ends. */
static void open_account(struct imap_dialogue *dialogue, struct deadline deadline)
{
	struct imap_session *session = &dialogue->session;
	struct imap_collector *collector = &dialogue->collector;
	struct buffer code = {0};

	if (!conversation_log_in(&session->conversation, session->account)) {
		imap_no(dialogue, "LIMIT", "This account has too many sessions");
		imap_bye(dialogue, "Close a session first");
		return;
	}
	dialogue->account = session->policy->open(session, &dialogue->port, deadline);
	if (!dialogue->account) {
		imap_no(dialogue, "UNAVAILABLE", "Your mail cannot be opened now");
		imap_bye(dialogue, "Try again later");
		return;
	}
	collector->streams = true;
	collector->literal_max = IMAP_LITERAL_MAX;
	collector->command_max = IMAP_COMMAND_MAX;
	imap_write_capabilities(dialogue, &code);
	imap_ok(dialogue, buffer_contents(&code), "Welcome");
	buffer_finish(&code);
}

static void answer(struct imap_dialogue *dialogue, enum login_verdict verdict,
	struct deadline deadline)
{
	const struct refusal *refusal = &refusals[verdict];

	if (verdict == LOGIN_OK)
		open_account(dialogue, deadline);
	else if (refusal->bad)
		imap_bad(dialogue, refusal->text);
	else
		imap_no(dialogue, refusal->code, refusal->text);
	if (verdict != LOGIN_OK && refusal->ends)
		imap_bye(dialogue, "Goodbye");
}

void imap_login(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	struct imap_session *session = &dialogue->session;
	const struct imap_login *login = &command->login;

	if (!imap_offer_now(dialogue).login)
		imap_no(dialogue, "PRIVACYREQUIRED",
			"LOGIN is not offered without TLS");
	else
		answer(dialogue,
			session->policy->password(
				session, login->user, login->password, deadline),
			deadline);
}

/* False: there was no answer, and the client was told what can be told. */
static bool hear_answer(struct imap_dialogue *dialogue, struct slice challenge,
	struct slice *line_r, struct deadline deadline)
{
	enum imap_collected how;
	bool heard;

	buffer_append(&dialogue->out, SLICE("+ "));
	buffer_append(&dialogue->out, challenge);
	buffer_append(&dialogue->out, SLICE("\r\n"));
	dialogue->collector.raw = true;
	heard = imap_hear(dialogue, false, &how, deadline);
	dialogue->collector.raw = false;
	if (!heard)
		return false;
	*line_r = slice_trim_all(buffer_contents(&dialogue->collector.text));
	return true;
}

void imap_authenticate(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	const struct imap_authenticate *asked = &command->authenticate;
	struct imap_session *session = &dialogue->session;
	struct slice challenge = SLICE_EMPTY, line, initial = SLICE_EMPTY;
	enum login_verdict verdict;

	if (!imap_offer_now(dialogue).mechanisms) {
		imap_no(dialogue, "PRIVACYREQUIRED",
			"AUTHENTICATE is not offered without TLS");
		return;
	}
	if (asked->has_initial)
		initial = asked->initial.size ? asked->initial : SLICE("=");
	verdict = session->policy->start(
		session, asked->mechanism, initial, &challenge, deadline);
	while (verdict == LOGIN_CONTINUE) {
		if (!hear_answer(dialogue, challenge, &line, deadline))
			return;
		verdict = session->policy->step(session, line, &challenge, deadline);
	}
	answer(dialogue, verdict, deadline);
}
