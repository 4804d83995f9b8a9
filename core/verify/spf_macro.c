/*
 * Macro strings: "%{" letter, digits, "r", delimiters "}", and three escapes.
 * A walker takes one piece after the other, for checking and expanding alike.
 */
#include "verify/spf_macro.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_SIZE 253
/* More of an expanded name than this is never kept. */
#define DOMAIN_KEPT 1024

struct piece {
	char letter; /* lower case; 0: a literal */
	bool escape; /* the letter was a capital */
	bool reverse;
	unsigned parts; /* on the right; 0: all */
	struct slice delimiters;
	char literal;
};

/* Takes the next piece off TEXT, which is not empty. False: malformed. */
static bool next_piece(struct slice *text, enum spf_text kind, struct piece *piece_r);

bool spf_macro_is_valid(struct slice text, enum spf_text kind)
{
	struct piece piece;

	while (text.size)
		if (!next_piece(&text, kind, &piece))
			return false;
	return true;
}

static bool is_top_label(struct slice label)
{
	bool other = false;

	if (!label.size || !ascii_is_alnum(label.at[0]) ||
		!ascii_is_alnum(label.at[label.size - 1]))
		return false;
	for (size_t i = 0; i < label.size; i++) {
		if (!ascii_is_alnum(label.at[i]) && label.at[i] != '-')
			return false;
		other = other || !ascii_is_digit(label.at[i]);
	}
	return other;
}

bool spf_domain_spec_is_valid(struct slice text)
{
	struct piece piece = {.letter = 0};
	struct slice rest = text, before = text;
	size_t dot;

	if (!text.size)
		return false;
	while (rest.size) {
		before = rest;
		if (!next_piece(&rest, SPF_TEXT_DOMAIN, &piece))
			return false;
	}
	if (before.size > 1) /* the last piece is a macro or an escape */
		return true;
	if (text.at[text.size - 1] == '.')
		text.size--;
	dot = slice_index_last(text, '.');
	return dot < text.size && is_top_label(slice_from(text, dot + 1));
}

bool spf_macro_uses(struct slice text, char letter)
{
	struct piece piece;

	while (text.size && next_piece(&text, SPF_TEXT_EXPLAIN, &piece))
		if (piece.letter == letter)
			return true;
	return false;
}

static bool literal(struct piece *piece, char byte)
{
	*piece = (struct piece){.literal = byte};
	return true;
}

static bool is_letter(char lower, enum spf_text kind)
{
	const char *letters = kind == SPF_TEXT_EXPLAIN ? "slodiphvcrt" : "slodiphv";

	return lower && strchr(letters, lower);
}

/* What stands between the braces. */
static bool read_braces(struct slice inside, enum spf_text kind, struct piece *piece_r)
{
	struct piece piece = {0};
	size_t at = 1;

	if (!inside.size)
		return false;
	piece.letter = ascii_lower(inside.at[0]);
	piece.escape = piece.letter != inside.at[0];
	if (!is_letter(piece.letter, kind))
		return false;
	for (; at < inside.size && ascii_is_digit(inside.at[at]); at++)
		if (piece.parts < 100000)
			piece.parts = piece.parts * 10 +
				      (unsigned)(inside.at[at] - '0');
	if (at > 1 && !piece.parts)
		return false;
	if (at < inside.size && ascii_lower(inside.at[at]) == 'r') {
		piece.reverse = true;
		at++;
	}
	piece.delimiters = slice_from(inside, at);
	for (; at < inside.size; at++)
		if (!inside.at[at] || !strchr(".-+,/_=", inside.at[at]))
			return false;
	*piece_r = piece;
	return true;
}

static bool next_piece(struct slice *text, enum spf_text kind, struct piece *piece_r)
{
	char byte = text->at[0];
	size_t end;

	if (byte != '%') {
		*text = slice_from(*text, 1);
		if (byte == ' ' ? kind != SPF_TEXT_EXPLAIN : byte < '!' || byte > '~')
			return false;
		return literal(piece_r, byte);
	}
	if (text->size < 2)
		return false;
	byte = text->at[1];
	if (byte == '{') {
		end = slice_index(*text, '}');
		if (end == text->size ||
			!read_braces(slice_part(*text, 2, end - 2), kind, piece_r))
			return false;
		*text = slice_from(*text, end + 1);
		return true;
	}
	*text = slice_from(*text, 2);
	/* "%-", a space as URLs write it, is two bytes more: expand adds them. */
	if (byte != '%' && byte != '_' && byte != '-')
		return false;
	*piece_r = (struct piece){.literal = byte == '%'   ? '%'
					     : byte == '_' ? ' '
							   : '\0'};
	return true;
}

/* ---- Expanding ---- */

static size_t print_nibbles(const struct in6_addr *address, char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t size = 0;

	for (unsigned i = 0; i < 16; i++) {
		text[size++] = digits[address->s6_addr[i] >> 4];
		text[size++] = '.';
		text[size++] = digits[address->s6_addr[i] & 0xf];
		text[size++] = '.';
	}
	return size - 1;
}

/* TEXT has 80 bytes. */
static struct slice print_client(
	const struct in6_addr *address, bool dotted, char *text)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		inet_ntop(AF_INET, address->s6_addr + 12, text, 80);
	else if (dotted)
		return slice_make(text, print_nibbles(address, text));
	else
		inet_ntop(AF_INET6, address, text, 80);
	return slice_of(text);
}

