/*
 * From "v=spf1 …" to terms. A term is a modifier when a name and "=" begin it
 * (4.6.1); else a mechanism, with what its kind may have behind it.
 */
#include "verify/spf_record.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "mail/text.h"
#include "verify/spf_macro.h"

enum domain_rule { DOMAIN_NEVER, DOMAIN_MAY, DOMAIN_MUST };

static const struct kind {
	const char *name;
	enum spf_mechanism mechanism;
	enum domain_rule domain;
	bool prefix;
} kinds[] = {
	{"all", SPF_ALL, DOMAIN_NEVER, false},
	{"include", SPF_INCLUDE, DOMAIN_MUST, false},
	{"a", SPF_A, DOMAIN_MAY, true},
	{"mx", SPF_MX, DOMAIN_MAY, true},
	{"ptr", SPF_PTR, DOMAIN_MAY, false},
	{"ip4", SPF_IP4, DOMAIN_NEVER, false},
	{"ip6", SPF_IP6, DOMAIN_NEVER, false},
	{"exists", SPF_EXISTS, DOMAIN_MUST, false},
};

struct parse {
	struct spf_record *record;
	char *reason;
};

static bool read_term(struct parse *parse, struct slice text);

bool spf_record_is(struct slice text)
{
	return slice_starts_nocase(text, SLICE("v=spf1")) &&
	       (text.size == 6 || text.at[6] == ' ');
}

static bool refuse(struct parse *parse, struct slice term, const char *why)
{
	char clean[64];
	size_t size = text_clean(term, clean, sizeof(clean));

	snprintf(parse->reason, 120, "\"%.*s\" %s", (int)size, clean, why);
	return false;
}

static size_t count_terms(struct slice text)
{
	size_t count = 0;

	for (size_t i = 1; i < text.size; i++)
		count += text.at[i] != ' ' && text.at[i - 1] == ' ';
	return count;
}

bool spf_record_parse(struct slice text, struct arena *arena,
	struct spf_record *record_r, char reason[120])
{
	struct parse parse = {.record = record_r, .reason = reason};

	*record_r = (struct spf_record){0};
	if (text.size > SPF_RECORD_MAX) {
		snprintf(reason, 120, "a record of %zu bytes, %d at most", text.size,
			SPF_RECORD_MAX);
		return false;
	}
	text = slice_from(text, 6);
	record_r->terms = arena_take_array(
		arena, count_terms(text) + 1, sizeof(struct spf_term));
	while (text.at) {
		struct slice term = slice_cut(&text, ' ');

		if (term.size && !read_term(&parse, term))
			return false;
	}
	return true;
}

/* ---- Modifiers ---- */

static size_t name_size(struct slice text)
{
	size_t size = 0;

	if (!text.size || !ascii_is_alpha(text.at[0]))
		return 0;
	while (size < text.size &&
		(ascii_is_alnum(text.at[size]) ||
			(text.at[size] && strchr("-_.", text.at[size]))))
		size++;
	return size;
}

static bool set_once(struct parse *parse, struct slice *member, struct slice text,
	struct slice value)
{
	if (member->at)
		return refuse(parse, text, "is there twice");
	if (!spf_domain_spec_is_valid(value))
		return refuse(parse, text, "names no domain");
	*member = value;
	return true;
}

static bool read_modifier(struct parse *parse, struct slice text, size_t size)
{
	struct slice name = slice_part(text, 0, size);
	struct slice value = slice_from(text, size + 1);

	if (slice_equal_nocase(name, SLICE("redirect")))
		return set_once(parse, &parse->record->redirect, text, value);
	if (slice_equal_nocase(name, SLICE("exp")))
		return set_once(parse, &parse->record->explanation, text, value);
	if (!spf_macro_is_valid(value, SPF_TEXT_DOMAIN))
		return refuse(parse, text, "is malformed");
	return true;
}

/* ---- Mechanisms ---- */

/* Takes "/" and a number off the end; *bits_r stays when there is none. */
static bool take_prefix(
	struct slice *text, unsigned most, struct slice slashes, unsigned char *bits_r)
{
	size_t at = text->size;
	uint64_t bits;
	struct slice digits;

