/* Domain names: RFC 5321 4.1.2 and 4.1.3, IDNA 2008. */
#include "mail/domain.h"

#include "base/memory.h"
#include "check.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

CASE("RFC 5321 4.1.2: form of names")
{
	static const struct {
		const char *name;
		bool ascii, utf8;
	} rows[] = {
		{"example.com", true, true},
		{"EXAMPLE.com", true, true},
		{"localhost", true, true},
		{"x--y.example", true, true},
		{"xn--bcher-kva.example", true, true},
		{"3com.example", true, true},
		{"1.2.3.4.example", true, true},
		{"under_score.example", true, true},
		{"_dmarc.example", true, true},
		{LABEL_63 ".example", true, true},
		{LABEL_63 "l.example", false, false},
		{"b\xc3\xbc"
		 "cher.example",
			false, true},
		{"b\xfc"
		 "cher.example",
			false, false},
		{"", false, false},
		{".", false, false},
		{"example.com.", false, false},
		{".example.com", false, false},
		{"example..com", false, false},
		{"-a.example", false, false},
		{"a-.example", false, false},
		{"a b.example", false, false},
		{"a@b", false, false},
		{"a/b", false, false},
		{"192.0.2.1", false, false}, /* an address, no name */
		{"12345", false, false},
		{"example.123", false, false},
		{"[192.0.2.1]", false, false},
		{"a\tb.example", false, false},
		{"a\xc2\x85.example", false, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice name = slice_of(rows[i].name);

		if (domain_is_valid(name, false) != rows[i].ascii ||
			domain_is_valid(name, true) != rows[i].utf8)
			CHECK_SLICE(name, "judged rightly");
	}
	CHECK(!domain_is_valid(SLICE("a\0.example"), true));
}

CASE("RFC 5321 4.5.3.1.2: 255 bytes and no more")
{
	char name[257];

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 64 == 63 ? '.' : 'a';
	CHECK(domain_is_valid(slice_make(name, 255), false));
	name[255] = 'a';
	CHECK(!domain_is_valid(slice_make(name, 256), false));
}

CASE("A-labels")
{
	static const struct {
		const char *name, *ascii; /* NULL: there is none */
	} rows[] = {
		{"Example.COM", "example.com"},
		{"b\xc3\xbc"
		 "cher.example",
			"xn--bcher-kva.example"},
		{"B\xc3\x9c"
		 "CHER.Example",
			"xn--bcher-kva.example"},
		{"fa\xc3\x9f.de", "xn--fa-hia.de"}, /* non-transitional */
		{"\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
			"xn--r8jz45g.xn--zckzah"},
		{"under_score.example", "under_score.example"},
		{"\xe2\x98\x83\xc2\x85.example", NULL},
		{"a\xcc\x88\xe2\x80\x8b-.example", NULL}, {"", NULL},
		{"[192.0.2.1]", NULL},
		{"\xef\xbc\x91.\xef\xbc\x92", NULL}, /* full-width 1.2: an address */
	};
	char text[DOMAIN_MAX + 1];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice ascii = SLICE("none");
		bool found = domain_to_ascii(slice_of(rows[i].name), text, &ascii);

		CHECK_NUMBER(found, rows[i].ascii != NULL);
		CHECK_SLICE(ascii, rows[i].ascii ? rows[i].ascii : "none");
	}
}

CASE("names are the same whatever their case and writing")
{
	CHECK(domain_equal(SLICE("Example.COM"), SLICE("eXample.com")));
	CHECK(!domain_equal(SLICE("example.com"), SLICE("example.org")));
	CHECK(domain_equal(SLICE("b\xc3\xbc"
				 "cher.example"),
		SLICE("XN--bcher-KVA.example")));
	CHECK(domain_equal(SLICE("b\xc3\xbc"
				 "cher.example"),
		SLICE("B\xc3\x9c"
		      "CHER.example")));
	CHECK(!domain_equal(SLICE("b\xc3\xbc"
				  "cher.example"),
		SLICE("bucher.example")));
	CHECK(domain_is_within(SLICE("mx.Example.com"), SLICE("example.com")));
	CHECK(domain_is_within(SLICE("example.com"), SLICE("example.com")));
	CHECK(!domain_is_within(SLICE("badexample.com"), SLICE("example.com")));
	CHECK(!domain_is_within(SLICE("com"), SLICE("example.com")));
	CHECK(!domain_is_within(SLICE("example.com"), SLICE("")));
}

CASE("RFC 5321 4.1.3: address literals")
{
	static const struct {
		const char *text, *print; /* NULL: refused */
	} rows[] = {
		{"[192.0.2.1]", "[192.0.2.1]"},
		{"[255.255.255.255]", "[255.255.255.255]"},
		{"[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"},
		{"[ipv6:2001:DB8:0:0:0:0:0:1]", "[IPv6:2001:db8::1]"},
		{"[IPv6:::]", "[IPv6:::]"},
		{"[IPv6:::ffff:192.0.2.1]", "[192.0.2.1]"},
		{"[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
			"[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]"},
		{"[2001:db8::1]", NULL}, /* the tag must be there */
		{"[192.0.2]", NULL},
		{"[192.0.2.256]", NULL},
		{"[0192.0.2.1]", NULL},
		{"[192.0.2.1", NULL},
		{"192.0.2.1", NULL},
		{"[]", NULL},
		{"[", NULL},
		{"", NULL},
		{"[IPv6:]", NULL},
		{"[IPv6:1]", NULL},
		{"[IPv6:fe80::1%lo]", NULL},
		{"[IPv4:192.0.2.1]", NULL},
		{"[x400:c=de]", NULL},
		{"[ 192.0.2.1]", NULL},
		{"[IPv6:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8::1]",
			NULL},
	};
	char text[DOMAIN_LITERAL_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		uint8_t ip[16] = {0};
		bool right = domain_literal_parse(slice_of(rows[i].text), ip);

		if (right != (rows[i].print != NULL))
			CHECK_SLICE(slice_of(rows[i].text), "judged rightly");
		if (right)
			CHECK_SLICE(domain_literal_print(ip, text), rows[i].print);
	}
}

CHECK_MAIN()
