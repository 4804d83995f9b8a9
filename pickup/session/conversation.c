/* What POP3 and IMAP sessions have in common; see conversation.h. */
#include "session/conversation.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

#define SKIPPED_AT_ONCE 4096
/* Who says nothing for so long gives back what commands took of the stack. */
#define TRIM_MS 500

static struct deadline next_command(const struct conversation *conversation);
static struct deadline within_command(const struct conversation *conversation);
static bool count_command(struct conversation *conversation);
static bool count_bytes(struct conversation *conversation, size_t size);
static enum conversation_heard await_input(
	struct conversation *conversation, bool at_rest, struct deadline deadline);
static bool rest(struct conversation *conversation, struct deadline deadline);
static enum conversation_heard await_line(struct conversation *conversation,
	size_t bytes_max, bool at_rest, struct deadline deadline);
static enum conversation_heard take_line(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline);
static enum conversation_heard why_nothing(
	struct conversation *conversation, bool at_rest);
static enum conversation_heard why_waited(
	struct conversation *conversation, bool at_rest);
static bool skip_line(struct stream *stream, struct deadline deadline);
static bool is_broken(struct slice line);

struct conversation_limits conversation_limits_usual(int64_t idle_ms)
{
	return (struct conversation_limits){
		.login_ms = 60 * 1000,
		.idle_ms = idle_ms,
		.command_ms = 60 * 1000,
		.send_ms = 5 * 60 * 1000,
		.errors = 20,
		.early_commands = 100,
		.early_bytes = 128 << 10,
		.per_address = 100,
		.per_account = 50,
	};
}

bool conversation_begin(struct conversation *conversation,
	const struct conversation_options *options, struct deadline deadline)
{
	static const bool never;
	static _Thread_local bool nobody;

	*conversation = (struct conversation){
		.stream = options->stream,
		.tls = options->tls,
		.limits = *options->limits,
		.attendance = options->attendance,
		.stopping = options->stopping ? options->stopping : &never,
		.resting = options->resting ? options->resting : &nobody,
		.end = deadline,
		.login_end = deadline_earlier(
			deadline, deadline_after_ms(options->limits->login_ms)),
	};
	memcpy(conversation->address, stream_facts(options->stream)->peer_bytes,
		sizeof(conversation->address));
	conversation->address_counted = attendance_enter(conversation->attendance,
		ATTENDANCE_ADDRESS,
		slice_make(conversation->address, sizeof(conversation->address)),
		conversation->limits.per_address);
	return conversation->address_counted;
}

void conversation_end(struct conversation *conversation, struct deadline deadline)
{
	struct slice account = slice_of(conversation->account);

	if (conversation->account_counted)
		attendance_leave(conversation->attendance, ATTENDANCE_ACCOUNT, account);
	memory_free(conversation->account);
	if (conversation->address_counted)
		attendance_leave(conversation->attendance, ATTENDANCE_ADDRESS,
			slice_make(
				conversation->address, sizeof(conversation->address)));
	conversation->account = NULL;
	conversation->account_counted = conversation->address_counted = false;
	if (conversation->stream)
		stream_finish(&conversation->stream, deadline);
}

enum conversation_heard conversation_hear(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline)
{
	enum conversation_heard heard;

	deadline = deadline_earlier(deadline, next_command(conversation));
	if (*conversation->stopping)
		return HEARD_STOPPING;
	heard = await_line(conversation, bytes_max, true, deadline);
	if (heard != HEARD_LINE)
		return heard;
	if (!count_command(conversation))
		return HEARD_TOO_MUCH;
	return take_line(conversation, bytes_max, line_r, deadline);
}

enum conversation_heard conversation_hear_answer(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline)
{
	enum conversation_heard heard;

	deadline = deadline_earlier(deadline, within_command(conversation));
	heard = await_line(conversation, bytes_max, false, deadline);
	return heard == HEARD_LINE
		       ? take_line(conversation, bytes_max, line_r, deadline)
		       : heard;
}

