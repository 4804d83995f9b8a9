/*
 * The IMAP server dialogue: greeting, one command after the other, and the end of a
 * session. The commands are in the files beside this one.
 *
 * What is said collects and travels when the next command has to be waited for, which
 * is how a pipelined group costs one send.
 */
#include "imap_server/server.h"

#include "base/memory.h"
#include "imap/parse.h"
#include "imap/write.h"
#include "imap_server/commands.h"
#include "imap_server/progress.h"
#include "imap_server/others.h"
#include "run/fiber.h"

#define FINISH_MS     5000
#define HOLDS_MS      10000 /* until what cannot be asked is taken to hold */
#define TURN_COMMANDS 100   /* without a wait, until others have theirs */

static imap_command_function nothing, logout, not_offered;

static imap_command_function *const commands[IMAP_VERBS] = {
	[IMAP_CAPABILITY] = imap_capability,
	[IMAP_NOOP] = nothing,
	[IMAP_LOGOUT] = logout,
	[IMAP_ID] = imap_id,
	[IMAP_STARTTLS] = imap_starttls,
	[IMAP_AUTHENTICATE] = imap_authenticate,
	[IMAP_LOGIN] = imap_login,
	[IMAP_ENABLE] = imap_enable,
	[IMAP_SELECT] = imap_select,
	[IMAP_EXAMINE] = imap_select,
	[IMAP_CREATE] = imap_create,
	[IMAP_DELETE] = imap_delete,
	[IMAP_RENAME] = imap_rename,
	[IMAP_SUBSCRIBE] = imap_subscribe,
	[IMAP_UNSUBSCRIBE] = imap_unsubscribe,
	[IMAP_LIST] = imap_list,
	[IMAP_LSUB] = imap_list,
	[IMAP_XLIST] = imap_list,
	[IMAP_NAMESPACE] = imap_namespace,
	[IMAP_STATUS] = imap_status,
	[IMAP_APPEND] = imap_append,
	[IMAP_IDLE] = imap_idle,
	[IMAP_COMPRESS] = imap_compress,
	[IMAP_GETQUOTA] = imap_getquota,
	[IMAP_GETQUOTAROOT] = imap_getquotaroot,
	[IMAP_GETACL] = imap_getacl,
	[IMAP_SETACL] = imap_setacl,
	[IMAP_DELETEACL] = imap_deleteacl,
	[IMAP_LISTRIGHTS] = imap_listrights,
	[IMAP_MYRIGHTS] = imap_myrights,
	[IMAP_GETMETADATA] = imap_getmetadata,
	[IMAP_SETMETADATA] = imap_setmetadata,
	[IMAP_CHECK] = nothing,
	[IMAP_CLOSE] = imap_close,
	[IMAP_UNSELECT] = imap_unselect,
	[IMAP_EXPUNGE] = imap_expunge,
	[IMAP_FETCH] = imap_fetch,
	[IMAP_STORE] = imap_store,
	[IMAP_COPY] = imap_copy,
	[IMAP_MOVE] = imap_move,
	[IMAP_REPLACE] = imap_replace,
	[IMAP_SEARCH] = imap_search,
	[IMAP_SORT] = imap_sort,
	[IMAP_THREAD] = imap_thread,
	[IMAP_UIDBATCHES] = imap_uid_batches,
};

static void greet(struct imap_dialogue *dialogue);
static void converse(struct imap_dialogue *dialogue);
static void obey(struct imap_dialogue *dialogue, enum imap_collected how);
static bool run(struct imap_dialogue *dialogue, const struct imap_command *command);
static void refuse(struct imap_dialogue *dialogue, const struct imap_command *command,
	const struct imap_error *error);
static bool may(struct imap_dialogue *dialogue, const struct imap_command *command);
static void leave(struct imap_dialogue *dialogue);

void imap_server_run(
	const struct imap_server_options *options, struct deadline deadline)
{
	struct imap_dialogue *dialogue = NEW(struct imap_dialogue);
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
	imap_collector_init(&dialogue->collector);
	if (conversation_begin(
		    &dialogue->session.conversation, &conversation, deadline))
		greet(dialogue);
	else
		imap_bye(dialogue, "Too many sessions from your address");
	converse(dialogue);
	leave(dialogue);
}

static void greet(struct imap_dialogue *dialogue)
{
	struct buffer code = {0};

	imap_write_capabilities(dialogue, &code);
	imap_write_state(
		&dialogue->out, SLICE("*"), "OK", buffer_contents(&code), "Ringpost");
	buffer_finish(&code);
}

static void converse(struct imap_dialogue *dialogue)
{
	enum imap_collected how;
	unsigned turn = 0;

	while (!dialogue->ended) {
		if (++turn % TURN_COMMANDS == 0)
			fiber_yield(dialogue->end);
		imap_leave_places(dialogue);
		arena_reset(&dialogue->arena);
		dialogue->tag = SLICE_EMPTY;
		dialogue->answered = false;
		if (imap_hear(dialogue, true, &how, dialogue->end))
			obey(dialogue, how);
		if (!dialogue->ended &&
			buffer_size(&dialogue->out) > CONVERSATION_OUTBOX)
			imap_flush(dialogue, dialogue->end);
	}
}

