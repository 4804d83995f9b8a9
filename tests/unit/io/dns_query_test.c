/* Names as DNS knows them, and queries for them. */
#include "io/dns_parse.h"

#include <arpa/inet.h>

#include "base/memory.h"
#include "check.h"

CASE("RFC 1035 2.3.4, 3.1: names as text")
{
	static const struct {
		const char *name, *text;
	} table[] = {
		{"Example.COM", "example.com"},
		{"example.com.", "example.com"},
		{"localhost", "localhost"},
		{"_25._tcp.mx.example", "_25._tcp.mx.example"},
		{"1/29.2.0.192.in-addr.arpa", "1/29.2.0.192.in-addr.arpa"},
		{"", NULL},
		{".", NULL},
		{"..", NULL},
		{".example", NULL},
		{"a..b", NULL},
		{"example.com..", NULL},
		{"A b.example", "a b.example"}, /* SPF asks for such */
		{"a\tb", NULL},
		{"a\\.b", NULL},
		{"a\x7f", NULL},
		{"m\xc3\xbcnchen.example", NULL},
	};
	char text[DNS_NAME_SIZE];
	struct slice name;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		bool good = dns_name_normalise(slice_of(table[i].name), text, &name);

		if (CHECK(good == (table[i].text != NULL)) && good)
			CHECK_SLICE(name, table[i].text);
	}
	CHECK(!dns_name_normalise(slice_make("a\0b", 3), text, &name));
}

CASE("RFC 1035 2.3.4: labels of 63, names of 253")
{
	char long_name[260], text[DNS_NAME_SIZE];
	struct slice name;

	memset(long_name, 'a', sizeof(long_name));
	CHECK(dns_name_normalise(slice_make(long_name, 63), text, &name));
	CHECK(!dns_name_normalise(slice_make(long_name, 64), text, &name));
	for (size_t i = 63; i < sizeof(long_name); i += 64)
		long_name[i] = '.';
	CHECK(dns_name_normalise(slice_make(long_name, 253), text, &name));
	CHECK(!dns_name_normalise(slice_make(long_name, 254), text, &name));
	long_name[253] = '.';
	CHECK(dns_name_normalise(slice_make(long_name, 254), text, &name));
	CHECK_NUMBER(name.size, 253);
}

CASE("RFC 6840 5.7, RFC 6891 6.1: the query asks for AD and has an OPT record")
{
	unsigned char query[DNS_QUERY_SIZE];
	static const unsigned char want[] = "\x12\x34\x01\x20\0\1\0\0\0\0\0\1"
					    "\7example\3com\0\0\17\0\1"
					    "\0\0\x29\x04\xd0\0\0\0\0\0\0";
	size_t size = dns_query_write(
		query, 0x1234, DNS_MX, SLICE("example.com"), true);

	CHECK_NUMBER(size, sizeof(want) - 1);
	CHECK(!memcmp(query, want, size));
	CHECK_NUMBER(dns_query_write(query, 1, DNS_MX, SLICE("example.com"), false),
		sizeof(want) - 1 - 11);
	CHECK_NUMBER(query[11], 0);
}

CASE("RFC 1035 3.5, RFC 3596 2.5: names to ask for PTR records")
{
	struct in6_addr address;
	char text[80];

	inet_pton(AF_INET6, "::ffff:192.0.2.17", &address);
	dns_reverse_name(&address, text);
	CHECK_SLICE(slice_of(text), "17.2.0.192.in-addr.arpa");
	inet_pton(AF_INET6, "4321:0:1:2:3:4:567:89ab", &address);
	dns_reverse_name(&address, text);
	CHECK_SLICE(slice_of(text), "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0."
				    "0.0.0.1.2.3.4.ip6.arpa");
}

CASE("the longest query fits")
{
	unsigned char query[DNS_QUERY_SIZE];
	char name[253];
	size_t at = 12;
	char text[DNS_NAME_SIZE];
	struct slice read;

	memset(name, 'a', sizeof(name));
	for (size_t i = 63; i < sizeof(name); i += 64)
		name[i] = '.';
	size_t size = dns_query_write(query, 1, DNS_A, slice_make(name, 253), true);

	CHECK_NUMBER(size, 12 + 255 + 4 + 11);
	CHECK(dns_name_read(slice_make(query, size), &at, text, &read));
	CHECK(slice_equal(read, slice_make(name, 253)));
	CHECK_NUMBER(at, 12 + 255);
}

CHECK_MAIN()
