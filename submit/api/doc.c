/*
 * JSON read into a tree. By hand, since most of a request is one or two long texts,
 * and a parser that takes them byte by byte into buffers of its own costs as much as
 * all the rest of submission (measured: 40 of 95 microseconds a message).
 */
#include "api/doc.h"

#include <string.h>

#include "base/failure.h"
#include "base/map.h"

#include "api/doc_core.h"

#define MEMBERS_COMPARED 16 /* more are looked up in a map */

static bool read_value(struct parsing *parsing, struct doc *doc, size_t depth);

static char peek(const struct parsing *parsing)
{
	return parsing->at < parsing->text.size ? parsing->text.at[parsing->at] : '\0';
}

static void skip_blanks(struct parsing *parsing)
{
	while (parsing->at < parsing->text.size &&
		memchr(" \t\r\n", parsing->text.at[parsing->at], 4))
		parsing->at++;
}

static bool skip(struct parsing *parsing, char c)
{
	skip_blanks(parsing);
	if (peek(parsing) != c)
		return false;
	parsing->at++;
	return true;
}

static bool skip_word(struct parsing *parsing, struct slice word)
{
	if (!slice_starts(slice_from(parsing->text, parsing->at), word))
		return doc_refuse(parsing, "a value was expected");
	parsing->at += word.size;
	return true;
}

/* --- Numbers --- */

static size_t skip_digits(struct parsing *parsing)
{
	size_t begin = parsing->at;

	while (ascii_is_digit(peek(parsing)))
		parsing->at++;
	return parsing->at - begin;
}

static bool read_number(struct parsing *parsing, struct doc *doc)
{
	size_t begin = parsing->at, whole;
	bool zero;

	if (peek(parsing) == '-')
		parsing->at++;
	zero = peek(parsing) == '0';
	whole = skip_digits(parsing);
	if (!whole || (zero && whole > 1))
		return doc_refuse(parsing, "a value was expected");
	doc->kind = DOC_NUMBER;
	if (peek(parsing) == '.') {
		doc->kind = DOC_FRACTION;
		parsing->at++;
		if (!skip_digits(parsing))
			return doc_refuse(parsing, "a number ends in its point");
	}
	if (peek(parsing) == 'e' || peek(parsing) == 'E') {
		doc->kind = DOC_FRACTION;
		parsing->at++;
		if (peek(parsing) == '+' || peek(parsing) == '-')
			parsing->at++;
		if (!skip_digits(parsing))
			return doc_refuse(parsing, "a number has no exponent");
	}
	doc->text = slice_part(parsing->text, begin, parsing->at - begin);
	if (doc->kind == DOC_NUMBER && !slice_to_i64(doc->text, &doc->number))
		doc->kind = DOC_FRACTION;
	return true;
}

/* --- Lists and objects --- */

static struct doc *add_child(struct parsing *parsing, struct doc *parent)
{
	struct doc *child;

	if (++parsing->values > DOC_VALUES_MAX) {
		doc_refuse(parsing, "too many values");
		return NULL;
	}
	child = ARENA_NEW(parsing->arena, struct doc);
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
	return child;
}

static bool read_list(struct parsing *parsing, struct doc *doc, size_t depth)
{
	doc->kind = DOC_LIST;
	if (skip(parsing, ']'))
		return true;
	do {
		struct doc *child = add_child(parsing, doc);

		if (!child || !read_value(parsing, child, depth))
			return false;
	} while (skip(parsing, ','));
	return skip(parsing, ']') || doc_refuse(parsing, "',' or ']' was expected");
}

/* Whether there is none of CHILD's name before it. */
static bool is_first(
	const struct doc *object, const struct doc *child, struct map *names)
{
	if (object->count <= MEMBERS_COMPARED)
		return doc_get_slice(object, child->name) == child;
	if (!names->count)
		for (const struct doc *other = object->first; other != child;
			other = other->next)
			map_set(names, other->name, (void *)(uintptr_t)other);
	return !map_set(names, child->name, (void *)(uintptr_t)child);
}

static bool read_member(
	struct parsing *parsing, struct doc *object, struct map *names, size_t depth)
{
	struct doc *child = add_child(parsing, object);

	if (!child)
		return false;
	if (!skip(parsing, '"'))
		return doc_refuse(parsing, "a name in quotes was expected");
	if (!doc_read_text(parsing, &child->name))
		return false;
	if (child->name.size > DOC_NAME_MAX)
		return doc_refuse(parsing, "a name is too long");
	child->name = arena_copy(parsing->arena, child->name);
	if (!is_first(object, child, names))
		return doc_refuse(parsing, "the same name twice in an object");
	if (!skip(parsing, ':'))
		return doc_refuse(parsing, "':' was expected");
	return read_value(parsing, child, depth);
}

static bool read_object(struct parsing *parsing, struct doc *doc, size_t depth)
{
	struct map names = {0};
	bool good;

	doc->kind = DOC_OBJECT;
	if (skip(parsing, '}'))
		return true;
	do
		good = read_member(parsing, doc, &names, depth);
	while (good && skip(parsing, ','));
	map_finish(&names);
	return good &&
	       (skip(parsing, '}') || doc_refuse(parsing, "',' or '}' was expected"));
}

/* DEPTH is bounded, and so is the stack that this takes. */
static bool read_value(struct parsing *parsing, struct doc *doc, size_t depth)
{
	skip_blanks(parsing);
	if (depth == DOC_DEPTH_MAX)
		return doc_refuse(parsing, "it is nested too deep");
	switch (peek(parsing)) {
	case '{':
		parsing->at++;
		return read_object(parsing, doc, depth + 1);
	case '[':
		parsing->at++;
		return read_list(parsing, doc, depth + 1);
	case '"':
		parsing->at++;
		doc->kind = DOC_TEXT;
		return doc_read_text(parsing, &doc->text);
	case 't':
	case 'f':
		doc->kind = DOC_TRUTH;
		doc->truth = peek(parsing) == 't';
		return skip_word(parsing, doc->truth ? SLICE("true") : SLICE("false"));
	case 'n':
		return skip_word(parsing, SLICE("null"));
	default:
		return read_number(parsing, doc);
	}
}

struct doc *doc_parse(struct arena *arena, struct slice text)
{
	struct parsing parsing = {.arena = arena, .text = text};
	struct doc *doc = ARENA_NEW(arena, struct doc);
	size_t line = 1, column = 1;

	if (read_value(&parsing, doc, 0)) {
		skip_blanks(&parsing);
		if (parsing.at == text.size)
			return doc;
		doc_refuse(&parsing, "there is more behind its end");
	}
	for (size_t i = 0; i < parsing.at && i < text.size; i++) {
		column = text.at[i] == '\n' ? 1 : column + 1;
		line += text.at[i] == '\n';
	}
	fail(FAILURE_DATA, "line %zu, column %zu: %s", line, column, parsing.fault);
	return NULL;
}
