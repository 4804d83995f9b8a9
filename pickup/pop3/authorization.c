/* Logging in: USER and PASS, APOP (RFC 1939 7), AUTH (RFC 5034); then the maildrop,
 * for this session alone (RFC 1939 4). */
#include "pop3/dialogue.h"

#include "base/failure.h"
#include "run/fiber.h"

#define LOCK_TRIES    20
#define LOCK_PAUSE_MS 100

static void answer(struct pop3_dialogue *dialogue, enum login_verdict verdict,
	struct deadline deadline);
static void open_maildrop(struct pop3_dialogue *dialogue, struct deadline deadline);
static void say_mechanisms(struct pop3_dialogue *dialogue, unsigned mechanisms);
static void refuse_unsafe(struct pop3_dialogue *dialogue, const char *what);
static bool hear_answer(struct pop3_dialogue *dialogue, struct slice challenge,
	struct slice *line_r, struct deadline deadline);

/* Whether there is such a name is not said (RFC 1939 13). */
void pop3_user(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	if (!pop3_offer_now(dialogue).user) {
		refuse_unsafe(dialogue, "USER");
	} else if (command->name.size > SASL_NAME_MAX) {
		pop3_refuse(dialogue, NULL, "That is too long for a name");
	} else {
		arena_reset(&dialogue->user_arena);
		dialogue->user = arena_copy(&dialogue->user_arena, command->name);
		pop3_agree(dialogue, "And the password?");
	}
}

void pop3_pass(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct pop3_session *session = &dialogue->session;
	struct slice name = dialogue->user;

	dialogue->user = SLICE_EMPTY;
	if (!name.size)
		pop3_refuse(dialogue, NULL, "USER comes before PASS");
	else
		answer(dialogue,
			session->policy->password(
				session, name, command->secret, deadline),
			deadline);
}

void pop3_apop(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct pop3_session *session = &dialogue->session;

	if (!session->stamp.size || !pop3_offer_now(dialogue).apop)
		refuse_unsafe(dialogue, "APOP");
	else
		answer(dialogue,
			session->policy->apop(
				session, command->name, command->secret, deadline),
			deadline);
}

void pop3_auth(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct pop3_session *session = &dialogue->session;
	unsigned mechanisms = pop3_offer_now(dialogue).mechanisms;
	struct slice challenge = SLICE_EMPTY, line;
	enum login_verdict verdict;

	if (!command->mechanism.size) {
		say_mechanisms(dialogue, mechanisms);
		return;
	}
	if (!mechanisms) {
		refuse_unsafe(dialogue, "AUTH");
		return;
	}
	verdict = session->policy->start(
		session, command->mechanism, command->initial, &challenge, deadline);
	while (verdict == LOGIN_CONTINUE) {
		if (!hear_answer(dialogue, challenge, &line, deadline))
			return;
		verdict = session->policy->step(session, line, &challenge, deadline);
	}
	answer(dialogue, verdict, deadline);
}

/* False: there was none, and the client was told what can be told. */
static bool hear_answer(struct pop3_dialogue *dialogue, struct slice challenge,
	struct slice *line_r, struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;
	enum conversation_heard heard;

	stream_write(conversation->stream, SLICE("+ "));
	stream_write(conversation->stream, challenge);
	stream_write(conversation->stream, SLICE("\r\n"));
	heard = conversation_hear_answer(
		conversation, POP3_AUTH_LINE_MAX, line_r, deadline);
	if (heard == HEARD_LINE)
		return true;
	pop3_end_by(dialogue, heard);
	return false;
}

/* As clients asked before there was CAPA. */
static void say_mechanisms(struct pop3_dialogue *dialogue, unsigned mechanisms)
{
	pop3_agree(dialogue, "Mechanisms:");
	for (unsigned i = 0; i < SASL_MECHANISMS; i++) {
		if (mechanisms & 1u << i)
			pop3_line(dialogue, "%s",
				sasl_mechanism_name((enum sasl_mechanism)i));
	}
	pop3_end_lines(dialogue);
}

