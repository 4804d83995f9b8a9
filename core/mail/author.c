/*
 * Who a message says it is from (RFC 5322 3.4 and 4.4, RFC 6854 groups).
 *
 * The value is read as tokens, comments and folds between them passed over.
 * What others send is read generously where only the name shown is concerned,
 * and strictly where an address is: two programs that read two addresses out
 * of one field are how a sender passes for another.
 */
#include "mail/author.h"

#include <string.h>

#include "mail/address.h"

enum token {
	TOKEN_END,
	TOKEN_ATOM,
	TOKEN_QUOTED,  /* with its quotes */
	TOKEN_LITERAL, /* with its brackets */
	TOKEN_SPECIAL, /* one of < > , : ; @ . */
	TOKEN_BAD,
};

struct reader {
	struct slice rest;
	enum token token; /* the one at hand */
	struct slice text;
};

/* An address being put together, white space and comments left out. */
struct draft {
	char text[2 * ADDRESS_MAX];
	size_t size;
};

struct authors {
	struct arena *arena;
	struct slice *list;
	size_t count;
};

static bool read_item(struct authors *authors, struct reader *reader, bool *grouped);
static bool read_phrase(struct reader *reader);
static bool read_angle(struct authors *authors, struct reader *reader);
static bool read_route(struct reader *reader);
static bool read_mailbox(struct authors *authors, struct reader *reader);
static bool draft_words(struct draft *draft, struct reader *reader);
static bool draft_add(struct draft *draft, struct reader *reader);
static bool is_special(const struct reader *reader, char byte);
static void advance(struct reader *reader);
static bool skip_space(struct reader *reader);
static bool skip_comment(struct slice *rest);
static bool take_enclosed(struct reader *reader, char closing, enum token token);

bool authors_find(
	struct slice value, struct arena *arena, struct slice **list_r, size_t *count_r)
{
	struct authors authors = {.arena = arena};
	struct reader reader = {.rest = value};
	bool grouped = false;

	authors.list = arena_take_array(arena, AUTHORS_MAX, sizeof(*authors.list));
	advance(&reader);
	while (reader.token != TOKEN_END) {
		if (is_special(&reader, ',')) {
			advance(&reader); /* RFC 5322 4.4: empty places in lists */
		} else if (grouped && is_special(&reader, ';')) {
			grouped = false;
			advance(&reader);
		} else if (!read_item(&authors, &reader, &grouped)) {
			return false;
		}
	}
	if (grouped || authors.count == 0)
		return false;
	*list_r = authors.list;
	*count_r = authors.count;
	return true;
}

/* A mailbox, or the name and colon that begin a group. */
static bool read_item(struct authors *authors, struct reader *reader, bool *grouped)
{
	struct reader start = *reader;

	if (!read_phrase(reader))
		return false;
	if (is_special(reader, '<')) {
		if (!read_angle(authors, reader))
			return false;
	} else if (is_special(reader, ':')) {
		if (*grouped || start.text.at == reader->text.at)
			return false;
		*grouped = true;
		advance(reader);
		return true;
	} else {
		*reader = start;
		if (!read_mailbox(authors, reader))
			return false;
	}
	return reader->token == TOKEN_END || is_special(reader, ',') ||
	       (*grouped && is_special(reader, ';'));
}

/* What may stand before "<": more than a phrase, for many write an address
 * there without quotes. */
static bool read_phrase(struct reader *reader)
{
	while (reader->token == TOKEN_ATOM || reader->token == TOKEN_QUOTED ||
		reader->token == TOKEN_LITERAL || is_special(reader, '.') ||
		is_special(reader, '@'))
		advance(reader);
	return reader->token != TOKEN_BAD;
}

static bool read_angle(struct authors *authors, struct reader *reader)
{
	advance(reader);
	if ((is_special(reader, '@') || is_special(reader, ',')) && !read_route(reader))
		return false;
	if (!read_mailbox(authors, reader) || !is_special(reader, '>'))
		return false;
	advance(reader);
	return true;
}

/* "@relay.example,@other.example:" (RFC 5322 4.4), which nobody follows. */
static bool read_route(struct reader *reader)
{
	while (!is_special(reader, ':')) {
		if (reader->token != TOKEN_ATOM && reader->token != TOKEN_LITERAL &&
			!is_special(reader, '@') && !is_special(reader, ',') &&
			!is_special(reader, '.'))
			return false;
		advance(reader);
	}
	advance(reader);
	return true;
}

