/* The text of an HTML part, as far as one looks for words and addresses in it;
 * see mime_decode.h. */
#include "mail/mime_decode.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

/* Elements that begin a line. */
static const char *const breaking[] = {"br", "p", "div", "tr", "li", "ul", "ol",
	"table", "h1", "h2", "h3", "pre", "hr"};
/* Elements whose content is no text. */
static const char *const silent[] = {"script", "style", "head", "title"};

static const struct {
	const char *name;
	char byte;
} entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"nbsp", ' '},
	{"apos", '\''}, {"commat", '@'}};

static bool is_one_of(struct slice name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_equal_nocase(name, slice_of(names[i])))
			return true;
	}
	return false;
}

/* Behind the tag or comment that begins at AT. */
static size_t end_of_tag(struct slice html, size_t at)
{
	struct slice rest = slice_from(html, at);
	size_t size;

	if (slice_starts(rest, SLICE("<!--"))) {
		size = slice_find(rest, SLICE("-->"));
		return at + (size == rest.size ? size : size + 3);
	}
	size = slice_index(rest, '>');
	return at + (size == rest.size ? size : size + 1);
}

static struct slice tag_name(struct slice tag)
{
	struct slice name = slice_from(tag, 1);
	size_t size = 0;

	if (name.size && *name.at == '/')
		name = slice_from(name, 1);
	while (size < name.size && ascii_is_alnum(name.at[size]))
		size++;
	return slice_part(name, 0, size);
}

/* Behind the end tag of NAME, whose content begins at AT. */
static size_t skip_content(struct slice html, size_t at, struct slice name)
{
	while (at < html.size) {
		struct slice rest = slice_from(html, at);
		size_t lt = slice_find(rest, SLICE("</"));

		if (lt == rest.size)
			break;
		at += lt;
		if (slice_equal_nocase(tag_name(slice_from(html, at)), name))
			return end_of_tag(html, at);
		at += 2;
	}
	return html.size;
}

/* The number of "#252" or "#xfc"; 0: it is no character's. */
static uint32_t number_of(struct slice name)
{
	bool hex = slice_starts_nocase(name, SLICE("#x"));
	struct slice digits = slice_from(name, hex ? 2 : 1);
	uint32_t number = 0;

	if (!slice_starts(name, SLICE("#")) || digits.size > 8)
		return 0;
	for (size_t i = 0; i < digits.size; i++) {
		int c = ascii_lower(digits.at[i]);

		if (!ascii_is_digit((char)c) && !(hex && c >= 'a' && c <= 'f'))
			return 0;
		number = number * (hex ? 16 : 10) +
			 (uint32_t)(c - (c <= '9' ? '0' : 'a' - 10));
	}
	return number > 0x10ffff || (number >= 0xd800 && number < 0xe000) ? 0 : number;
}

/* In UTF-8, at most four bytes, which are fewer than an entity has. */
static size_t put_number(char *to, uint32_t number)
{
	size_t more = number < 0x80 ? 0 : number < 0x800 ? 1 : number < 0x10000 ? 2 : 3;
	static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};

	if (number < ' ' || number == 0x7f || number == 0xa0)
		number = ' ', more = 0;
	to[0] = (char)(first[more] | number >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		to[i] = (char)(0x80 | (number >> 6 * (more - i) & 0x3f));
	return more + 1;
}

/* An entity at AT, written to TO: how many bytes that are; *size_r: its own size. 0: it
 * is none that is known. */
static size_t put_entity(char *to, struct slice html, size_t at, size_t *size_r)
{
	struct slice rest = slice_part(html, at + 1, 12);
	struct slice name = slice_part(rest, 0, slice_index(rest, ';'));
	uint32_t number = name.size < rest.size ? number_of(name) : 0;

	*size_r = name.size + 2;
	for (size_t i = 0; i < ARRAY_COUNT(entities); i++) {
		if (slice_equal(name, slice_of(entities[i].name))) {
			*to = entities[i].byte;
			return 1;
		}
	}
	return number ? put_number(to, number) : 0;
}

struct slice mime_html_text(struct arena *arena, struct slice html)
{
	char *text = arena_take(arena, html.size + 1);
	size_t size = 0, at = 0, skip;

	while (at < html.size) {
		char c = html.at[at];
		size_t put;

		if (c == '<') {
			size_t end = end_of_tag(html, at);
			struct slice name = tag_name(slice_part(html, at, end - at));

			if (is_one_of(name, breaking, ARRAY_COUNT(breaking)))
				text[size++] = '\n';
			if (html.at[at + (at + 1 < html.size)] != '/' &&
				is_one_of(name, silent, ARRAY_COUNT(silent)))
				end = skip_content(html, end, name);
			at = end;
			continue;
		}
		put = c == '&' ? put_entity(text + size, html, at, &skip) : 0;
		if (put) {
			size += put;
			at += skip;
			continue;
		}
		/* A line end is a space here. */
		text[size++] = c == '\n' || c == '\t' ? ' ' : c;
		at++;
	}
	return slice_make(text, size);
}
