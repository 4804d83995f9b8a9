/* Finds where a header ends, whatever the cuts; see header.h. */
#include "mail/header.h"

#include <string.h>

enum line_state {
	LINE_START,
	LINE_START_CR, /* a CR begins the line: LF makes it blank */
	LINE_INSIDE,
	LINE_INSIDE_CR,
};

/* The first line, until it is known what it is. 1 … 4: that many letters of
 * "From" and nothing else so far. */
enum first_state {
	FIRST_START = 0,
	FIRST_FROM = 4,
	FIRST_NAME,  /* in a field name */
	FIRST_SPACE, /* behind one (RFC 5322 4.5.8: space before the colon) */
	FIRST_DONE,
	FIRST_BODY, /* no header line */
};

static enum first_state first_after(enum first_state state, char byte);
static bool read_first(struct header_end *end, struct slice chunk);
static bool read_line(struct header_end *end, const char **at, const char *stop);
static void set_found(struct header_end *end, uint64_t size, uint64_t body_at);

bool header_end_find(struct header_end *end, struct slice chunk)
{
	const char *at = chunk.at, *stop = at + chunk.size;

	if (end->found || !chunk.size)
		return end->found;
	if (end->first != FIRST_DONE && read_first(end, chunk)) {
		set_found(end, 0, 0);
		return true;
	}
	while (at < stop) {
		if (read_line(end, &at, stop)) {
			uint64_t body_at = end->seen + (uint64_t)(at - chunk.at);

			set_found(end, body_at - 2, body_at);
			return true;
		}
	}
	end->seen += chunk.size;
	return false;
}

void header_end_finish(struct header_end *end)
{
	if (end->found)
		return;
	if (end->first == FIRST_DONE || !end->seen)
		set_found(end, end->seen, end->seen);
	else
		set_found(end, 0, 0);
}

/* True when the first line turns out to be no header line. */
static bool read_first(struct header_end *end, struct slice chunk)
{
	enum first_state state = (enum first_state)end->first;

	if (end->line == LINE_START_CR)
		return chunk.at[0] != '\n';
	/* Maybe a blank line, that is, an empty header: read_line sees it. */
	if (state == FIRST_START && chunk.at[0] == '\r')
		return chunk.size > 1 && chunk.at[1] != '\n';
	for (size_t i = 0; i < chunk.size && state < FIRST_DONE; i++)
		state = first_after(state, chunk.at[i]);
	end->first = (uint8_t)state;
	return state == FIRST_BODY;
}

static enum first_state first_after(enum first_state state, char byte)
{
	static const char from[] = "From";
	unsigned char c = (unsigned char)byte;

	if (c == ':')
		return state == FIRST_START ? FIRST_BODY : FIRST_DONE;
	if (c == ' ' || c == '\t') {
		if (state == FIRST_START)
			return FIRST_BODY;
		return state == FIRST_FROM && c == ' ' ? FIRST_DONE : FIRST_SPACE;
	}
	if (c <= ' ' || c > '~' || state == FIRST_SPACE)
		return FIRST_BODY;
	if (state < FIRST_FROM && byte == from[state])
		return state + 1;
	return FIRST_NAME;
}

/* Reads to the end of a line or of the chunk. True when a blank line ended. */
static bool read_line(struct header_end *end, const char **at, const char *stop)
{
	const char *start = *at, *lf;

	if (end->line == LINE_START && *start == '\r') {
		end->line = LINE_START_CR;
		*at = start + 1;
		return false;
	}
	if (end->line == LINE_START_CR && *start == '\n') {
		*at = start + 1;
		return true;
	}
	lf = memchr(start, '\n', (size_t)(stop - start));
	if (!lf) {
		end->line = stop[-1] == '\r' ? LINE_INSIDE_CR : LINE_INSIDE;
		*at = stop;
		return false;
	}
	if (lf > start ? lf[-1] == '\r' : end->line == LINE_INSIDE_CR)
		end->line = LINE_START;
	else
		end->line = LINE_INSIDE;
	*at = lf + 1;
	return false;
}

static void set_found(struct header_end *end, uint64_t size, uint64_t body_at)
{
	end->found = true;
	end->size = size;
	end->body_at = body_at;
}