/* local@domain. */
static bool read_mailbox(struct authors *authors, struct reader *reader)
{
	struct draft draft = {.size = 0};
	struct address address;

	if (!draft_words(&draft, reader) || !is_special(reader, '@') ||
		!draft_add(&draft, reader))
		return false;
	if (reader->token == TOKEN_LITERAL) {
		if (!draft_add(&draft, reader))
			return false;
	} else if (!draft_words(&draft, reader)) {
		return false;
	}
	if (authors->count == AUTHORS_MAX ||
		address_parse(slice_make(draft.text, draft.size), ADDRESS_UTF8,
			&address) != ADDRESS_OK)
		return false;
	authors->list[authors->count++] = address_print_in(authors->arena, &address);
	return true;
}

/* Words with dots between them, white space around the dots left out. */
static bool draft_words(struct draft *draft, struct reader *reader)
{
	for (;;) {
		if (reader->token != TOKEN_ATOM && reader->token != TOKEN_QUOTED)
			return false;
		if (!draft_add(draft, reader))
			return false;
		if (!is_special(reader, '.'))
			return true;
		if (!draft_add(draft, reader))
			return false;
	}
}

/* Adds the token at hand, without its folds, and goes on to the next. */
static bool draft_add(struct draft *draft, struct reader *reader)
{
	struct slice text = reader->text;

	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '\r' || text.at[i] == '\n')
			continue;
		if (draft->size == sizeof(draft->text))
			return false;
		draft->text[draft->size++] = text.at[i];
	}
	advance(reader);
	return true;
}

static bool is_special(const struct reader *reader, char byte)
{
	return reader->token == TOKEN_SPECIAL && reader->text.at[0] == byte;
}

static bool is_atom(char c)
{
	return (c & 0x80) || ascii_is_alnum(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static void advance(struct reader *reader)
{
	struct slice rest;
	size_t size = 0;

	reader->token = TOKEN_BAD;
	if (!skip_space(reader))
		return;
	rest = reader->rest;
	reader->text = slice_part(rest, 0, 1);
	if (rest.size == 0) {
		reader->token = TOKEN_END;
	} else if (rest.at[0] == '"') {
		take_enclosed(reader, '"', TOKEN_QUOTED);
	} else if (rest.at[0] == '[') {
		take_enclosed(reader, ']', TOKEN_LITERAL);
	} else if (rest.at[0] != '\0' && strchr("<>,:;@.", rest.at[0])) {
		reader->token = TOKEN_SPECIAL;
		reader->rest = slice_from(rest, 1);
	} else {
		while (size < rest.size && is_atom(rest.at[size]))
			size++;
		if (size > 0)
			reader->token = TOKEN_ATOM;
		reader->text = slice_part(rest, 0, size);
		reader->rest = slice_from(rest, size);
	}
}

/* Over white space, folds and comments; false in a comment without end. */
static bool skip_space(struct reader *reader)
{
	while (reader->rest.size > 0) {
		char c = reader->rest.at[0];

		if (c == '(') {
			if (!skip_comment(&reader->rest))
				return false;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			reader->rest = slice_from(reader->rest, 1);
		} else {
			break;
		}
	}
	return true;
}

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t' && c != '\r' && c != '\n') ||
	       c == 0x7f;
}

static bool skip_comment(struct slice *rest)
{
	size_t depth = 0;

	for (size_t i = 0; i < rest->size; i++) {
		char c = rest->at[i];

		if (is_control(c))
			return false;
		if (c == '(')
			depth++;
		else if (c == '\\')
			i++;
		else if (c == ')' && --depth == 0) {
			*rest = slice_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

static bool take_enclosed(struct reader *reader, char closing, enum token token)
{
	struct slice rest = reader->rest;

	for (size_t i = 1; i < rest.size; i++) {
		char c = rest.at[i];

		if (is_control(c))
			return false;
		if (c == '\\') {
			i++;
		} else if (c == closing) {
			reader->token = token;
			reader->text = slice_part(rest, 0, i + 1);
			reader->rest = slice_from(rest, i + 1);
			return true;
		}
	}
	return false;
}
