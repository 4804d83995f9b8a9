/* SPF records: what is one, what its terms are, what is a syntax error. */
#include "verify/spf_record.h"

#include <arpa/inet.h>

#include "check.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

CASE("RFC 7208 4.5: which TXT records are SPF records")
{
	CHECK(spf_record_is(SLICE("v=spf1")));
	CHECK(spf_record_is(SLICE("v=spf1 -all")));
	CHECK(spf_record_is(SLICE("V=SpF1 -all")));
	CHECK(!spf_record_is(SLICE("v=spf10 -all")));
	CHECK(!spf_record_is(SLICE("v=spf1\t-all")));
	CHECK(!spf_record_is(SLICE(" v=spf1")));
	CHECK(!spf_record_is(SLICE("v=spf")));
	CHECK(!spf_record_is(SLICE("")));
}

CASE("every kind of term")
{
	struct arena arena = {0};
	struct spf_record record;
	char reason[120] = "", text[64];

	CHECK(spf_record_parse(
		SLICE("v=spf1  a mx/24 ?A:a.example/25//64 ~ip4:192.0.2.0/24 "
		      "-ip6:2001:db8::/32 include:b.example exists:%{i}.c.example ptr "
		      "redirect=d.example exp=e.example unknown=x/y moo.cow=man:dog "
		      "-all "),
		&arena, &record, reason));
	CHECK_NUMBER(record.count, 9);
	CHECK_NUMBER(record.terms[0].mechanism, SPF_A);
	CHECK_NUMBER(record.terms[0].bits4, 32);
	CHECK_NUMBER(record.terms[0].bits6, 128);
	CHECK_NUMBER(record.terms[0].result, SPF_PASS);
	CHECK_NUMBER(record.terms[1].mechanism, SPF_MX);
	CHECK_NUMBER(record.terms[1].bits4, 24);
	CHECK_NUMBER(record.terms[2].result, SPF_NEUTRAL);
	CHECK_NUMBER(record.terms[2].bits4, 25);
	CHECK_NUMBER(record.terms[2].bits6, 64);
	CHECK_SLICE(record.terms[2].domain, "a.example");
	CHECK_SLICE(record.terms[2].text, "?A:a.example/25//64");
	CHECK_NUMBER(record.terms[3].result, SPF_SOFTFAIL);
	inet_ntop(AF_INET6, &record.terms[3].network, text, sizeof(text));
	CHECK_SLICE(slice_of(text), "::ffff:192.0.2.0");
	inet_ntop(AF_INET6, &record.terms[4].network, text, sizeof(text));
	CHECK_SLICE(slice_of(text), "2001:db8::");
	CHECK_NUMBER(record.terms[4].bits6, 32);
	CHECK_SLICE(record.terms[5].domain, "b.example");
	CHECK_SLICE(record.terms[6].domain, "%{i}.c.example");
	CHECK_NUMBER(record.terms[7].mechanism, SPF_PTR);
	CHECK_NUMBER(record.terms[8].result, SPF_FAIL);
	CHECK_SLICE(record.redirect, "d.example");
	CHECK_SLICE(record.explanation, "e.example");
	arena_finish(&arena);
}

CASE("RFC 7208 4.6: syntax errors, each with its reason")
{
	static const char *const table[][2] = {
		{"-all moo", "\"moo\" is no mechanism"},
		{"redirect:a.example", "\"redirect:a.example\" is no mechanism"},
		{"all.", "\"all.\" has something behind it"},
		{"all/8", "\"all/8\" has something behind it"},
		{"include", "\"include\" names no domain"},
		{"include:", "\"include:\" names no domain"},
		{"include:a.example/24", "\"include:a.example/24\" names no domain"},
		{"a/33", "\"a/33\" has a wrong prefix length"},
		{"a//129", "\"a//129\" has a wrong prefix length"},
		{"a/024", "\"a/024\" has a wrong prefix length"},
		{"a///64", "\"a///64\" has a wrong prefix length"},
		{"a/24/64", "\"a/24/64\" has a wrong prefix length"},
		{"mx/", "\"mx/\" names no domain"},
		{"ptr/0", "\"ptr/0\" names no domain"},
		{"ip4", "\"ip4\" names no network"},
		{"ip4:192.0.2", "\"ip4:192.0.2\" names no network"},
		{"ip4:192.0.2.1:25", "\"ip4:192.0.2.1:25\" names no network"},
		{"ip4:192.0.2.1//32", "\"ip4:192.0.2.1//32\" names no network"},
		{"ip4:192.0.02.1", "\"ip4:192.0.02.1\" names no network"},
		{"ip4:2001:db8::", "\"ip4:2001:db8::\" names no network"},
		{"ip6:192.0.2.1", "\"ip6:192.0.2.1\" names no network"},
		{"ip6:::1/129", "\"ip6:::1/129\" names no network"},
		{"ip6::CAFE::BABE", "\"ip6::CAFE::BABE\" names no network"},
		{"exists", "\"exists\" names no domain"},
		{"exp=", "\"exp=\" names no domain"},
		{"exp=a.example exp=a.example", "\"exp=a.example\" is there twice"},
		{"redirect=-all", "\"redirect=-all\" names no domain"},
		{"x=%", "\"x=%\" is malformed"},
		{"1up=foo", "\"1up=foo\" is no mechanism"},
		{"=all", "\"=all\" is no mechanism"},
		{"-", "\"-\" is no mechanism"},
		{"--all", "\"--all\" is no mechanism"},
		{"-\033[2J", "\"-?[2J\" is no mechanism"},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct arena arena = {0};
		struct slice text = arena_format(&arena, "v=spf1 %s", table[i][0]);
		struct spf_record record;
		char reason[120] = "none";

		CHECK(!spf_record_parse(text, &arena, &record, reason));
		CHECK_SLICE(slice_of(reason), table[i][1]);
		arena_finish(&arena);
	}
}

CASE("a record that is too long, and one that is just not")
{
	struct arena arena = {0};
	struct spf_record record;
	char *text = arena_take(&arena, SPF_RECORD_MAX + 1), reason[120];

	memset(text, ' ', SPF_RECORD_MAX + 1);
	memcpy(text, "v=spf1", 6);
	for (size_t i = 7; i < SPF_RECORD_MAX; i += 2)
		text[i] = 'a';
	CHECK(spf_record_parse(
		slice_make(text, SPF_RECORD_MAX), &arena, &record, reason));
	CHECK_NUMBER(record.count, (SPF_RECORD_MAX - 6) / 2);
	CHECK(!spf_record_parse(
		slice_make(text, SPF_RECORD_MAX + 1), &arena, &record, reason));
	CHECK_SLICE(slice_of(reason), "a record of 8193 bytes, 8192 at most");
	arena_finish(&arena);
}

CASE("networks, bit by bit")
{
	struct in6_addr a, b;

	for (unsigned bits = 0; bits <= 128; bits++) {
		memset(&a, 0xa5, sizeof(a));
		b = a;
		CHECK(spf_network_has(&a, bits, &b));
		if (bits < 128)
			b.s6_addr[bits / 8] ^= (uint8_t)(0x80 >> bits % 8);
		CHECK(spf_network_has(&a, bits, &b));
		if (bits) {
			b.s6_addr[(bits - 1) / 8] ^= (uint8_t)(0x80 >> (bits - 1) % 8);
			CHECK(!spf_network_has(&a, bits, &b));
		}
	}
}

CHECK_MAIN()
