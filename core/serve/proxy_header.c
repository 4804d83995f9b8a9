/* Reads the header of the PROXY protocol; see proxy_header.h. */
#include "serve/proxy_header.h"

#include <string.h>

#include "base/config_network.h"

#define SIGNATURE_SIZE 12
#define FIXED_SIZE     16 /* signature, version and command, family, length */

static const char signature[SIGNATURE_SIZE] = "\r\n\r\n\0\r\nQUIT\n";
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool is_prefix(struct slice bytes, const char *of, size_t size)
{
	return memcmp(bytes.at, of, bytes.size < size ? bytes.size : size) == 0;
}

/* One word of version 1, which has a single space or CRLF behind each. */
static bool take_address(struct slice *line, bool six, uint8_t address_r[16])
{
	struct slice word = slice_cut(line, ' ');
	char text[48];

	return slice_to_text(word, text, sizeof(text)) &&
	       (slice_index(word, ':') < word.size) == six &&
	       config_address_parse(text, address_r);
}

static bool take_port(struct slice *line, uint16_t *port_r)
{
	struct slice word = slice_cut(line, ' ');
	uint64_t port;

	if (word.size == 0 || word.size > 5 || (word.at[0] == '0' && word.size > 1) ||
		!slice_to_u64(word, &port) || port > UINT16_MAX)
		return false;
	*port_r = (uint16_t)port;
	return true;
}

/* "PROXY TCP4 192.0.2.1 198.51.100.1 4711 587" CRLF */
static enum proxy_verdict parse_line(struct slice bytes, struct proxy_header *header)
{
	size_t end = slice_find(bytes, SLICE("\r\n"));
	struct slice line = slice_part(bytes, 0, end), family;
	bool six;

	if (end == bytes.size)
		return bytes.size < PROXY_LINE_MAX ? PROXY_MORE : PROXY_MALFORMED;
	header->size = end + 2;
	if (header->size > PROXY_LINE_MAX)
		return PROXY_MALFORMED;
	slice_cut(&line, ' ');
	family = slice_cut(&line, ' ');
	six = slice_equal(family, SLICE("TCP6"));
	if (!six && !slice_equal(family, SLICE("TCP4")))
		return PROXY_MALFORMED;
	if (!take_address(&line, six, header->address) ||
		!take_address(&line, six, header->local_address) ||
		!take_port(&line, &header->port) ||
		!take_port(&line, &header->local_port) || line.at)
		return PROXY_MALFORMED;
	return PROXY_DONE;
}

static unsigned byte_at(struct slice bytes, size_t at)
{
	return (unsigned char)bytes.at[at];
}

static uint16_t number_at(struct slice bytes, size_t at)
{
	return (uint16_t)(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

static void copy_four(uint8_t address[16], const char *four)
{
	memcpy(address, mapped, sizeof(mapped));
	memcpy(address + sizeof(mapped), four, 4);
}

/* The addresses of version 2, in ADDRESSES. */
static bool read_addresses(
	unsigned family, struct slice addresses, struct proxy_header *header)
{
	if (family == 0x11 && addresses.size >= 12) { /* TCP over IPv4 */
		copy_four(header->address, addresses.at);
		copy_four(header->local_address, addresses.at + 4);
		header->port = number_at(addresses, 8);
		header->local_port = number_at(addresses, 10);
		return true;
	}
	if (family == 0x21 && addresses.size >= 36) { /* TCP over IPv6 */
		memcpy(header->address, addresses.at, 16);
		memcpy(header->local_address, addresses.at + 16, 16);
		header->port = number_at(addresses, 32);
		header->local_port = number_at(addresses, 34);
		return true;
	}
	return false;
}

static enum proxy_verdict parse_binary(struct slice bytes, struct proxy_header *header)
{
	unsigned command;

	if (bytes.size < FIXED_SIZE)
		return PROXY_MORE;
	command = byte_at(bytes, 12);
	header->size = FIXED_SIZE + (size_t)number_at(bytes, 14);
	if (command >> 4 != 2 || (command & 15) > 1 || header->size > PROXY_HEADER_MAX)
		return PROXY_MALFORMED;
	if (bytes.size < header->size)
		return PROXY_MORE;
	header->local = (command & 15) == 0;
	if (header->local)
		return PROXY_DONE;
	return read_addresses(byte_at(bytes, 13),
		       slice_part(bytes, FIXED_SIZE, header->size - FIXED_SIZE), header)
		       ? PROXY_DONE
		       : PROXY_MALFORMED;
}

enum proxy_verdict proxy_header_parse(struct slice bytes, struct proxy_header *header_r)
{
	struct proxy_header header = {0};
	enum proxy_verdict verdict = PROXY_MALFORMED;

	if (bytes.size == 0)
		return PROXY_MORE;
	if (is_prefix(bytes, "PROXY ", 6))
		verdict = bytes.size < 6 ? PROXY_MORE : parse_line(bytes, &header);
	else if (is_prefix(bytes, signature, SIGNATURE_SIZE))
		verdict = parse_binary(bytes, &header);
	if (verdict == PROXY_DONE)
		*header_r = header;
	return verdict;
}
