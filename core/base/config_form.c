/* Says whether a text has the form of a host name, an address, a selector, … */
#include "base/config_form.h"

#include <string.h>

#include "base/config_network.h"
#include "base/slice.h"

#define NAME_MAX_BYTES	  253
#define LABEL_MAX_BYTES	  63
#define LOCAL_MAX_BYTES	  64
#define ACCOUNT_MAX_BYTES 32
#define TENANT_MAX_BYTES  63
#define STREAM_MAX_BYTES  31
#define FIELD_MAX_BYTES	  70

static bool is_name(struct slice name, unsigned labels_least);
static bool is_label(struct slice label);
static bool is_literal(struct slice text);
static bool is_dot_string(struct slice text);

bool config_form_hostname(const char *text)
{
	return is_name(slice_of(text), 2);
}

bool config_form_host(const char *text)
{
	return is_name(slice_of(text), 1) || is_literal(slice_of(text));
}

bool config_form_signing_domain(const char *text)
{
	return strcmp(text, "*") == 0 || is_name(slice_of(text), 2);
}

bool config_form_route_domain(const char *text)
{
	return strcmp(text, "*") == 0 || is_name(slice_of(text + (*text == '.')), 1);
}

bool config_form_local_domain(const char *text)
{
	return is_name(slice_of(text + (*text == '.')), 2);
}

bool config_form_local_part(const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == '@' || text[i] == 127)
			return false;
	return size > 0 && size <= LOCAL_MAX_BYTES;
}

bool config_form_detail(const char *text)
{
	return *text == '\0' || (strchr("+-=_.#", *text) && text[1] == '\0');
}

bool config_form_selector(const char *text)
{
	struct slice rest = slice_of(text);

	if (rest.size > NAME_MAX_BYTES)
		return false;
	while (rest.at) {
		if (!is_label(slice_cut(&rest, '.')))
			return false;
	}
	return true;
}

bool config_form_listen(const char *text)
{
	struct config_endpoint endpoint;

	return config_endpoint_parse(text, 25, &endpoint);
}

bool config_form_server(const char *text)
{
	struct config_endpoint endpoint;

	return config_endpoint_parse(text, 53, &endpoint);
}

bool config_form_mailbox(const char *text)
{
	struct slice whole = slice_of(text);
	size_t at = slice_index_last(whole, '@');

	return at < whole.size && is_dot_string(slice_part(whole, 0, at)) &&
	       is_name(slice_from(whole, at + 1), 1);
}

bool config_form_sender(const char *text)
{
	return *text == '@' ? is_name(slice_of(text + 1), 1)
			    : config_form_mailbox(text);
}

bool config_form_account(const char *text)
{
	size_t size = strlen(text);

	return size <= ACCOUNT_MAX_BYTES &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-.") == size &&
	       *text != '-';
}

static bool is_word(const char *text, size_t most)
{
	size_t size = strlen(text);

	return size > 0 && size <= most &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-.") == size;
}

bool config_form_tenant(const char *text)
{
	return is_word(text, TENANT_MAX_BYTES);
}

bool config_form_stream(const char *text)
{
	return is_word(text, STREAM_MAX_BYTES);
}

bool config_form_stream_or_none(const char *text)
{
	return *text == '\0' || config_form_stream(text);
}

bool config_form_field(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= FIELD_MAX_BYTES &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-") == size;
}

bool config_form_https(const char *text)
{
	struct slice url = slice_of(text);

	return slice_starts(url, SLICE("https://")) && url.size > 8 &&
	       slice_index(url, ' ') == url.size;
}

bool config_form_some(const char *text)
{
	return *text != 0;
}

/* The last label of a name is not all digits: that would be an address. */
static bool is_name(struct slice name, unsigned labels_least)
{
	struct slice rest = name, label = SLICE_EMPTY;
	unsigned labels = 0;
	uint64_t number;

	if (name.size == 0 || name.size > NAME_MAX_BYTES)
		return false;
	for (; rest.at; labels++) {
		label = slice_cut(&rest, '.');
		if (!is_label(label))
			return false;
	}
	return labels >= labels_least && !slice_to_u64(label, &number);
}

static bool is_label(struct slice label)
{
	if (label.size == 0 || label.size > LABEL_MAX_BYTES || label.at[0] == '-' ||
		label.at[label.size - 1] == '-')
		return false;
	for (size_t i = 0; i < label.size; i++) {
		if (!ascii_is_alnum(label.at[i]) && label.at[i] != '-')
			return false;
	}
	return true;
}

static bool is_literal(struct slice text)
{
	char address_text[64];
	uint8_t address[16];

	return slice_starts(text, SLICE("[")) && slice_ends(text, SLICE("]")) &&
	       slice_to_text(slice_part(text, 1, text.size - 2), address_text,
		       sizeof(address_text)) &&
	       config_address_parse(address_text, address);
}

static bool is_dot_string(struct slice text)
{
	struct slice rest = text;

	if (text.size == 0 || text.size > LOCAL_MAX_BYTES)
		return false;
	while (rest.at) {
		struct slice atom = slice_cut(&rest, '.');

		if (atom.size == 0)
			return false;
		for (size_t i = 0; i < atom.size; i++) {
			if (!ascii_is_alnum(atom.at[i]) &&
				!strchr("!#$%&'*+-/=?^_`{|}~", atom.at[i]))
				return false;
		}
	}
	return true;
}
