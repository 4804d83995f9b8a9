/*
 * The POP3 server dialogue: greeting, one command after the other, and the end of a
 * session. The commands are in the files beside this one.
 *
 * Replies collect in the stream's outbox and travel together when the next read has
 * to wait, which is how a pipelined group costs one send (RFC 2449 6.6).
 */
#include "pop3/server.h"

#include <inttypes.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "pop3/dialogue.h"
#include "run/fiber.h"
#include "run/worker.h"

#define FINISH_MS     5000
#define SOON_MS	      60000
#define TURN_COMMANDS 100 /* without a wait, until others have theirs */

typedef void command_function(struct pop3_dialogue *dialogue,
	const struct pop3_command *command, struct deadline deadline);

enum when { AT_ANY_TIME, BEFORE_LOGIN, AFTER_LOGIN };

static const struct {
	command_function *run;
	enum when when;
} commands[POP3_VERBS] = {
	[POP3_USER] = {pop3_user, BEFORE_LOGIN},
	[POP3_PASS] = {pop3_pass, BEFORE_LOGIN},
	[POP3_APOP] = {pop3_apop, BEFORE_LOGIN},
	[POP3_AUTH] = {pop3_auth, BEFORE_LOGIN},
	[POP3_STLS] = {pop3_stls, BEFORE_LOGIN},
	[POP3_UTF8] = {pop3_utf8, BEFORE_LOGIN},
	[POP3_CAPA] = {pop3_capa, AT_ANY_TIME},
	[POP3_LANG] = {pop3_lang, AT_ANY_TIME},
	[POP3_QUIT] = {pop3_quit, AT_ANY_TIME},
	[POP3_STAT] = {pop3_stat, AFTER_LOGIN},
	[POP3_LIST] = {pop3_list, AFTER_LOGIN},
	[POP3_UIDL] = {pop3_list, AFTER_LOGIN},
	[POP3_RETR] = {pop3_retrieve, AFTER_LOGIN},
	[POP3_TOP] = {pop3_retrieve, AFTER_LOGIN},
	[POP3_DELE] = {pop3_dele, AFTER_LOGIN},
	[POP3_RSET] = {pop3_rset, AFTER_LOGIN},
	[POP3_NOOP] = {pop3_noop, AFTER_LOGIN},
};

static void greet(struct pop3_dialogue *dialogue);
static void converse(struct pop3_dialogue *dialogue);
static void obey(struct pop3_dialogue *dialogue, struct slice line);
static void leave(struct pop3_dialogue *dialogue);

void pop3_server_run(
	const struct pop3_server_options *options, struct deadline deadline)
{
	struct pop3_dialogue *dialogue = NEW(struct pop3_dialogue);
	struct conversation_options conversation = {
		.stream = options->stream,
		.tls = options->tls,
		.limits = options->limits,
		.attendance = options->attendance,
		.stopping = options->stopping,
		.resting = options->resting,
	};

	dialogue->options = options;
	dialogue->end = deadline;
	dialogue->session.hostname = options->hostname;
	dialogue->session.policy = options->policy;
	dialogue->session.context = options->policy_context;
	if (conversation_begin(
		    &dialogue->session.conversation, &conversation, deadline)) {
		greet(dialogue);
	} else {
		pop3_refuse(dialogue, "SYS/TEMP",
			"Too many sessions from your address; close one first");
		dialogue->ended = true;
	}
	converse(dialogue);
	leave(dialogue);
}

/* RFC 1939 7: the stamp is never the same twice. */
static void greet(struct pop3_dialogue *dialogue)
{
	struct pop3_session *session = &dialogue->session;
	char digits[16];
	uint64_t chance = random_u64();

	if (!pop3_offer_now(dialogue).apop) {
		pop3_agree(dialogue, "Ringpost POP3 at %s", session->hostname);
		return;
	}
	hex_encode(slice_make(&chance, sizeof(chance)), digits);
	session->stamp = arena_format(&session->arena, "<%.16s.%" PRId64 "@%s>", digits,
		worker_wall_ms(), session->hostname);
	pop3_agree(dialogue, "Ringpost POP3 at %s %.*s", session->hostname,
		SLICE_PRINT(session->stamp));
}

