/*
 * Domain names as text; the only user of libidn2.
 */
#include "mail/domain.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>
#include <string.h>

#include "mail/text.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

static bool label_is_valid(struct slice label, bool utf8);
static bool is_all_digits(struct slice s);

bool domain_is_valid(struct slice domain, bool utf8)
{
	struct slice rest = domain, label = SLICE_EMPTY;

	if (domain.size == 0 || domain.size > DOMAIN_MAX)
		return false;
	while (rest.at) {
		label = slice_cut(&rest, '.');
		if (!label_is_valid(label, utf8))
			return false;
	}
	return !is_all_digits(label) && (!utf8 || text_is_utf8(domain));
}

bool domain_to_ascii(
	struct slice domain, char text[DOMAIN_MAX + 1], struct slice *ascii_r)
{
	char name[DOMAIN_MAX + 1], *found = NULL;
	struct slice ascii;
	bool fits;

	if (!domain_is_valid(domain, true))
		return false;
	if (text_is_ascii(domain)) {
		*ascii_r = domain_lower(domain, text);
		return true;
	}
	if (!slice_to_text(domain, name, sizeof(name)))
		return false;
	if (idn2_to_ascii_8z(name, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
		IDN2_OK)
		return false;
	ascii = slice_of(found);
	fits = ascii.size <= DOMAIN_MAX && domain_is_valid(ascii, false);
	if (fits)
		*ascii_r = domain_lower(ascii, text);
	idn2_free(found);
	return fits;
}

struct slice domain_to_unicode(struct arena *arena, struct slice domain)
{
	char name[DOMAIN_MAX + 1], lower[DOMAIN_MAX + 1], *found = NULL;
	struct slice unicode;

	domain = domain_lower(domain, lower);
	if (slice_find(domain, SLICE("xn--")) == domain.size ||
		!slice_to_text(domain, name, sizeof(name)) ||
		idn2_to_unicode_8z8z(name, &found, 0) != IDN2_OK)
		return arena_copy(arena, domain);
	unicode = arena_copy(arena, slice_of(found));
	idn2_free(found);
	return unicode;
}

struct slice domain_lower(struct slice domain, char text[DOMAIN_MAX + 1])
{
	size_t size = domain.size > DOMAIN_MAX ? DOMAIN_MAX : domain.size;

	for (size_t i = 0; i < size; i++)
		text[i] = ascii_lower(domain.at[i]);
	text[size] = '\0';
	return slice_make(text, size);
}

bool domain_equal(struct slice a, struct slice b)
{
	char text_a[DOMAIN_MAX + 1], text_b[DOMAIN_MAX + 1];
	struct slice ascii_a, ascii_b;

	if (slice_equal_nocase(a, b))
		return true;
	if (text_is_ascii(a) && text_is_ascii(b))
		return false;
	return domain_to_ascii(a, text_a, &ascii_a) &&
	       domain_to_ascii(b, text_b, &ascii_b) && slice_equal(ascii_a, ascii_b);
}

bool domain_is_within(struct slice name, struct slice domain)
{
	if (domain.size == 0 || !slice_ends_nocase(name, domain))
		return false;
	return name.size == domain.size || name.at[name.size - domain.size - 1] == '.';
}

bool domain_literal_parse(struct slice text, uint8_t ip_r[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char inside[DOMAIN_LITERAL_SIZE];
	uint8_t ip[16];
	struct slice middle;

	if (text.size < 2 || text.at[0] != '[' || text.at[text.size - 1] != ']')
		return false;
	middle = slice_part(text, 1, text.size - 2);
	if (slice_starts_nocase(middle, SLICE("IPv6:"))) {
		if (!slice_to_text(slice_from(middle, 5), inside, sizeof(inside)) ||
			inet_pton(AF_INET6, inside, ip) != 1)
			return false;
	} else {
		memcpy(ip, mapped, sizeof(mapped));
		if (!slice_to_text(middle, inside, sizeof(inside)) ||
			inet_pton(AF_INET, inside, ip + sizeof(mapped)) != 1)
			return false;
	}
	memcpy(ip_r, ip, sizeof(ip));
	return true;
}

struct slice domain_literal_print(const uint8_t ip[16], char text[DOMAIN_LITERAL_SIZE])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char inside[INET6_ADDRSTRLEN];
	int size;

	if (memcmp(ip, mapped, sizeof(mapped)) == 0)
		size = snprintf(text, DOMAIN_LITERAL_SIZE, "[%u.%u.%u.%u]", ip[12],
			ip[13], ip[14], ip[15]);
	else
		size = snprintf(text, DOMAIN_LITERAL_SIZE, "[IPv6:%s]",
			inet_ntop(AF_INET6, ip, inside, sizeof(inside)));
	return slice_make(text, (size_t)size);
}

static bool label_is_valid(struct slice label, bool utf8)
{
	if (label.size == 0 || label.at[0] == '-' || label.at[label.size - 1] == '-')
		return false;
	/* A U-label may take more bytes than its A-label will. */
	if (label.size > LABEL_MAX && (!utf8 || text_is_ascii(label)))
		return false;
	for (size_t i = 0; i < label.size; i++) {
		char c = label.at[i];

		if (!ascii_is_alnum(c) && c != '-' && c != '_' &&
			!(utf8 && (unsigned char)c >= 0x80))
			return false;
	}
	return true;
}

static bool is_all_digits(struct slice s)
{
	for (size_t i = 0; i < s.size; i++)
		if (!ascii_is_digit(s.at[i]))
			return false;
	return true;
}
