/* The client's side of POP3: commands, and answers of one line or many. */
#include <stdio.h>

#include "base/failure.h"

#include "bench/client_core.h"

#define LINE_MAX_BYTES 65536

static bool read_status(struct client_session *session, struct slice *line_r);
static bool read_lines(struct client_session *session, bool message);
static bool has_lines(struct slice command);

bool pop3_greet(struct client_session *session)
{
	struct slice line;

	return read_status(session, &line);
}

bool pop3_ask(struct client_session *session, struct slice command)
{
	struct slice line;

	stream_write(session->stream, command);
	stream_write(session->stream, SLICE("\r\n"));
	session->items = 0;
	return read_status(session, &line) &&
	       (!has_lines(command) ||
		       read_lines(session, slice_starts(command, SLICE("RETR"))));
}

bool pop3_count(struct client_session *session)
{
	struct slice line, count;

	stream_write(session->stream, SLICE("STAT\r\n"));
	if (!read_status(session, &line))
		return false;
	slice_cut(&line, ' ');
	count = slice_cut(&line, ' ');
	return slice_to_u64(count, &session->exists) ||
	       stream_fail(session->stream, FAILURE_PROTOCOL, "STAT without a number");
}

bool pop3_read_all(struct client_session *session)
{
	uint64_t count = session->exists;
	char command[32];

	for (uint64_t i = 1; i <= count; i++) {
		snprintf(command, sizeof(command), "RETR %llu", (unsigned long long)i);
		if (!pop3_ask(session, slice_of(command)))
			return false;
	}
	session->items = count;
	return true;
}

static bool read_status(struct client_session *session, struct slice *line_r)
{
	if (!stream_read_line(
		    session->stream, LINE_MAX_BYTES, line_r, client_deadline(session)))
		return false;
	tally_count(session->worker->tally, TALLY_BYTES, (int64_t)line_r->size);
	if (slice_starts(*line_r, SLICE("+")))
		return true;
	slice_to_text(slice_part(slice_trim_all(*line_r), 0, CLIENT_TEXT_MAX - 1),
		session->said, sizeof(session->said));
	return false;
}

/* Up to the line with a dot. MESSAGE: it is one, to be compared. */
static bool read_lines(struct client_session *session, bool message)
{
	struct content *content = &session->content;
	struct tally *tally = session->worker->tally;
	bool begins = true,
	     sum = message && !session->worker->client->options.unchecked;
	struct slice line;

	if (sum)
		content_begin(content, 0, true);
	for (;;) {
		if (!stream_read_line(session->stream, LINE_MAX_BYTES, &line,
			    client_deadline(session)))
			return false;
		tally_count(tally, TALLY_BYTES, (int64_t)line.size);
		if (begins && *line.at == '.') {
			line = slice_from(line, 1);
			if (slice_equal(line, SLICE("\r\n")))
				break;
		}
		begins = slice_ends(line, SLICE("\n"));
		session->items += begins && !message;
		if (sum)
			content_add(content, line);
	}
	if (message)
		session->items = 1;
	if (sum)
		client_judge(session);
	return true;
}

static bool has_lines(struct slice command)
{
	struct slice rest = command, verb = slice_cut(&rest, ' ');

	if (slice_equal(verb, SLICE("RETR")) || slice_equal(verb, SLICE("TOP")) ||
		slice_equal(verb, SLICE("CAPA")))
		return true;
	return !rest.size &&
	       (slice_equal(verb, SLICE("LIST")) || slice_equal(verb, SLICE("UIDL")));
}
