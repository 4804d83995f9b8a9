/*
 * Domain names: from text to the wire and back, bounds first.
 */
#include "io/dns_name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "io/dns.h"

#define NAME_WIRE_MAX 255 /* RFC 1035 2.3.4, length bytes and root included */
#define LABEL_MAX     63

static bool byte_is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '.' && byte != '\\';
}

bool dns_name_normalise(
	struct slice name, char text[DNS_NAME_SIZE], struct slice *name_r)
{
	size_t label = 0;

	if (name.size && name.at[name.size - 1] == '.')
		name.size--;
	if (!name.size || name.size > NAME_WIRE_MAX - 2)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		if (name.at[i] == '.') {
			if (!label)
				return false;
			label = 0;
		} else if (!byte_is_plain((unsigned char)name.at[i]) ||
			   ++label > LABEL_MAX) {
			return false;
		}
		text[i] = ascii_lower(name.at[i]);
	}
	if (!label)
		return false;
	text[name.size] = '\0';
	*name_r = slice_make(text, name.size);
	return true;
}

bool dns_name_read(struct slice message, size_t *at, char text[DNS_NAME_SIZE],
	struct slice *name_r)
{
	const unsigned char *bytes = (const unsigned char *)message.at;
	size_t place = *at, behind = 0, lowest = *at, wire = 1, size = 0;
	bool odd = false;

	for (;;) {
		if (place >= message.size)
			return false;
		unsigned length = bytes[place++];

		if (!length)
			break;
		if (length >= 0xc0) {
			if (place >= message.size)
				return false;
			size_t target = (size_t)(length & 0x3f) << 8 | bytes[place++];
			/* Strictly backwards every time: no loop is possible. */
			if (target >= lowest)
				return false;
			behind = behind ? behind : place;
			place = lowest = target;
			continue;
		}
		wire += length + 1;
		if (length > LABEL_MAX || length > message.size - place ||
			wire > NAME_WIRE_MAX)
			return false;
		if (size)
			text[size++] = '.';
		for (unsigned i = 0; i < length; i++, place++) {
			odd = odd || !byte_is_plain(bytes[place]);
			text[size++] = ascii_lower((char)bytes[place]);
		}
	}
	text[size] = '\0';
	*at = behind ? behind : place;
	*name_r = odd ? SLICE_EMPTY : slice_make(text, size);
	return true;
}

static unsigned char *put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
	return at + 2;
}

size_t dns_query_write(unsigned char query[DNS_QUERY_SIZE], uint16_t id, uint16_t type,
	struct slice name, bool edns)
{
	unsigned char *at = query;

	assert(name.size && name.size <= NAME_WIRE_MAX - 2);
	at = put16(at, id);
	at = put16(at, 0x0120); /* QUERY, RD, AD */
	at = put16(at, 1);
	at = put16(at, 0);
	at = put16(at, 0);
	at = put16(at, edns);
	while (name.at) {
		struct slice label = slice_cut(&name, '.');

		assert(label.size && label.size <= LABEL_MAX);
		*at++ = (unsigned char)label.size;
		memcpy(at, label.at, label.size);
		at += label.size;
	}
	*at++ = 0;
	at = put16(at, type);
	at = put16(at, 1); /* IN */
	if (edns) {
		*at++ = 0;
		at = put16(at, 41);
		at = put16(at, DNS_UDP_SIZE);
		at = put16(at, 0);
		at = put16(at, 0); /* DO clear: we do not validate ourselves */
		at = put16(at, 0);
	}
	return (size_t)(at - query);
}

void dns_reverse_name(const struct in6_addr *address, char text[80])
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		snprintf(text, 80, "%u.%u.%u.%u.in-addr.arpa", bytes[15], bytes[14],
			bytes[13], bytes[12]);
		return;
	}
	for (unsigned i = 16; i-- > 0; text += 4) {
		text[0] = digits[bytes[i] & 0xf];
		text[2] = digits[bytes[i] >> 4];
		text[1] = text[3] = '.';
	}
	memcpy(text, "ip6.arpa", sizeof("ip6.arpa"));
}
