/* The canonical form of a header field (RFC 6376 sections 3.4.1, 3.4.2). */
#include "dkim/canon.h"

static size_t relax(struct slice raw, char *out);

static bool parse_one(struct slice text, enum dkim_canon *canon_r)
{
	if (slice_equal(text, SLICE("relaxed")))
		*canon_r = DKIM_CANON_RELAXED;
	else if (slice_equal(text, SLICE("simple")))
		*canon_r = DKIM_CANON_SIMPLE;
	else
		return false;
	return true;
}

bool dkim_canon_parse(
	struct slice text, enum dkim_canon *header_r, enum dkim_canon *body_r)
{
	struct slice rest = text, first = slice_cut(&rest, '/');
	enum dkim_canon header, body = DKIM_CANON_SIMPLE;

	if (!parse_one(first, &header) || (rest.at && !parse_one(rest, &body)))
		return false;
	*header_r = header;
	*body_r = body;
	return true;
}

const char *dkim_canon_name(enum dkim_canon canon)
{
	return canon == DKIM_CANON_RELAXED ? "relaxed" : "simple";
}

bool dkim_canon_field(enum dkim_canon canon, struct slice raw, struct buffer *out)
{
	char *room;
	size_t size;

	if (canon == DKIM_CANON_SIMPLE)
		return buffer_append(out, raw) &&
		       (slice_ends(raw, SLICE("\r\n")) ||
			       buffer_append(out, SLICE("\r\n")));
	room = buffer_reserve(out, raw.size + 2);
	if (!room)
		return false;
	size = relax(raw, room);
	room[size++] = '\r';
	room[size++] = '\n';
	buffer_advance(out, size);
	return true;
}

static bool is_plain(char c)
{
	return (unsigned char)c > ' ';
}

/* Fits in the size of RAW: nothing grows. Mostly a run of plain bytes is
 * copied, which have no meaning but in the name. */
static size_t relax(struct slice raw, char *out)
{
	const char *at = raw.at, *end = at + raw.size;
	size_t size = 0, start = 0; /* of the name, then of the value */
	bool name = true, space = false;

	while (at < end) {
		char c = *at++;

		if (c == '\r' && at < end && *at == '\n') {
			at++;
			continue;
		}
		if (c == ' ' || c == '\t') {
			space = true;
			continue;
		}
		if (space && size > start && !(name && c == ':'))
			out[size++] = ' ';
		space = false;
		out[size++] = name ? ascii_lower(c) : c;
		if (name && c == ':') {
			name = false;
			start = size;
		}
		while (!name && at < end && is_plain(*at))
			out[size++] = *at++;
	}
	return size;
}
