/*
 * Mailboxes and paths, RFC 5321 sections 4.1.2 and 4.1.3, RFC 6531 section 3.3.
 */
#include "mail/address.h"

#include <assert.h>
#include <string.h>

#include "mail/domain.h"
#include "mail/text.h"

static bool holds_control(struct slice text);
static bool is_atext(char c);
static size_t scan_local(struct slice s, bool *quoted);
static size_t scan_route(struct slice s, unsigned allow);
static enum address_fault finish_mailbox(
	struct slice local, struct slice domain, unsigned allow, struct address *at);
static enum address_fault check_charset(struct slice s, unsigned allow, bool *utf8);
static bool is_dot_string(struct slice s);
static struct slice print_domain(const struct address *address, char *text);

enum address_fault address_parse(
	struct slice text, unsigned allow, struct address *address_r)
{
	struct address address = {.local = text};
	enum address_fault fault;
	size_t local;

	if (holds_control(text))
		return ADDRESS_CONTROL;
	local = scan_local(text, &address.quoted);
	if (local == 0)
		return ADDRESS_SYNTAX;
	if (local == text.size) {
		if (!(allow & ADDRESS_POSTMASTER) ||
			!slice_equal_nocase(text, SLICE("postmaster")))
			return ADDRESS_SYNTAX;
		*address_r = address;
		return ADDRESS_OK;
	}
	if (text.at[local] != '@')
		return ADDRESS_SYNTAX;
	fault = finish_mailbox(slice_part(text, 0, local), slice_from(text, local + 1),
		allow, &address);
	if (fault == ADDRESS_OK)
		*address_r = address;
	return fault;
}

enum address_fault address_parse_path(
	struct slice text, unsigned allow, struct address *address_r, size_t *used_r)
{
	enum address_fault fault;
	size_t start, local, end;
	bool quoted = false;

	if (text.size < 2 || text.at[0] != '<')
		return ADDRESS_SYNTAX;
	if (text.at[1] == '>') {
		if (!(allow & ADDRESS_NULL))
			return ADDRESS_SYNTAX;
		*address_r = (struct address){.local = slice_part(text, 1, 0)};
		*used_r = 2;
		return ADDRESS_OK;
	}
	start = 1;
	if (text.at[1] == '@') {
		start += scan_route(slice_from(text, 1), allow);
		if (start == 1)
			return ADDRESS_SYNTAX;
	}
	/* A quoted local part may hold '>', nothing behind it may. */
	local = scan_local(slice_from(text, start), &quoted);
	end = start + local + slice_index(slice_from(text, start + local), '>');
	if (local == 0 || end == text.size)
		return ADDRESS_SYNTAX;
	fault = address_parse(slice_part(text, start, end - start), allow, address_r);
	if (fault == ADDRESS_OK)
		*used_r = end + 1;
	return fault;
}

const char *address_fault_text(enum address_fault fault)
{
	switch (fault) {
	case ADDRESS_OK:
		return "the address is well formed";
	case ADDRESS_SYNTAX:
		return "not an address";
	case ADDRESS_CONTROL:
		return "the address holds a control character";
	case ADDRESS_LOCAL_TOO_LONG:
		return "the local part is longer than 64 bytes";
	case ADDRESS_DOMAIN_TOO_LONG:
		return "the domain is longer than 255 bytes";
	case ADDRESS_TOO_LONG:
		return "the address is longer than 254 bytes";
	case ADDRESS_BAD_DOMAIN:
		return "not a domain name";
	case ADDRESS_BAD_LITERAL:
		return "not an IPv4 or IPv6 address literal";
	case ADDRESS_BAD_UTF8:
		return "the address is not valid UTF-8";
	case ADDRESS_NOT_ASCII:
		return "an address beyond ASCII needs SMTPUTF8";
	}
	return "unknown fault";
}

bool address_is_null(const struct address *address)
{
	return address->local.size == 0 && address->domain.size == 0;
}

bool address_needs_utf8(const struct address *address)
{
	return address->utf8 && !text_is_ascii(address->local);
}

struct slice address_print(const struct address *address, char text[ADDRESS_MAX + 1])
{
	char local[ADDRESS_LOCAL_MAX + 1];
	struct slice plain = address_print_local(address, local);
	size_t used = 0;

	if (address->local.size > 0 && is_dot_string(plain)) {
		memcpy(text, plain.at, plain.size);
		used = plain.size;
	} else if (address->local.size > 0) {
		text[used++] = '"';
		for (size_t i = 0; i < plain.size; i++) {
			if (plain.at[i] == '"' || plain.at[i] == '\\')
				text[used++] = '\\';
			text[used++] = plain.at[i];
		}
		text[used++] = '"';
	}
	if (address->domain.size > 0) {
		text[used++] = '@';
		used += print_domain(address, text + used).size;
	}
	assert(used <= ADDRESS_MAX);
	text[used] = '\0';
	return slice_make(text, used);
}

struct slice address_print_in(struct arena *arena, const struct address *address)
{
	char text[ADDRESS_MAX + 1];

	return arena_copy(arena, address_print(address, text));
}

