/* Reads links; see links.h. */
#include "gate/links.h"

#include "base/config_network.h"
#include "base/memory.h"
#include "mail/domain.h"
#include "mail/mime_decode.h"
#include "verify/suffix.h"

#define SHOWN_MAX 1000 /* bytes of HTML inside a link that are looked at */
#define URL_MAX	  4000

typedef bool link_visit(void *context, const struct link_seen *link);

/* Where a URL's host ends. */
static bool ends_authority(char c)
{
	return c == '/' || c == '?' || c == '#' || c == '\\' || c == '"' || c == '\'' ||
	       c == '<' || c == '>' || (unsigned char)c <= ' ';
}

static struct slice lower(struct arena *arena, struct slice text)
{
	struct slice copy = arena_copy(arena, text);
	char *at = (char *)(uintptr_t)copy.at;

	for (size_t i = 0; i < copy.size; i++)
		at[i] = ascii_lower(at[i]);
	return copy;
}

/* A name, in A-labels where it has them, or an address. */
static bool read_host(struct slice host, struct arena *arena, struct link_seen *link)
{
	char text[DOMAIN_MAX + 1];
	uint8_t address[16];
	struct slice ascii;

	if (slice_starts(host, SLICE("["))) {
		host = slice_part(host, 1, slice_index(host, ']') - 1);
	} else {
		host = slice_part(host, 0, slice_index(host, ':'));
		while (slice_ends(host, SLICE(".")))
			host.size--;
	}
	if (!host.size || host.size > DOMAIN_MAX)
		return false;
	link->address = slice_to_text(host, text, sizeof(text)) &&
			config_address_parse(text, address);
	if (link->address)
		link->host = lower(arena, host);
	else if (domain_to_ascii(host, text, &ascii))
		link->host = arena_copy(arena, ascii);
	else
		return false;
	return true;
}

bool link_read(struct slice url, struct arena *arena, struct link_seen *link_r)
{
	struct link_seen link = {.address = false};
	size_t size = 0, at;

	url = slice_part(slice_trim_all(url), 0, URL_MAX);
	if (slice_starts_nocase(url, SLICE("https:")))
		url = slice_from(url, 6);
	else if (slice_starts_nocase(url, SLICE("http:")))
		url = slice_from(url, 5);
	else if (!slice_starts(url, SLICE("//")))
		return false;
	/* Programs take any number of either slash. */
	while (url.size && (*url.at == '/' || *url.at == '\\'))
		url = slice_from(url, 1);
	while (size < url.size && !ends_authority(url.at[size]))
		size++;
	url = slice_part(url, 0, size);
	at = slice_index_last(url, '@');
	if (at < url.size) {
		link.user = true;
		url = slice_from(url, at + 1);
	}
	if (!read_host(url, arena, &link))
		return false;
	*link_r = link;
	return true;
}

/* "report.pdf" is no site, though it could be a name. */
static bool is_file(struct slice ending)
{
	static const char *const endings[] = {"pdf", "doc", "docx", "xls", "xlsx",
		"ppt", "pptx", "odt", "ods", "txt", "csv", "xml", "json", "html", "htm",
		"php", "jpg", "jpeg", "png", "gif", "svg", "exe", "ics"};

	for (size_t i = 0; i < ARRAY_COUNT(endings); i++)
		if (slice_equal(ending, slice_of(endings[i])))
			return true;
	return false;
}

/* A name that somebody registered, or below one. */
static bool is_site(struct slice host)
{
	char text[DOMAIN_MAX + 1];
	size_t dot = slice_index_last(host, '.');

	return dot < host.size && domain_is_valid(host, true) &&
	       !is_file(slice_from(host, dot + 1)) && !suffix_is_public(host) &&
	       slice_index(suffix_organization(host, text), '.') < host.size;
}

struct slice link_shown(struct slice text, struct arena *arena)
{
	struct link_seen link;
	size_t size = 0;

	text = slice_part(slice_trim_all(text), 0, URL_MAX);
	if (slice_starts_nocase(text, SLICE("http")))
		return link_read(text, arena, &link) && !link.address ? link.host
								      : SLICE_EMPTY;
	while (size < text.size && !ends_authority(text.at[size]))
		size++;
	/* Words behind it: it is a sentence. */
	if (size < text.size && (unsigned char)text.at[size] <= ' ')
		return SLICE_EMPTY;
	text = slice_part(text, 0, size);
	if (slice_index(text, '@') < text.size || !read_host(text, arena, &link) ||
		link.address || !is_site(link.host))
		return SLICE_EMPTY;
	return link.host;
}

/* --- HTML --- */

/* A character reference at the beginning of TEXT that stands for ASCII; 0: none.
 * *size_r: its bytes. */