static void converse(struct pop3_dialogue *dialogue)
{
	struct conversation *conversation = &dialogue->session.conversation;
	unsigned turn = 0;

	while (!dialogue->ended) {
		enum conversation_heard heard;
		struct slice line;

		if (++turn % TURN_COMMANDS == 0)
			fiber_yield(dialogue->end);
		heard = conversation_hear(
			conversation, POP3_AUTH_LINE_MAX, &line, dialogue->end);
		if (heard == HEARD_LINE)
			obey(dialogue, line);
		else
			pop3_end_by(dialogue, heard);
	}
}

/* An account may be removed, a token may expire: nothing is given or deleted then. */
static bool still_holds(struct pop3_dialogue *dialogue)
{
	const struct pop3_policy *policy = dialogue->session.policy;

	return !dialogue->maildrop || !policy->holds ||
	       policy->holds(&dialogue->session, pop3_soon(dialogue));
}

/* Only AUTH may be longer than other commands (RFC 5034 4). */
static void obey(struct pop3_dialogue *dialogue, struct slice line)
{
	struct pop3_command command;
	const char *refusal;
	bool good = pop3_command_parse(line, &command, &refusal);

	if (command.verb != POP3_PASS)
		dialogue->user = SLICE_EMPTY;
	if (command.foreign) {
		pop3_refuse(dialogue, NULL, "This is POP3, goodbye");
		dialogue->ended = true;
	} else if (command.verb != POP3_AUTH && line.size + 2 > POP3_LINE_MAX) {
		pop3_refuse(dialogue, NULL, "Line too long");
	} else if (!good) {
		pop3_refuse(dialogue, NULL, "%s", refusal);
	} else if (commands[command.verb].when == AFTER_LOGIN && !dialogue->maildrop) {
		pop3_refuse(dialogue, NULL, "Log in first");
	} else if (commands[command.verb].when == BEFORE_LOGIN && dialogue->maildrop) {
		pop3_refuse(dialogue, NULL, "%s comes before the login",
			pop3_verb_name(command.verb));
	} else if (!still_holds(dialogue)) {
		pop3_refuse(dialogue, "AUTH", "The login holds no longer, goodbye");
		dialogue->ended = true;
	} else {
		commands[command.verb].run(dialogue, &command,
			dialogue->maildrop ? dialogue->end
					   : dialogue->session.conversation.login_end);
	}
}

struct deadline pop3_soon(const struct pop3_dialogue *dialogue)
{
	return deadline_earlier(dialogue->end, deadline_after_ms(SOON_MS));
}

/* RFC 1939 3: who says nothing for too long hears nothing, and deletes nothing. */
void pop3_end_by(struct pop3_dialogue *dialogue, enum conversation_heard heard)
{
	switch (heard) {
	case HEARD_TOO_LONG:
		pop3_refuse(dialogue, NULL, "Line too long");
		return;
	case HEARD_WOKEN:
		return;
	case HEARD_BROKEN:
		pop3_refuse(dialogue, NULL,
			"Lines end in CRLF and have no other CR, LF or NUL; goodbye");
		break;
	case HEARD_STOPPING:
		pop3_refuse(dialogue, "SYS/TEMP", "Shutting down, come back later");
		break;
	case HEARD_TOO_MUCH:
		pop3_refuse(dialogue, NULL, "Too much without a login, goodbye");
		break;
	case HEARD_LINE:
	case HEARD_NOTHING:
	case HEARD_END:
		break;
	}
	dialogue->ended = true;
}

static void leave(struct pop3_dialogue *dialogue)
{
	struct pop3_session *session = &dialogue->session;
	struct conversation *conversation = &session->conversation;

	maildrop_close(&dialogue->maildrop);
	session->policy->disconnect(session);
	if (dialogue->locked)
		attendance_leave(conversation->attendance, ATTENDANCE_MAILDROP,
			session->account);
	conversation_end(conversation, deadline_after_ms(FINISH_MS));
	arena_finish(&session->arena);
	arena_finish(&dialogue->user_arena);
	memory_free(dialogue);
}