	while (at && ascii_is_digit(text->at[at - 1]))
		at--;
	digits = slice_from(*text, at);
	if (!digits.size || !slice_ends(slice_part(*text, 0, at), slashes))
		return true;
	if ((digits.size > 1 && digits.at[0] == '0') || !slice_to_u64(digits, &bits) ||
		bits > most)
		return false;
	*bits_r = (unsigned char)bits;
	text->size = at - slashes.size;
	return true;
}

/* dual-cidr-length: "/24", "//64" or "/24//64". */
static bool take_prefixes(struct slice *text, struct spf_term *term)
{
	size_t before = text->size;

	if (slice_find(*text, SLICE("//")) < text->size &&
		!take_prefix(text, 128, SLICE("//"), &term->bits6))
		return false;
	/* What "//" was taken from is no ip4 prefix: "a//64" has none. */
	if (before != text->size && slice_ends(*text, SLICE("/")))
		return false;
	return take_prefix(text, 32, SLICE("/"), &term->bits4);
}

static bool read_network(struct slice value, struct spf_term *term)
{
	bool four = term->mechanism == SPF_IP4;
	char text[INET6_ADDRSTRLEN];

	if (!take_prefix(&value, four ? 32 : 128, SLICE("/"),
		    four ? &term->bits4 : &term->bits6) ||
		!slice_to_text(value, text, sizeof(text)))
		return false;
	if (!four)
		return inet_pton(AF_INET6, text, &term->network) == 1;
	memset(term->network.s6_addr + 10, 0xff, 2);
	return inet_pton(AF_INET, text, term->network.s6_addr + 12) == 1;
}

static bool read_rest(struct parse *parse, const struct kind *kind, struct slice rest,
	struct spf_term *term)
{
	if (kind->mechanism == SPF_IP4 || kind->mechanism == SPF_IP6) {
		if (!slice_starts(rest, SLICE(":")) ||
			!read_network(slice_from(rest, 1), term))
			return refuse(parse, term->text, "names no network");
		return true;
	}
	if (kind->prefix && !take_prefixes(&rest, term))
		return refuse(parse, term->text, "has a wrong prefix length");
	if (!rest.size && kind->domain != DOMAIN_MUST)
		return true;
	if (kind->domain == DOMAIN_NEVER)
		return refuse(parse, term->text, "has something behind it");
	if (!slice_starts(rest, SLICE(":")) ||
		!spf_domain_spec_is_valid(slice_from(rest, 1)))
		return refuse(parse, term->text, "names no domain");
	term->domain = slice_from(rest, 1);
	return true;
}

static enum spf_result take_qualifier(struct slice *text)
{
	char byte = text->at[0];

	if (byte == '+' || byte == '-' || byte == '?' || byte == '~')
		*text = slice_from(*text, 1);
	switch (byte) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	default:
		return SPF_PASS;
	}
}

static bool read_term(struct parse *parse, struct slice text)
{
	struct spf_record *record = parse->record;
	struct spf_term *term = &record->terms[record->count];
	size_t size = name_size(text);

	if (size && size < text.size && text.at[size] == '=')
		return read_modifier(parse, text, size);
	*term = (struct spf_term){.text = text, .bits4 = 32, .bits6 = 128};
	term->result = take_qualifier(&text);
	for (size = 0; size < text.size && ascii_is_alnum(text.at[size]);)
		size++;
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		if (!slice_equal_nocase(
			    slice_part(text, 0, size), slice_of(kinds[i].name)))
			continue;
		term->mechanism = kinds[i].mechanism;
		if (!read_rest(parse, &kinds[i], slice_from(text, size), term))
			return false;
		record->count++;
		return true;
	}
	return refuse(parse, term->text, "is no mechanism");
}

bool spf_network_has(
	const struct in6_addr *network, unsigned bits, const struct in6_addr *address)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(network->s6_addr, address->s6_addr, whole) != 0)
		return false;
	return !rest ||
	       (network->s6_addr[whole] ^ address->s6_addr[whole]) >> (8 - rest) == 0;
}