static char read_reference(struct slice text, size_t *size_r)
{
	struct slice inside = slice_part(text, 1, 12), digits;
	size_t end = slice_index(inside, ';');
	unsigned value = 0, base = 10;

	inside = slice_part(inside, 0, end);
	*size_r = end + 2;
	if (slice_equal(inside, SLICE("amp")))
		return '&';
	if (!slice_starts(inside, SLICE("#")))
		return 0;
	digits = slice_from(inside, 1);
	if (slice_starts_nocase(digits, SLICE("x"))) {
		digits = slice_from(digits, 1);
		base = 16;
	}
	for (size_t i = 0; i < digits.size && value < 0x80; i++) {
		char c = ascii_lower(digits.at[i]);

		if (ascii_is_digit(c))
			value = value * base + (unsigned)(c - '0');
		else if (base == 16 && c >= 'a' && c <= 'f')
			value = value * base + (unsigned)(c - 'a') + 10;
		else
			return 0;
	}
	return value > ' ' && value < 0x7f ? (char)value : 0;
}

/* An attribute's value as a program reads it: references, no line ends. */
static struct slice read_value(struct slice value, struct arena *arena)
{
	char *text = arena_take(arena, value.size + 1);
	size_t size = 0;

	for (size_t at = 0, skip; at < value.size; at++) {
		char c = value.at[at];

		if (c == '&') {
			char meant = read_reference(slice_from(value, at), &skip);

			if (meant) {
				c = meant;
				at += skip - 1;
			}
		}
		if (c != '\r' && c != '\n' && c != '\t')
			text[size++] = c;
	}
	return slice_make(text, size);
}

/* The value of href in the inside of an <a> tag, its entities read. */
static struct slice find_href(struct slice tag, struct arena *arena)
{
	size_t at = 0;

	while (at + 5 < tag.size) {
		struct slice rest = slice_from(tag, at);
		char before = at ? tag.at[at - 1] : ' ', quote;

		if (ascii_lower(*rest.at) != 'h' || ascii_is_alnum(before) ||
			before == '-' || !slice_starts_nocase(rest, SLICE("href"))) {
			at++;
			continue;
		}
		rest = slice_trim_all(slice_from(rest, 4));
		if (!slice_starts(rest, SLICE("="))) {
			at += 4;
			continue;
		}
		rest = slice_trim_all(slice_from(rest, 1));
		quote = rest.size ? *rest.at : 0;
		if (quote == '"' || quote == '\'') {
			rest = slice_from(rest, 1);
			rest = slice_part(rest, 0, slice_index(rest, quote));
		} else {
			size_t size = 0;

			while (size < rest.size && (unsigned char)rest.at[size] > ' ')
				size++;
			rest = slice_part(rest, 0, size);
		}
		return read_value(slice_part(rest, 0, URL_MAX), arena);
	}
	return SLICE_EMPTY;
}

/* What stands behind the tag until the link ends, or another begins. */
static struct slice inside_of(struct slice html)
{
	struct slice part = slice_part(html, 0, SHOWN_MAX);

	for (size_t i = 0; i + 2 < part.size; i++) {
		const char *at = part.at + i;

		if (*at != '<')
			continue;
		if ((at[1] == '/' && ascii_lower(at[2]) == 'a') ||
			(ascii_lower(at[1]) == 'a' && (unsigned char)at[2] <= ' '))
			return slice_part(part, 0, i);
	}
	return part;
}

/* Where a tag's '>' is, quoted ones passed over; a quote without end is none. */
static size_t end_of_tag(struct slice html)
{
	char quote = 0;

	for (size_t i = 0; i < html.size && i < 2 * URL_MAX; i++) {
		char c = html.at[i];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return i;
	}
	return slice_index(slice_part(html, 0, 2 * URL_MAX), '>');
}

void links_of_html(
	struct slice html, struct arena *arena, link_visit *visit, void *context)
{
	unsigned count = 0;

	while (html.size && count < LINKS_MAX) {
		struct link_seen link;
		struct slice tag;
		size_t size;

		html = slice_from(html, slice_index(html, '<'));
		if (html.size < 3)
			return;
		if (ascii_lower(html.at[1]) != 'a' || (unsigned char)html.at[2] > ' ') {
			html = slice_from(html, 1);
			continue;
		}
		html = slice_from(html, 2);
		size = end_of_tag(html);
		tag = slice_part(html, 0, size);
		html = slice_from(html, size + (size < html.size));
		count++; /* also without an address: each takes time */
		if (!link_read(find_href(tag, arena), arena, &link))
			continue;
		link.shown = link_shown(mime_html_text(arena, inside_of(html)), arena);
		if (!visit(context, &link))
			return;
	}
}

/* A byte is found sooner than three. */
size_t links_find(struct slice text)
{
	size_t from = 0;

	while (from < text.size) {
		size_t at = from + slice_index(slice_from(text, from), ':');

		if (slice_starts(slice_from(text, at), SLICE("://")))
			return at;
		from = at + 1;
	}
	return text.size;
}

void links_of_text(
	struct slice text, struct arena *arena, link_visit *visit, void *context)
{
	for (unsigned count = 0; count < LINKS_MAX; count++) {
		struct link_seen link;
		size_t at = links_find(text);

		if (at == text.size)
			return;
		text = slice_from(text, at + 1);
		if (at >= 4 && link_read(text, arena, &link) && !visit(context, &link))
			return;
		text = slice_from(text, 2);
	}
}
