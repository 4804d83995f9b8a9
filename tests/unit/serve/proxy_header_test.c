/* Headers of the PROXY protocol, at every cut. */
#include "serve/proxy_header.h"

#include "base/memory.h"
#include "check.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR	  "\x21\x11\0\x0c" /* version 2, PROXY, TCP over IPv4, 12 bytes */

static const struct {
	struct slice bytes;
	enum proxy_verdict verdict;
} rows[] = {
	{SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4711 587\r\n"), PROXY_DONE},
	{SLICE("PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n"), PROXY_DONE},
	{SLICE("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		PROXY_DONE},
	{SLICE("PROXY UNKNOWN\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP5 192.0.2.1 198.51.100.2 4711 587\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4711\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4711 65536\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 04711 587\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4711 587 \r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 192.0.2.1  198.51.100.2 4711 587\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 host.example 198.51.100.2 4711 587\r\n"), PROXY_MALFORMED},
	{SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4711 587\nEHLO x\r\n"),
		PROXY_MALFORMED},
	{SLICE("proxy TCP4 192.0.2.1 198.51.100.2 4711 587\r\n"), PROXY_MALFORMED},
	{SLICE("EHLO client.example\r\n"), PROXY_MALFORMED},
	{SLICE("\x16\x03\x01"), PROXY_MALFORMED},
	{SLICE(SIGNATURE FOUR "\xc0\0\x02\x01\xc6\x33\x64\x02\x12\x67\x02\x4b"),
		PROXY_DONE},
	/* with a TLV behind, which is passed over */
	{SLICE(SIGNATURE "\x21\x11\0\x10"
			 "\xc0\0\x02\x01\xc6\x33\x64\x02\x12\x67\x02\x4b\x04\0\x01x"),
		PROXY_DONE},
	{SLICE(SIGNATURE "\x20\0\0\0"), PROXY_DONE},	  /* LOCAL */
	{SLICE(SIGNATURE "\x20\0\0\x03xyz"), PROXY_DONE}, /* … with more */
	{SLICE(SIGNATURE "\x21\0\0\0"), PROXY_MALFORMED}, /* of nobody */
	{SLICE(SIGNATURE "\x21\x12\0\x0cxxxxxxxxxxxx"), PROXY_MALFORMED}, /* UDP */
	{SLICE(SIGNATURE "\x21\x11\0\x0bxxxxxxxxxxx"), PROXY_MALFORMED},
	{SLICE(SIGNATURE "\x21\x21\0\x0cxxxxxxxxxxxx"), PROXY_MALFORMED},
	{SLICE(SIGNATURE "\x22\x11\0\x0c"), PROXY_MALFORMED},
	{SLICE(SIGNATURE "\x11\x11\0\x0c"), PROXY_MALFORMED},
	{SLICE(SIGNATURE "\x21\x11\x08\0"), PROXY_MALFORMED}, /* 2048 and more */
};

static enum proxy_verdict parse(struct slice bytes, size_t size, struct proxy_header *h)
{
	/* Exactly its bytes, so that reading on is found. */
	char *exact = memory_copy_text(slice_part(bytes, 0, size));
	enum proxy_verdict verdict = proxy_header_parse(slice_make(exact, size), h);

	memory_free(exact);
	return verdict;
}

CASE("whole, and cut at every byte")
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice bytes = rows[i].bytes;
		struct proxy_header header = {0};

		CHECK_NUMBER(parse(bytes, bytes.size, &header), rows[i].verdict);
		if (rows[i].verdict != PROXY_DONE)
			continue;
		CHECK_NUMBER(header.size, bytes.size);
		for (size_t cut = 0; cut < bytes.size; cut++)
			CHECK_NUMBER(parse(bytes, cut, &header), PROXY_MORE);
	}
}

CASE("the addresses, and that what is behind is the client's")
{
	struct slice one = SLICE("PROXY TCP4 192.0.2.1 198.51.100.2 4711 587\r\nEHLO");
	struct slice two = SLICE(
		SIGNATURE FOUR "\xc0\0\x02\x01\xc6\x33\x64\x02\x12\x67\x02\x4b"
			       "EHLO");
	struct proxy_header h[2];

	CHECK_NUMBER(parse(one, one.size, &h[0]), PROXY_DONE);
	CHECK_NUMBER(parse(two, two.size, &h[1]), PROXY_DONE);
	CHECK_NUMBER(h[0].size, one.size - 4);
	CHECK_NUMBER(h[1].size, two.size - 4);
	for (size_t i = 0; i < 2; i++) {
		CHECK(!h[i].local && h[i].address[10] == 0xff);
		CHECK(h[i].address[12] == 192 && h[i].address[15] == 1);
		CHECK(h[i].local_address[12] == 198 && h[i].local_address[15] == 2);
		CHECK_NUMBER(h[i].port, 4711);
		CHECK_NUMBER(h[i].local_port, 587);
	}
}

CASE("a line that does not end is not waited for")
{
	char line[PROXY_LINE_MAX + 1];
	struct proxy_header header;

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY ", 6);
	CHECK_NUMBER(proxy_header_parse(slice_make(line, 50), &header), PROXY_MORE);
	CHECK_NUMBER(proxy_header_parse(slice_make(line, PROXY_LINE_MAX), &header),
		PROXY_MALFORMED);
}

CHECK_MAIN()
