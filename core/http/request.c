/* What a request says: its fields, its query. */
#include "http/http.h"

struct slice http_field(const struct http_request *request, const char *name)
{
	struct slice wanted = slice_of(name);

	for (size_t i = 0; i < request->field_count; i++)
		if (slice_equal_nocase(request->fields[i].name, wanted))
			return request->fields[i].value;
	return SLICE_EMPTY;
}

/* "word;q=0", "word;q=0.000" say that it is not wanted (RFC 9110 12.4.2). */
static bool is_unwanted(struct slice parameters)
{
	parameters = slice_trim(parameters);
	if (!slice_starts_nocase(parameters, SLICE("q=0")))
		return false;
	for (size_t i = 3; i < parameters.size; i++)
		if (parameters.at[i] != '.' && parameters.at[i] != '0')
			return false;
	return true;
}

bool http_field_lists(
	const struct http_request *request, const char *name, const char *word)
{
	struct slice list = http_field(request, name);

	while (list.at) {
		struct slice item = slice_cut(&list, ','), found;

		found = slice_trim(slice_cut(&item, ';'));
		if (slice_equal_nocase(found, slice_of(word)))
			return !is_unwanted(item);
	}
	return false;
}

bool http_is_json(const struct http_request *request)
{
	struct slice type = http_field(request, "Content-Type");

	type = slice_trim(slice_cut(&type, ';'));
	return !type.size || slice_equal_nocase(type, SLICE("application/json")) ||
	       slice_equal_nocase(type, SLICE("application/x-www-form-urlencoded"));
}

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_decode(
	struct slice text, bool plus, struct arena *arena, struct slice *decoded_r)
{
	char *decoded = arena_take(arena, text.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (c == '%') {
			int high = i + 2 < text.size ? hex_value(text.at[i + 1]) : -1;
			int low = high >= 0 ? hex_value(text.at[i + 2]) : -1;

			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if ((unsigned char)c < ' ' || c == 0x7f)
			return false;
		decoded[size++] = c;
	}
	*decoded_r = slice_make(decoded, size);
	return true;
}

bool http_query(const struct http_request *request, const char *name,
	struct arena *arena, struct slice *value_r)
{
	struct slice query = request->query, key;

	while (query.at) {
		struct slice value = slice_cut(&query, '&');

		key = slice_cut(&value, '=');
		if (http_decode(key, true, arena, &key) &&
			slice_equal(key, slice_of(name)))
			return http_decode(value, true, arena, value_r);
	}
	return false;
}