/* The text stays where it is only until the next is heard: commands that hear more
 * have to keep what they need. */
static void obey(struct imap_dialogue *dialogue, enum imap_collected how)
{
	struct imap_command *command = ARENA_NEW(&dialogue->arena, struct imap_command);
	struct slice text = arena_copy(
		&dialogue->arena, buffer_contents(&dialogue->collector.text));
	struct imap_error error = {0};
	bool good, taken = false;

	good = imap_parse(&dialogue->arena, text, dialogue->utf8 || dialogue->rev2,
		command, &error);
	dialogue->tag = command->tag;
	imap_be_patient(dialogue);
	if (how == IMAP_REFUSED)
		imap_bad(dialogue, dialogue->collector.why);
	else if (!good && error.no)
		refuse(dialogue, command, &error);
	else if (!good)
		imap_bad(dialogue, error.text);
	else if ((how == IMAP_STREAM) != imap_verb_takes_message(command->verb))
		imap_bad(dialogue, "A message is a literal");
	else if (may(dialogue, command) && imap_still_holds(dialogue))
		taken = run(dialogue, command);
	if (how == IMAP_STREAM && !taken && !dialogue->ended)
		imap_skip_append(dialogue, dialogue->end);
}

static bool run(struct imap_dialogue *dialogue, const struct imap_command *command)
{
	commands[command->verb](dialogue, command,
		dialogue->account ? dialogue->end
				  : dialogue->session.conversation.login_end);
	return true;
}

static void refuse(struct imap_dialogue *dialogue, const struct imap_command *command,
	const struct imap_error *error)
{
	imap_no(dialogue, error->code, error->text);
	/* RFC 9051 6.4.4.1 */
	if (command->verb == IMAP_SEARCH && command->search.returns & IMAP_RETURN_SAVE)
		dialogue->saved = (struct uid_set){0};
}

/* RFC 9586 3: sequence numbers, asked with or to be answered with. */
static bool names_numbers(const struct imap_command *command)
{
	switch (command->verb) {
	case IMAP_FETCH:
	case IMAP_STORE:
	case IMAP_COPY:
	case IMAP_MOVE:
	case IMAP_REPLACE:
		return !command->uid;
	case IMAP_SEARCH:
	case IMAP_SORT:
	case IMAP_THREAD:
		return !command->uid || command->search.uses_numbers;
	default:
		return false;
	}
}

static bool may(struct imap_dialogue *dialogue, const struct imap_command *command)
{
	enum imap_needs needs = imap_verb_needs(command->verb);

	if (!commands[command->verb]) {
		not_offered(dialogue, command, dialogue->end);
		return false;
	}
	if (needs == IMAP_BEFORE_LOGIN && dialogue->account)
		imap_bad(dialogue, "This comes before the login");
	else if (needs >= IMAP_AFTER_LOGIN && !dialogue->account)
		imap_bad(dialogue, "Log in first");
	else if (needs == IMAP_SELECTED && !dialogue->view)
		imap_bad(dialogue, "Select a mailbox first");
	else if (dialogue->uid_only && names_numbers(command))
		imap_bad_number(dialogue);
	else if (needs == IMAP_SELECTED && dialogue->view->guest &&
		 view_is_gone(dialogue->view))
		imap_tell(dialogue, true);
	else
		return true;
	return false;
}

/* An account may be removed, a token may expire. */
bool imap_still_holds(struct imap_dialogue *dialogue)
{
	const struct imap_policy *policy = dialogue->session.policy;

	if (!dialogue->account || !policy->holds ||
		policy->holds(&dialogue->session, deadline_after_ms(HOLDS_MS)))
		return true;
	imap_bye(dialogue, "The login holds no longer");
	return false;
}

static void nothing(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY,
		command->verb == IMAP_CHECK ? "CHECK completed" : "NOOP completed");
}

static void logout(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	imap_bye(dialogue, "Goodbye");
	imap_ok(dialogue, SLICE_EMPTY, "LOGOUT completed");
}

static void not_offered(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	imap_bad(dialogue, "This is not offered here");
}

static void leave(struct imap_dialogue *dialogue)
{
	struct imap_session *session = &dialogue->session;

	view_close(&dialogue->view);
	imap_leave_places(dialogue);
	store_port_leave(&dialogue->visitor);
	if (dialogue->account)
		store_account_release(&dialogue->account);
	session->policy->disconnect(session);
	if (session->conversation.stream)
		stream_write(
			session->conversation.stream, buffer_contents(&dialogue->out));
	conversation_end(&session->conversation, deadline_after_ms(FINISH_MS));
	imap_collector_finish(&dialogue->collector);
	buffer_finish(&dialogue->out);
	arena_finish(&dialogue->arena);
	arena_finish(&dialogue->saved_arena);
	arena_finish(&session->arena);
	memory_free(dialogue);
}
