/* The client's side of IMAP: commands, and answers read to their tagged end. */

#include "base/failure.h"

#include "bench/client_core.h"

#define CHUNK_MAX 65536

static bool read_answer(struct client_session *session);
static bool read_chunk(struct client_session *session, struct slice *chunk_r);
static void note_untagged(struct client_session *session, struct slice line);
static bool read_literal(struct client_session *session, struct slice line);
static bool literal_size(struct slice line, uint64_t *size_r, size_t *at_r);
static bool is_ours(const struct client_session *session, struct slice *line);
static bool keep(struct client_session *session, struct slice line);

bool imap_greet(struct client_session *session)
{
	struct slice line;

	if (!read_chunk(session, &line))
		return false;
	return slice_starts(line, SLICE("* OK")) || keep(session, line);
}

bool imap_ask(struct client_session *session, struct slice command)
{
	stream_write_format(
		session->stream, "a%llu ", (unsigned long long)++session->tag);
	stream_write(session->stream, command);
	stream_write(session->stream, SLICE("\r\n"));
	return read_answer(session);
}

bool imap_append(struct client_session *session, uint64_t number)
{
	const struct client *client = session->worker->client;
	uint64_t batch = client->options.batch;
	struct draft_reader reader;
	struct slice pieces[8];
	size_t count;

	stream_write_format(session->stream, "a%llu APPEND \"%s\"",
		(unsigned long long)++session->tag, client->options.into);
	for (uint64_t i = 0; i < batch; i++) {
		client_mail_make(
			&client->mail, number * batch + i, false, &session->draft);
		stream_write_format(session->stream, " {%llu+}\r\n",
			(unsigned long long)session->draft.size);
		reader = (struct draft_reader){.draft = &session->draft};
		while ((count = draft_read(&reader, pieces, 8)))
			if (!stream_send(session->stream, pieces, count,
				    client_deadline(session)))
				return false;
		tally_count(session->worker->tally, TALLY_BYTES,
			(int64_t)session->draft.size);
	}
	stream_write(session->stream, SLICE("\r\n"));
	if (!read_answer(session))
		return false;
	session->items = batch;
	return true;
}

bool imap_idle(struct client_session *session)
{
	struct slice line;

	stream_write_format(
		session->stream, "a%llu IDLE\r\n", (unsigned long long)++session->tag);
	do {
		if (!read_chunk(session, &line))
			return false;
		if (is_ours(session, &line))
			return keep(session, line);
	} while (!slice_starts(line, SLICE("+")));
	return true;
}

/* Up to the tagged line; true for OK. */
static bool read_answer(struct client_session *session)
{
	bool begins = true;
	struct slice line;

	session->items = 0;
	for (;;) {
		if (!read_chunk(session, &line))
			return false;
		if (begins && slice_starts(line, SLICE("* ")))
			note_untagged(session, slice_from(line, 2));
		else if (begins && is_ours(session, &line))
			return slice_starts(line, SLICE("OK")) || keep(session, line);
		begins = slice_ends(line, SLICE("\n"));
		if (begins && slice_ends(line, SLICE("}\r\n"))) {
			if (!read_literal(session, line))
				return false;
			begins = false;
		}
	}
}

/* A line, or the next part of a long one. */
static bool read_chunk(struct client_session *session, struct slice *chunk_r)
{
	if (!stream_read_line(
		    session->stream, CHUNK_MAX, chunk_r, client_deadline(session)))
		return false;
	tally_count(session->worker->tally, TALLY_BYTES, (int64_t)chunk_r->size);
	return true;
}

/* "17 FETCH (…", "18 EXISTS", "SEARCH 3 4". */
static void note_untagged(struct client_session *session, struct slice line)
{
	struct slice number = slice_cut(&line, ' ');
	uint64_t value;

	if (!slice_to_u64(number, &value)) {
		session->items += slice_equal(number, SLICE("SEARCH")) ||
				  slice_equal(number, SLICE("SORT")) ||
				  slice_equal(number, SLICE("ESEARCH")) ||
				  slice_equal(number, SLICE("LIST"));
		return;
	}
	if (slice_starts(line, SLICE("FETCH")))
		session->items++;
	else if (slice_starts(line, SLICE("EXISTS")))
		session->exists = value;
	else if (slice_starts(line, SLICE("EXPUNGE")) && session->exists)
		session->exists--;
}

/* The literal that LINE announces; BODY[] is compared with what was stored. */
static bool read_literal(struct client_session *session, struct slice line)
{
	struct content *content = &session->content;
	struct slice bytes;
	uint64_t left;
	size_t at;
	bool whole;

	if (!literal_size(line, &left, &at))
		return true;
	whole = !session->worker->client->options.unchecked &&
		slice_ends(slice_part(line, 0, at), SLICE("BODY[] "));
	if (whole)
		content_begin(content, 0, true);
	while (left) {
		size_t most = left < CHUNK_MAX ? (size_t)left : CHUNK_MAX;

		if (!stream_read(
			    session->stream, most, &bytes, client_deadline(session)))
			return false;
		left -= bytes.size;
		tally_count(session->worker->tally, TALLY_BYTES, (int64_t)bytes.size);
		if (whole)
			content_add(content, bytes);
	}
	if (whole)
		client_judge(session);
	return true;
}

/* "…{17}" CRLF. *at_r: where the brace stands. */
static bool literal_size(struct slice line, uint64_t *size_r, size_t *at_r)
{
	*at_r = slice_index_last(line, '{');
	return *at_r < line.size &&
	       slice_to_u64(slice_part(line, *at_r + 1, line.size - *at_r - 4), size_r);
}

/* Whether it has our tag; *line is what stands behind it. */
static bool is_ours(const struct client_session *session, struct slice *line)
{
	struct slice rest = *line, tag = slice_cut(&rest, ' ');
	uint64_t number;

	if (tag.size < 2 || *tag.at != 'a' ||
		!slice_to_u64(slice_from(tag, 1), &number) || number != session->tag)
		return false;
	*line = rest;
	return true;
}

static bool keep(struct client_session *session, struct slice line)
{
	slice_to_text(slice_part(slice_trim_all(line), 0, CLIENT_TEXT_MAX - 1),
		session->said, sizeof(session->said));
	return false;
}