enum conversation_heard conversation_hear_bytes(struct conversation *conversation,
	bool begun, size_t bytes_max, struct slice *bytes_r, struct deadline deadline)
{
	enum conversation_heard heard;

	deadline = deadline_earlier(deadline,
		begun ? within_command(conversation) : next_command(conversation));
	if (!begun && *conversation->stopping)
		return HEARD_STOPPING;
	heard = await_input(conversation, !begun, deadline);
	if (heard != HEARD_LINE)
		return heard;
	if (!begun && !count_command(conversation))
		return HEARD_TOO_MUCH;
	if (!stream_read(conversation->stream, bytes_max, bytes_r, deadline))
		return HEARD_END;
	return count_bytes(conversation, bytes_r->size) ? HEARD_LINE : HEARD_TOO_MUCH;
}

void conversation_unhear(struct conversation *conversation, size_t size)
{
	stream_unread(conversation->stream, size);
	if (!conversation->logged_in)
		conversation->early_bytes -= size;
}

void conversation_wake(struct conversation *conversation)
{
	conversation->woken = true;
	if (conversation->waiter)
		fiber_hurry(conversation->waiter);
}

bool conversation_count_error(struct conversation *conversation)
{
	return ++conversation->errors < conversation->limits.errors;
}

bool conversation_flush(struct conversation *conversation, struct deadline deadline)
{
	return conversation_send(conversation, NULL, 0, deadline);
}

bool conversation_send(struct conversation *conversation, const struct slice *pieces,
	size_t count, struct deadline deadline)
{
	deadline = deadline_earlier(
		deadline, deadline_earlier(conversation->end,
				  deadline_after_ms(conversation->limits.send_ms)));
	if (!count)
		return stream_flush(conversation->stream, deadline);
	return stream_send(conversation->stream, pieces, count, deadline);
}

bool conversation_has_more(struct conversation *conversation)
{
	return stream_has_input(conversation->stream);
}

bool conversation_start_tls(struct conversation *conversation, struct slice go_ahead,
	struct deadline deadline)
{
	deadline = deadline_earlier(deadline, conversation->login_end);
	/* It stays in the outbox: what came before it went is not TLS. */
	stream_write(conversation->stream, go_ahead);
	conversation->stream = tls_accept(
		&conversation->stream, conversation->tls, deadline);
	return conversation->stream != NULL;
}

bool conversation_log_in(struct conversation *conversation, struct slice account)
{
	assert(!conversation->logged_in);
	if (!attendance_enter(conversation->attendance, ATTENDANCE_ACCOUNT, account,
		    conversation->limits.per_account))
		return false;
	conversation->account = memory_copy_text(account);
	conversation->logged_in = conversation->account_counted = true;
	return true;
}

/* By when the next one is to come … */
static struct deadline next_command(const struct conversation *conversation)
{
	return deadline_earlier(conversation->end,
		conversation->logged_in
			? deadline_after_ms(conversation->limits.idle_ms)
			: conversation->login_end);
}

/* … and more of one that has begun. */
static struct deadline within_command(const struct conversation *conversation)
{
	struct deadline deadline = deadline_earlier(
		conversation->end, deadline_after_ms(conversation->limits.command_ms));

	return conversation->logged_in
		       ? deadline
		       : deadline_earlier(deadline, conversation->login_end);
}

/* False: more than who is not logged in may say. */
static bool count_command(struct conversation *conversation)
{
	return conversation->logged_in ||
	       ++conversation->early_commands <= conversation->limits.early_commands;
}

static bool count_bytes(struct conversation *conversation, size_t size)
{
	if (conversation->logged_in)
		return true;
	conversation->early_bytes += size;
	return conversation->early_bytes <= conversation->limits.early_bytes;
}

/* Until there is input. Nothing is left to be sent once it waits: such a wait may be
 * ended (fiber_hurry) without harm to the stream. */
static enum conversation_heard await_input(
	struct conversation *conversation, bool at_rest, struct deadline deadline)
{
	struct stream *stream = conversation->stream;
	bool came = stream_has_input(stream);
	size_t unsent = stream_outbox_size(stream);