static void refuse_unsafe(struct pop3_dialogue *dialogue, const char *what)
{
	if (pop3_has_stls(dialogue))
		pop3_refuse(dialogue, NULL, "Say STLS before %s", what);
	else
		pop3_refuse(dialogue, NULL, "%s is not offered here", what);
}

/* RFC 3206: AUTH is for who has to change something about his name or password. */
static void answer(struct pop3_dialogue *dialogue, enum login_verdict verdict,
	struct deadline deadline)
{
	switch (verdict) {
	case LOGIN_OK:
		open_maildrop(
			dialogue, deadline_earlier(deadline, pop3_soon(dialogue)));
		return;
	case LOGIN_CONTINUE:
	case LOGIN_WRONG:
		pop3_refuse(dialogue, "AUTH", "Authentication failed");
		return;
	case LOGIN_NEEDS_APP:
		pop3_refuse(dialogue, "AUTH",
			"An app password is needed, for there is a second factor");
		return;
	case LOGIN_OTHER_SCOPE:
		pop3_refuse(dialogue, "AUTH", "That app password is not for mailboxes");
		return;
	case LOGIN_MALFORMED:
		pop3_refuse(dialogue, NULL, "That is not what the mechanism says");
		return;
	case LOGIN_CANCELLED:
		pop3_refuse(dialogue, NULL, "Cancelled");
		return;
	case LOGIN_NOT_NOW:
		pop3_refuse(
			dialogue, "SYS/TEMP", "Cannot check that now, try again later");
		return;
	case LOGIN_TOO_MANY:
		pop3_refuse(dialogue, "IN-USE",
			"This account has too many sessions; close one first");
		dialogue->ended = true;
		return;
	case LOGIN_BLOCKED:
		pop3_refuse(dialogue, "SYS/TEMP",
			"Too many failed logins, try again later");
		dialogue->ended = true;
		return;
	case LOGIN_NOT_OFFERED:
	case LOGIN_UNUSABLE:
		pop3_refuse(dialogue, NULL, "That mechanism is not offered here");
		return;
	}
}

/* A client that has lost its connection and comes again may be here before its old
 * session has ended: that is soon. */
static bool lock_maildrop(struct pop3_dialogue *dialogue, struct deadline deadline)
{
	struct pop3_session *session = &dialogue->session;
	struct attendance *attendance = session->conversation.attendance;

	for (int i = 0; i < LOCK_TRIES; i++) {
		dialogue->locked = attendance_enter(
			attendance, ATTENDANCE_MAILDROP, session->account, 1);
		if (dialogue->locked ||
			!fiber_sleep(deadline_after_ms(LOCK_PAUSE_MS)) ||
			deadline_has_passed(deadline))
			break;
	}
	return dialogue->locked;
}

/* Who cannot have it has logged in for nothing, and ends. */
static void open_maildrop(struct pop3_dialogue *dialogue, struct deadline deadline)
{
	struct pop3_session *session = &dialogue->session;
	struct conversation *conversation = &session->conversation;

	dialogue->ended = true;
	if (!conversation_log_in(conversation, session->account)) {
		pop3_refuse(dialogue, "IN-USE",
			"This account has too many sessions; close one first");
		return;
	}
	if (!lock_maildrop(dialogue, deadline)) {
		pop3_refuse(dialogue, "IN-USE",
			"Another session has the maildrop open; try again later");
		return;
	}
	dialogue->maildrop = session->policy->open(session, deadline);
	if (dialogue->maildrop) {
		dialogue->ended = false;
		pop3_agree(dialogue, "%zu messages (%llu octets)",
			dialogue->maildrop->count,
			(unsigned long long)dialogue->maildrop->size);
	} else if (failure_kind_last() == FAILURE_DATA) {
		pop3_refuse(dialogue, "SYS/PERM", "The maildrop cannot be opened");
	} else {
		pop3_refuse(dialogue, "SYS/TEMP",
			"The maildrop cannot be opened now, try again later");
	}
}