static struct slice or_unknown(struct slice value)
{
	return value.size ? value : SLICE("unknown");
}

/* TEXT has SPF_VALUE_MAX bytes, and holds it when it is put together. */
static struct slice value_of(const struct spf_values *values, char letter, char *text)
{
	switch (letter) {
	case 's':
		snprintf(text, SPF_VALUE_MAX, "%.*s@%.*s", SLICE_PRINT(values->local),
			SLICE_PRINT(values->origin));
		return slice_of(text);
	case 'l':
		return values->local;
	case 'o':
		return values->origin;
	case 'd':
		return values->domain;
	case 'h':
		return values->helo;
	case 'p':
		return or_unknown(values->name);
	case 'r':
		return or_unknown(values->receiver);
	case 'v':
		return IN6_IS_ADDR_V4MAPPED(&values->client) ? SLICE("in-addr")
							     : SLICE("ip6");
	case 't':
		snprintf(text, SPF_VALUE_MAX, "%lld", (long long)values->now_s);
		return slice_of(text);
	default:
		return print_client(&values->client, letter == 'i', text);
	}
}

static void add(struct buffer *into, enum spf_text kind, char byte)
{
	buffer_append_byte(into, byte);
	if (kind == SPF_TEXT_DOMAIN && buffer_size(into) > 4 * DOMAIN_KEPT)
		buffer_consume(into, buffer_size(into) - DOMAIN_KEPT);
}

static void add_escaped(
	struct buffer *into, enum spf_text kind, const struct piece *piece, char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	if (!piece->escape || ascii_is_alnum(byte) || (byte && strchr("-._~", byte))) {
		add(into, kind, byte);
		return;
	}
	add(into, kind, '%');
	add(into, kind, digits[(unsigned char)byte >> 4]);
	add(into, kind, digits[(unsigned char)byte & 0xf]);
}

static bool delimits(const struct piece *piece, char byte)
{
	if (!piece->delimiters.size)
		return byte == '.';
	return slice_index(piece->delimiters, byte) < piece->delimiters.size;
}

/* Bytes from AT to the part's end. */
static size_t part_size(const struct piece *piece, struct slice value, size_t at)
{
	size_t size = 0;

	while (at + size < value.size && !delimits(piece, value.at[at + size]))
		size++;
	return size;
}

static void add_part(struct buffer *into, enum spf_text kind, const struct piece *piece,
	struct slice part, bool first)
{
	if (!first)
		add(into, kind, '.');
	for (size_t i = 0; i < part.size; i++)
		add_escaped(into, kind, piece, part.at[i]);
}

/* The parts in their order, without the first SKIP. */
static void add_forward(struct buffer *into, enum spf_text kind,
	const struct piece *piece, struct slice value, size_t skip)
{
	bool first = true;

	for (size_t at = 0; at <= value.size;) {
		size_t size = part_size(piece, value, at);

		if (skip) {
			skip--;
		} else {
			add_part(into, kind, piece, slice_part(value, at, size), first);
			first = false;
		}
		at += size + 1;
	}
}

/* From the last part backwards, without the first SKIP of those. */
static void add_backward(struct buffer *into, enum spf_text kind,
	const struct piece *piece, struct slice value, size_t skip)
{
	size_t end = value.size;
	bool first = true;

	for (;;) {
		size_t at = end;

		while (at && !delimits(piece, value.at[at - 1]))
			at--;
		if (skip) {
			skip--;
		} else {
			add_part(into, kind, piece, slice_part(value, at, end - at),
				first);
			first = false;
		}
		if (!at)
			return;
		end = at - 1;
	}
}

static void add_value(struct buffer *into, enum spf_text kind,
	const struct piece *piece, struct slice value)
{
	size_t parts = 1, skip;

	if (value.size > SPF_VALUE_MAX)
		value.size = SPF_VALUE_MAX;
	for (size_t i = 0; i < value.size; i++)
		parts += delimits(piece, value.at[i]);
	skip = piece->parts && piece->parts < parts ? parts - piece->parts : 0;
	if (piece->reverse)
		add_backward(into, kind, piece, value, skip);
	else
		add_forward(into, kind, piece, value, skip);
}

void spf_macro_expand(const struct spf_values *values, struct slice text,
	enum spf_text kind, struct buffer *into)
{
	char value[SPF_VALUE_MAX];
	struct piece piece;

	while (text.size && next_piece(&text, kind, &piece)) {
		if (piece.letter) {
			add_value(into, kind, &piece,
				value_of(values, piece.letter, value));
		} else if (piece.literal) {
			add(into, kind, piece.literal);
		} else {
			add(into, kind, '%');
			add(into, kind, '2');
			add(into, kind, '0');
		}
	}
}

struct slice spf_macro_domain(
	const struct spf_values *values, struct slice text, struct buffer *name)
{
	struct slice all;

	buffer_clear(name);
	spf_macro_expand(values, text, SPF_TEXT_DOMAIN, name);
	all = buffer_contents(name);
	if (slice_ends(all, SLICE(".")))
		all.size--;
	while (all.size > NAME_MAX_SIZE && slice_index(all, '.') < all.size)
		slice_cut(&all, '.');
	return all;
}