struct slice address_print_local(
	const struct address *address, char text[ADDRESS_LOCAL_MAX + 1])
{
	struct slice local = address->local;
	size_t used = 0;

	assert(local.size <= ADDRESS_LOCAL_MAX);
	if (address->quoted)
		local = slice_part(local, 1, local.size - 2);
	for (size_t i = 0; i < local.size; i++) {
		if (address->quoted && local.at[i] == '\\' && i + 1 < local.size)
			i++;
		text[used++] = local.at[i];
	}
	text[used] = '\0';
	return slice_make(text, used);
}

bool address_equal(const struct address *a, const struct address *b)
{
	char local_a[ADDRESS_LOCAL_MAX + 1], local_b[ADDRESS_LOCAL_MAX + 1];

	if (address_is_null(a) != address_is_null(b) || a->literal != b->literal)
		return false;
	if (!slice_equal(
		    address_print_local(a, local_a), address_print_local(b, local_b)))
		return false;
	if (a->literal)
		return memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
	return domain_equal(a->domain, b->domain);
}

struct address address_copy(struct arena *arena, const struct address *address)
{
	struct address copy = *address;

	copy.local = arena_copy(arena, address->local);
	copy.domain = arena_copy(arena, address->domain);
	return copy;
}

static bool holds_control(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return true;
	return false;
}

/* RFC 5322 3.2.3, and UTF8-non-ascii of RFC 6532, judged later as a whole. */
static bool is_atext(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Bytes of the Dot-string or Quoted-string S begins with; 0: neither. */
static size_t scan_local(struct slice s, bool *quoted)
{
	size_t i = 0;

	*quoted = s.size > 0 && s.at[0] == '"';
	if (*quoted) {
		for (i = 1; i < s.size && s.at[i] != '"'; i++)
			if (s.at[i] == '\\') {
				i++;
				if (i < s.size && (unsigned char)s.at[i] >= 0x80)
					return 0; /* a quoted-pair is ASCII */
			}
		return i < s.size ? i + 1 : 0;
	}
	while (i < s.size && is_atext(s.at[i])) {
		while (i < s.size && is_atext(s.at[i]))
			i++;
		if (i == s.size || s.at[i] != '.')
			return i;
		i++;
	}
	return 0; /* empty, a dot too many, or no atom at all */
}

/* Bytes of the source route "@one,@two:" S begins with; 0: malformed. */
static size_t scan_route(struct slice s, unsigned allow)
{
	size_t i = 0;

	while (i < s.size && s.at[i] == '@') {
		size_t start = ++i;

		while (i < s.size && s.at[i] != ',' && s.at[i] != ':')
			i++;
		if (i == s.size || !domain_is_valid(slice_part(s, start, i - start),
					   allow & ADDRESS_UTF8))
			return 0;
		if (s.at[i++] == ':')
			return i;
	}
	return 0;
}

static enum address_fault finish_mailbox(
	struct slice local, struct slice domain, unsigned allow, struct address *at)
{
	char ascii[DOMAIN_MAX + 1];
	struct slice name;
	enum address_fault fault;

	at->local = local;
	at->domain = domain;
	if (local.size > ADDRESS_LOCAL_MAX)
		return ADDRESS_LOCAL_TOO_LONG;
	if (domain.size > ADDRESS_DOMAIN_MAX)
		return ADDRESS_DOMAIN_TOO_LONG;
	if (local.size + 1 + domain.size > ADDRESS_MAX)
		return ADDRESS_TOO_LONG;
	fault = check_charset(local, allow, &at->utf8);
	if (fault == ADDRESS_OK)
		fault = check_charset(domain, allow, &at->utf8);
	if (fault != ADDRESS_OK)
		return fault;
	if (domain.size > 0 && domain.at[0] == '[') {
		at->literal = domain_literal_parse(domain, at->ip);
		return at->literal ? ADDRESS_OK : ADDRESS_BAD_LITERAL;
	}
	/* A name that has no A-label could never be looked up. */
	return domain_to_ascii(domain, ascii, &name) ? ADDRESS_OK : ADDRESS_BAD_DOMAIN;
}

static enum address_fault check_charset(struct slice s, unsigned allow, bool *utf8)
{
	if (text_is_ascii(s))
		return ADDRESS_OK;
	if (!text_is_utf8(s))
		return ADDRESS_BAD_UTF8;
	*utf8 = true;
	return allow & ADDRESS_UTF8 ? ADDRESS_OK : ADDRESS_NOT_ASCII;
}

static bool is_dot_string(struct slice s)
{
	bool quoted;

	return s.size > 0 && s.at[0] != '"' && scan_local(s, &quoted) == s.size;
}

/* At most address->domain.size bytes: no literal is longer than its source. */
static struct slice print_domain(const struct address *address, char *text)
{
	char literal[DOMAIN_LITERAL_SIZE];
	struct slice print;

	if (!address->literal) {
		for (size_t i = 0; i < address->domain.size; i++)
			text[i] = ascii_lower(address->domain.at[i]);
		return slice_make(text, address->domain.size);
	}
	print = domain_literal_print(address->ip, literal);
	memcpy(text, print.at, print.size);
	return slice_make(text, print.size);
}
