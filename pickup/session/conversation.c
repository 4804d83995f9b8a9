/* What POP3 and IMAP sessions have in common; see conversation.h. */
#include "session/conversation.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

#define SKIPPED_AT_ONCE 4096

static enum conversation_heard await_line(struct conversation *conversation,
	size_t bytes_max, bool at_rest, struct deadline deadline);
static enum conversation_heard take_line(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline);
static enum conversation_heard why_nothing(const struct conversation *conversation);
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

	deadline = deadline_earlier(deadline,
		deadline_earlier(conversation->end,
			conversation->logged_in
				? deadline_after_ms(conversation->limits.idle_ms)
				: conversation->login_end));
	if (*conversation->stopping)
		return HEARD_STOPPING;
	heard = await_line(conversation, bytes_max, true, deadline);
	if (heard != HEARD_LINE)
		return heard;
	if (!conversation->logged_in &&
		++conversation->early_commands > conversation->limits.early_commands)
		return HEARD_TOO_MUCH;
	return take_line(conversation, bytes_max, line_r, deadline);
}

enum conversation_heard conversation_hear_answer(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline)
{
	enum conversation_heard heard;

	deadline = deadline_earlier(
		deadline, deadline_earlier(conversation->end,
				  deadline_after_ms(conversation->limits.command_ms)));
	if (!conversation->logged_in)
		deadline = deadline_earlier(deadline, conversation->login_end);
	heard = await_line(conversation, bytes_max, false, deadline);
	return heard == HEARD_LINE
		       ? take_line(conversation, bytes_max, line_r, deadline)
		       : heard;
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

/* Until a line is there to be read, or as much as a line may have. */
static enum conversation_heard await_line(struct conversation *conversation,
	size_t bytes_max, bool at_rest, struct deadline deadline)
{
	struct stream *stream = conversation->stream;
	bool came = stream_has_input(stream);

	if (stream_outbox_size(stream) > CONVERSATION_OUTBOX &&
		!conversation_flush(conversation, deadline))
		return HEARD_END;
	if (!came) {
		*conversation->resting = at_rest;
		came = stream_wait(stream, deadline);
		*conversation->resting = false;
	}
	if (!came)
		return why_nothing(conversation);
	deadline = deadline_earlier(
		deadline, deadline_after_ms(conversation->limits.command_ms));
	if (!stream_has_line(stream, bytes_max) &&
		!stream_wait_line(stream, bytes_max, deadline))
		return why_nothing(conversation);
	return HEARD_LINE;
}

static enum conversation_heard take_line(struct conversation *conversation,
	size_t bytes_max, struct slice *line_r, struct deadline deadline)
{
	struct stream *stream = conversation->stream;
	struct slice line;

	if (!stream_read_line(stream, bytes_max, &line, deadline))
		return HEARD_END;
	conversation->early_bytes += line.size;
	if (!conversation->logged_in &&
		conversation->early_bytes > conversation->limits.early_bytes)
		return HEARD_TOO_MUCH;
	if (!slice_ends(line, SLICE("\n")))
		return skip_line(stream,
			       deadline_earlier(deadline,
				       deadline_after_ms(
					       conversation->limits.command_ms)))
			       ? HEARD_TOO_LONG
			       : why_nothing(conversation);
	if (is_broken(line))
		return HEARD_BROKEN;
	*line_r = slice_part(line, 0, line.size - 2);
	return HEARD_LINE;
}

/* Of the fiber's last failure. A wait that fiber_hurry ended looks like time. */
static enum conversation_heard why_nothing(const struct conversation *conversation)
{
	if (failure_kind_last() != FAILURE_TIMEOUT)
		return HEARD_END;
	return *conversation->stopping ? HEARD_STOPPING : HEARD_NOTHING;
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