	if (unsent && (!came || unsent > CONVERSATION_OUTBOX) &&
		!conversation_flush(conversation, deadline))
		return HEARD_END;
	if (came || stream_has_input(stream))
		return HEARD_LINE;
	if (!at_rest)
		stream_acknowledge(stream);
	if (!at_rest)
		return stream_wait(stream, deadline)
			       ? HEARD_LINE
			       : why_waited(conversation, at_rest);
	if (*conversation->stopping || conversation->woken)
		return why_nothing(conversation, at_rest);
	*conversation->resting = true;
	conversation->waiter = fiber_self();
	came = rest(conversation, deadline);
	*conversation->resting = false;
	conversation->waiter = NULL;
	return came ? HEARD_LINE : why_waited(conversation, at_rest);
}

static bool rest(struct conversation *conversation, struct deadline deadline)
{
	struct deadline trim = deadline_after_ms(TRIM_MS);

	if (stream_wait(conversation->stream, deadline_earlier(trim, deadline)))
		return true;
	if (failure_kind_last() != FAILURE_TIMEOUT || !deadline_has_passed(trim) ||
		deadline_has_passed(deadline) || conversation->woken ||
		*conversation->stopping)
		return false;
	fiber_trim_stack();
	return stream_wait(conversation->stream, deadline);
}

/* Until a line is there to be read, or as much as a line may have. */
static enum conversation_heard await_line(struct conversation *conversation,
	size_t bytes_max, bool at_rest, struct deadline deadline)
{
	struct stream *stream = conversation->stream;
	enum conversation_heard heard = await_input(conversation, at_rest, deadline);

	if (heard != HEARD_LINE)
		return heard;
	deadline = deadline_earlier(deadline, within_command(conversation));
	if (!stream_has_line(stream, bytes_max) &&
		!stream_wait_line(stream, bytes_max, deadline))
		return why_waited(conversation, false);
	return HEARD_LINE;
}

static enum conversation_heard take_line(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline)
{
	struct stream *stream = conversation->stream;
	struct slice line;

	if (!stream_read_line(stream, bytes_max, &line, deadline))
		return HEARD_END;
	if (!count_bytes(conversation, line.size))
		return HEARD_TOO_MUCH;
	if (!slice_ends(line, SLICE("\n"))) {
		deadline = deadline_earlier(deadline, within_command(conversation));
		return skip_line(stream, deadline) ? HEARD_TOO_LONG
						   : why_waited(conversation, false);
	}
	if (is_broken(line))
		return HEARD_BROKEN;
	*line_r = slice_part(line, 0, line.size - 2);
	return HEARD_LINE;
}

/* Nothing came, and no more is waited for. */
static enum conversation_heard why_nothing(
	struct conversation *conversation, bool at_rest)
{
	if (*conversation->stopping)
		return HEARD_STOPPING;
	if (!at_rest || !conversation->woken)
		return HEARD_NOTHING;
	conversation->woken = false;
	return HEARD_WOKEN;
}

/* By the fiber's last failure: a wait that was ended looks like time. */
static enum conversation_heard why_waited(
	struct conversation *conversation, bool at_rest)
{
	return failure_kind_last() == FAILURE_TIMEOUT
		       ? why_nothing(conversation, at_rest)
		       : HEARD_END;
}

static bool skip_line(struct stream *stream, struct deadline deadline)
{
	struct slice rest;

	do {
		if (!stream_read_line(stream, SKIPPED_AT_ONCE, &rest, deadline))
			return false;
	} while (!slice_ends(rest, SLICE("\n")));
	return true;
}

/* LINE ends in LF: in CRLF, and none of CR, LF, NUL before it? */
static bool is_broken(struct slice line)
{
	struct slice text = slice_part(line, 0, line.size - 2);

	return !slice_ends(line, SLICE("\r\n")) ||
	       slice_index(text, '\r') < text.size ||
	       slice_index(text, '\0') < text.size;
}
