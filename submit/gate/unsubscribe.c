/* Looks for one-click unsubscription, and adds it; see unsubscribe.h. */
#include "gate/unsubscribe.h"

#include "base/buffer.h"

#define OWN_MAX 10 /* addresses of the message's own field that are kept */

/* The next "<…>" of a List-Unsubscribe value, without its brackets. */
static bool next_address(struct slice *rest, struct slice *address_r)
{
	while (rest->size) {
		struct slice found;

		slice_cut(rest, '<');
		if (!rest->at || slice_index(*rest, '>') == rest->size)
			return false;
		found = slice_trim_all(slice_cut(rest, '>'));
		if (found.size) {
			*address_r = found;
			return true;
		}
	}
	return false;
}

static bool is_web(struct slice address)
{
	return slice_starts_nocase(address, SLICE("https:")) ||
	       slice_starts_nocase(address, SLICE("http:"));
}

static bool has_secure_address(struct slice value)
{
	struct slice address;

	while (next_address(&value, &address))
		if (slice_starts_nocase(address, SLICE("https://")))
			return true;
	return false;
}

bool unsubscribe_is_offered(const struct header *header, struct arena *arena)
{
	const struct header_field *list = header_find(header, HEADER_LIST_UNSUBSCRIBE);
	const struct header_field *post = header_find(
		header, HEADER_LIST_UNSUBSCRIBE_POST);

	if (header->counts[HEADER_LIST_UNSUBSCRIBE] != 1 ||
		header->counts[HEADER_LIST_UNSUBSCRIBE_POST] != 1)
		return false;
	return slice_equal_nocase(slice_trim_all(post->value),
		       SLICE("List-Unsubscribe=One-Click")) &&
	       has_secure_address(header_unfold(arena, list->value));
}

static bool find_fact(const struct unsubscribe_facts *facts, struct slice name,
	struct slice *fact_r, bool *needed_r)
{
	const struct {
		const char *name;
		struct slice fact;
		bool needed;
	} rows[] = {
		{"id", facts->id, true},
		{"recipient", facts->recipient, true},
		{"token", facts->token, true},
		{"tenant", facts->tenant, false},
		{"stream", facts->stream, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!slice_equal(name, slice_of(rows[i].name)))
			continue;
		*fact_r = rows[i].fact;
		*needed_r = rows[i].needed;
		return true;
	}
	return false;
}

/* RFC 3986 2.3: all but these is encoded. */
static void add_encoded(struct buffer *url, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
			buffer_append_byte(url, c);
		else
			buffer_append_format(url, "%%%02X", (unsigned char)c);
	}
}

static bool write_url(
	struct slice rest, const struct unsubscribe_facts *facts, struct buffer *url)
{
	struct slice fact;
	bool needed;

	while (rest.at) {
		buffer_append(url, slice_cut(&rest, '{'));
		if (!rest.at)
			break;
		if (!find_fact(facts, slice_cut(&rest, '}'), &fact, &needed) ||
			(needed && !fact.size))
			return false;
		add_encoded(url, fact);
	}
	return buffer_size(url) <= UNSUBSCRIBE_URL_MAX;
}

bool unsubscribe_url(const char *template, const struct unsubscribe_facts *facts,
	struct arena *arena, struct slice *url_r)
{
	struct buffer url = {0};
	bool written = write_url(slice_of(template), facts, &url);

	if (written)
		*url_r = arena_copy(arena, buffer_contents(&url));
	buffer_finish(&url);
	return written;
}

static void take_out(struct header *header, enum header_name name)
{
	const struct header_field *field;

	while ((field = header_find(header, name)))
		header_make_private(header, field);
}

/* No byte of it may end a line, or leave its brackets. */
static bool is_clean(struct slice address)
{
	for (size_t i = 0; i < address.size; i++)
		if (address.at[i] <= ' ' || address.at[i] == 0x7f)
			return false;
	return address.size <= UNSUBSCRIBE_URL_MAX;
}

struct slice unsubscribe_fields(struct header *header,
	const struct unsubscribe_links *links, struct arena *arena)
{
	const struct header_field *own = header_find(header, HEADER_LIST_UNSUBSCRIBE);
	struct slice rest = own ? header_unfold(arena, own->value) : SLICE_EMPTY;
	struct buffer fields = {0};
	struct slice address, text;
	bool others = false;

	buffer_append_format(
		&fields, "List-Unsubscribe: <%.*s>", SLICE_PRINT(links->url));
	for (size_t i = 0; i < OWN_MAX && next_address(&rest, &address); i++)
		if (!is_web(address) && is_clean(address)) {
			buffer_append_format(
				&fields, ",\r\n <%.*s>", SLICE_PRINT(address));
			others = true;
		}
	if (!others && links->mailto.size)
		buffer_append_format(
			&fields, ",\r\n <%.*s>", SLICE_PRINT(links->mailto));
	buffer_append(&fields,
		SLICE("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
	take_out(header, HEADER_LIST_UNSUBSCRIBE);
	take_out(header, HEADER_LIST_UNSUBSCRIBE_POST);
	text = arena_copy(arena, buffer_contents(&fields));
	buffer_finish(&fields);
	return text;
}
