/* The content of messages: a header with the id, and lines of filler. */
#include "bench/draft.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/memory.h"

#include "bench/mix.h"

#define LINE_TEXT 76
#define LINE_SIZE (LINE_TEXT + 2)
#define LINES	  1024
#define DOT_EVERY 16 /* one line in so many begins with a dot */

struct filler {
	char plain[LINES * LINE_SIZE];
	char dotted[LINES * LINE_SIZE + LINES / DOT_EVERY];
};

static void make_line(char *line, unsigned number);
static bool has_dot(size_t line);
static size_t dotted_at(size_t line, size_t column);
static void write_header(struct buffer *head, const struct draft_facts *facts);
static void append(struct buffer *buffer, const char *name, struct slice value);
static struct slice read_filler(struct draft_reader *reader);
static void sum_body(struct draft *draft, size_t header_size);

struct filler *filler_create(void)
{
	struct filler *filler = NEW(struct filler);

	for (unsigned i = 0; i < LINES; i++) {
		char *plain = filler->plain + (size_t)i * LINE_SIZE;
		char *dotted = filler->dotted + dotted_at(i, 0);

		make_line(plain, i);
		if (has_dot(i))
			*dotted++ = '.';
		memcpy(dotted, plain, LINE_SIZE);
	}
	return filler;
}

void filler_destroy(struct filler **filler)
{
	memory_free(*filler);
	*filler = NULL;
}

void draft_make(struct draft *draft, const struct filler *filler,
	const struct draft_facts *facts)
{
	uint64_t left;
	size_t header_size;

	draft->filler = filler;
	draft->line = facts->number % LINES;
	draft->filler_size = 0;
	draft->tail = SLICE_EMPTY;
	draft->body_crc = 0;
	buffer_clear(&draft->head);
	write_header(&draft->head, facts);
	header_size = buffer_size(&draft->head);
	append(&draft->head, "This message is ", facts->id);

	left = facts->size > buffer_size(&draft->head)
		       ? facts->size - buffer_size(&draft->head)
		       : 0;
	if (left) {
		draft->filler_size = left > 2 ? left - 2 : 0;
		draft->tail = SLICE("\r\n");
		/* A CR at the cut would stand alone. */
		if (draft->filler_size % LINE_SIZE == LINE_SIZE - 1) {
			draft->filler_size--;
			draft->tail = SLICE("~\r\n");
		}
	}
	draft->size = buffer_size(&draft->head) + draft->filler_size + draft->tail.size;
	draft->body_size = draft->size - header_size;
	if (facts->sum)
		sum_body(draft, header_size);
}

void draft_finish(struct draft *draft)
{
	buffer_finish(&draft->head);
	*draft = (struct draft){0};
}

size_t draft_read(struct draft_reader *reader, struct slice *pieces, size_t most)
{
	const struct draft *draft = reader->draft;
	size_t count = 0;

	if (!reader->begun) {
		reader->begun = true;
		reader->line = draft->line;
		reader->left = draft->filler_size;
		pieces[count++] = buffer_contents(&draft->head);
	}
	while (reader->left && count < most)
		pieces[count++] = read_filler(reader);
	if (!reader->left && !reader->ended && count + 2 <= most) {
		reader->ended = true;
		if (draft->tail.size)
			pieces[count++] = draft->tail;
		if (reader->dotted)
			pieces[count++] = SLICE(".\r\n");
	}
	return count;
}

/* Words of letters, never "From ", no space at either end. */
static void make_line(char *line, unsigned number)
{
	uint64_t chance = 0;

	for (unsigned i = 0; i < LINE_TEXT; i++) {
		if (i % 8 == 0)
			chance = mix_scatter(number, i);
		line[i] = (char)('a' + (chance & 255) % 26);
		if (i % 6 == 5 && i < LINE_TEXT - 1)
			line[i] = ' ';
		chance >>= 8;
	}
	if (has_dot(number))
		line[0] = '.';
	memcpy(line + LINE_TEXT, "\r\n", 2);
}

static bool has_dot(size_t line)
{
	return line % DOT_EVERY == DOT_EVERY / 2;
}

/* Where column COLUMN of LINE stands in the dotted form: in front of the
 * doubled dot at column 0, behind it everywhere else. */
static size_t dotted_at(size_t line, size_t column)
{
	size_t dots = (line + DOT_EVERY - 1 - DOT_EVERY / 2) / DOT_EVERY;

	if (column && has_dot(line))
		column++;
	return line * LINE_SIZE + dots + column;
}

static void write_header(struct buffer *head, const struct draft_facts *facts)
{
	struct slice domain = slice_from(
		facts->from, slice_index_last(facts->from, '@') + 1);

	append(head, "Date: ", facts->date);
	append(head, "From: ", facts->from.size ? facts->from : SLICE("bench@invalid"));
	append(head, "To: ", facts->to.size ? facts->to : SLICE("many:;"));
	append(head, "Subject: Ringpost bench ", facts->id);
	buffer_append(head, SLICE("Message-ID: <"));
	buffer_append(head, facts->id);
	buffer_append(head, SLICE("@"));
	buffer_append(head, domain.size ? domain : SLICE("invalid"));
	append(head, ">\r\nX-Ledger-Id: ", facts->id);
	buffer_append(head, SLICE("MIME-Version: 1.0\r\n"
				  "Content-Type: text/plain; charset=us-ascii\r\n"
				  "\r\n"));
}

/* NAME, VALUE, CRLF. */
static void append(struct buffer *buffer, const char *name, struct slice value)
{
	buffer_append(buffer, slice_of(name));
	buffer_append(buffer, value);
	buffer_append(buffer, SLICE("\r\n"));
}

/* What lies together of the lines that are left. */
static struct slice read_filler(struct draft_reader *reader)
{
	const struct filler *filler = reader->draft->filler;
	size_t line = reader->line, size = (LINES - line) * LINE_SIZE;
	size_t from = line * LINE_SIZE, to;

	if (size > reader->left)
		size = (size_t)reader->left;
	reader->left -= size;
	reader->line = 0;
	to = from + size;
	if (!reader->dotted)
		return slice_make(filler->plain + from, size);
	from = dotted_at(line, 0);
	to = dotted_at(to / LINE_SIZE, to % LINE_SIZE);
	return slice_make(filler->dotted + from, to - from);
}

static void sum_body(struct draft *draft, size_t header_size)
{
	struct draft_reader reader = {.draft = draft};
	struct slice pieces[8];
	bool first = true;
	size_t count;

	while ((count = draft_read(&reader, pieces, ARRAY_COUNT(pieces)))) {
		for (size_t i = 0; i < count; i++) {
			if (first)
				pieces[i] = slice_from(pieces[i], header_size);
			first = false;
			draft->body_crc = crc32c(draft->body_crc, pieces[i]);
		}
	}
}
