/* DNS answers of every kind, and each of them cut at every byte. */
#include "io/dns_parse.h"

#include "dns_parsed.h"

CASE("addresses, the lowest TTL, AD")
{
	begin(0x81a0, "example.com", DNS_A, COUNTS(2, 0, 1));
	record_a("Example.com", 300, "192.0.2.1");
	record_a("example.com", 60, "192.0.2.2");
	put(0, 1), put(41, 2), put(1232, 2), put(0, 4), put(0, 2);
	struct dns_message message = parse(DNS_A, "example.com");

	CHECK_NUMBER(message.answer.status, DNS_FOUND);
	CHECK_NUMBER(message.answer.count, 2);
	CHECK_NUMBER(message.answer.ttl_s, 60);
	CHECK(message.answer.authentic);
	CHECK_SLICE(message.answer.canonical, "example.com");
	CHECK(IN6_IS_ADDR_V4MAPPED(&message.answer.records[0].address));
	CHECK(!memcmp(message.answer.records[1].address.s6_addr + 12, "\xc0\0\2\2", 4));
	check_cuts(DNS_A, "example.com");
}

CASE("RFC 3596: AAAA")
{
	begin(0x8180, "example.com", DNS_AAAA, COUNTS(1, 0, 0));
	record("example.com", DNS_AAAA, 3600, 16);
	put(0x20010db8, 4), put(0, 8), put(0x19, 4);
	struct dns_message message = parse(DNS_AAAA, "example.com");

	CHECK_NUMBER(message.answer.count, 1);
	CHECK(!message.answer.authentic);
	CHECK_NUMBER(message.answer.records[0].address.s6_addr[1], 1);
	CHECK_NUMBER(message.answer.records[0].address.s6_addr[15], 0x19);
	check_cuts(DNS_AAAA, "example.com");
}

CASE("RFC 1035 4.1.4: MX with compressed names; RFC 7505: the null MX")
{
	begin(0x8180, "example.com", DNS_MX, COUNTS(3, 0, 0));
	put(0xc00c, 2), put(DNS_MX, 2), put(1, 2), put(900, 4), put(9, 2);
	put(10, 2), put_labels("MAIL"), put(0xc00c, 2);
	put(0xc00c, 2), put(DNS_MX, 2), put(1, 2), put(900, 4), put(4, 2);
	put(20, 2), put(0xc00c + 8 + 0, 2); /* "com" */
	record_mx("example.com", 900, 0, "");
	struct dns_message message = parse(DNS_MX, "example.com");

	CHECK_NUMBER(message.answer.count, 3);
	CHECK_SLICE(message.answer.records[0].name, "mail.example.com");
	CHECK_NUMBER(message.answer.records[0].preference, 10);
	CHECK_SLICE(message.answer.records[1].name, "com");
	CHECK(message.answer.records[2].name.at &&
		!message.answer.records[2].name.size);
	check_cuts(DNS_MX, "example.com");
}

CASE("RFC 1035 3.3.14: the strings of a TXT record joined, any byte in them")
{
	begin(0x8180, "a.example", DNS_TXT, COUNTS(2, 0, 0));
	record("a.example", DNS_TXT, 10, 12);
	put(5, 1), put_bytes("v=a b", 5), put(0, 1), put(4, 1),
		put_bytes("c\0\xff;", 4);
	record("a.example", DNS_TXT, 10, 1);
	put(0, 1);
	struct dns_message message = parse(DNS_TXT, "a.example");

	CHECK_NUMBER(message.answer.count, 2);
	CHECK(slice_equal(
		message.answer.records[0].name, slice_make("v=a bc\0\xff;", 9)));
	CHECK_NUMBER(message.answer.records[1].name.size, 0);
	check_cuts(DNS_TXT, "a.example");
}

CASE("a TXT record without a string does not count")
{
	begin(0x8180, "a.example", DNS_TXT, COUNTS(2, 0, 0));
	record("a.example", DNS_TXT, 10, 0);
	record("a.example", DNS_TXT, 10, 3);
	put(2, 1), put_bytes("ab", 2);
	struct dns_message message = parse(DNS_TXT, "a.example");

	CHECK_NUMBER(message.answer.count, 1);
	CHECK_SLICE(message.answer.records[0].name, "ab");
}

CASE("RFC 6698 2.1: TLSA; PTR; CNAME asked for itself")
{
	begin(0x8180, "_25._tcp.a", DNS_TLSA, COUNTS(1, 0, 0));
	record("_25._tcp.a", DNS_TLSA, 10, 7);
	put(3, 1), put(1, 1), put(2, 1), put_bytes("\1\2\3\4", 4);
	struct dns_message message = parse(DNS_TLSA, "_25._tcp.a");

	CHECK_NUMBER(message.answer.records[0].usage, 3);
	CHECK_NUMBER(message.answer.records[0].selector, 1);
	CHECK_NUMBER(message.answer.records[0].matching, 2);
	CHECK_SLICE(message.answer.records[0].data, "\1\2\3\4");
	check_cuts(DNS_TLSA, "_25._tcp.a");
	begin(0x8180, "1.2.0.192.in-addr.arpa", DNS_PTR, COUNTS(1, 0, 0));
	record_name("1.2.0.192.in-addr.arpa", DNS_PTR, 10, "Host.Example");
	CHECK_SLICE(parse(DNS_PTR, "1.2.0.192.in-addr.arpa").answer.records[0].name,
		"host.example");
	begin(0x8180, "a", DNS_CNAME, COUNTS(1, 0, 0));
	record_name("a", DNS_CNAME, 10, "b");
	message = parse(DNS_CNAME, "a");
	CHECK_NUMBER(message.cnames, 0);
	CHECK_SLICE(message.answer.records[0].name, "b");
	CHECK_SLICE(message.answer.canonical, "a");
}

CASE("RFC 1034 3.6.2: a chain of CNAMEs, in any order, to the records")
{
	begin(0x8180, "a.example", DNS_A, COUNTS(4, 0, 0));
	record_a("c.example", 300, "192.0.2.7");
	record_name("b.example", DNS_CNAME, 30, "C.example");
	record_name("a.example", DNS_CNAME, 600, "b.example");
	record_a("other.example", 1, "192.0.2.66");
	struct dns_message message = parse(DNS_A, "a.example");

	CHECK_NUMBER(message.answer.status, DNS_FOUND);
	CHECK_NUMBER(message.answer.count, 1);
	CHECK_NUMBER(message.cnames, 2);
	CHECK_NUMBER(message.answer.ttl_s, 30);
	CHECK_SLICE(message.answer.canonical, "c.example");
	check_cuts(DNS_A, "a.example");
}

CASE("a chain that stops at a target the answer does not tell about")
{
	begin(0x8180, "a", DNS_MX, COUNTS(1, 0, 0));
	record_name("a", DNS_CNAME, 600, "b");
	struct dns_message message = parse(DNS_MX, "a");

	CHECK(message.unfinished);
	CHECK_SLICE(message.answer.canonical, "b");
	CHECK_NUMBER(message.answer.ttl_s, 600);
	begin(0x8180, "a", DNS_MX, COUNTS(1, 1, 0));
	record_name("a", DNS_CNAME, 600, "b");
	record_soa("b", 100, 50);
	message = parse(DNS_MX, "a");
	CHECK(!message.unfinished);
	CHECK_NUMBER(message.answer.status, DNS_NO_DATA);
	CHECK_NUMBER(message.answer.ttl_s, 50);
	/* RFC 6604 3: NXDOMAIN is about the end of the chain. */
	packet.bytes[3] = 0x83;
	message = parse(DNS_MX, "a");
	CHECK_NUMBER(message.answer.status, DNS_NO_NAME);
	CHECK_SLICE(message.answer.canonical, "b");
}

CASE("CNAMEs: eight are followed, nine or a loop are not")
{
	char from[2] = "a", to[2] = "b";

	for (unsigned links = 8; links <= 9; links++) {
		begin(0x8180, "a", DNS_A, COUNTS(links + 1, 0, 0));
		for (unsigned i = 0; i < links; i++) {
			from[0] = (char)('a' + i);
			to[0] = (char)('b' + i);
			record_name(from, DNS_CNAME, 10, to);
		}
		record_a(to, 10, "192.0.2.1");
		if (links == 8)
			CHECK_NUMBER(parse(DNS_A, "a").answer.status, DNS_FOUND);
		else
			check_refused(DNS_A, "a", "too many CNAMEs in a row");
	}
	begin(0x8180, "a", DNS_A, COUNTS(2, 0, 0));
	record_name("a", DNS_CNAME, 10, "b");
	record_name("b", DNS_CNAME, 10, "a");
	check_refused(DNS_A, "a", "too many CNAMEs in a row");
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	record_name("a", DNS_CNAME, 10, "a");
	check_refused(DNS_A, "a", "too many CNAMEs in a row");
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	record_name("a", DNS_CNAME, 10, "");
	check_refused(DNS_A, "a", "CNAME to an unusable name");
}

CASE("RFC 2308 3, 5: negative answers live for the SOA's lesser of TTL and minimum")
{
	static const struct {
		unsigned ttl, minimum, want;
	} table[] = {{100, 50, 50}, {40, 50, 40}, {86400, 86400, 3600}, {0, 50, 1},
		{0x80000001, 50, 1}};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		begin(0x8183, "no.example", DNS_A, COUNTS(0, 1, 0));
		record_soa("example", table[i].ttl, table[i].minimum);
		struct dns_message message = parse(DNS_A, "no.example");

		CHECK_NUMBER(message.answer.status, DNS_NO_NAME);
		CHECK_NUMBER(message.answer.ttl_s, table[i].want);
		packet.bytes[3] = 0x80;
		CHECK_NUMBER(parse(DNS_A, "no.example").answer.status, DNS_NO_DATA);
		check_cuts(DNS_A, "no.example");
	}
	begin(0x8180, "a", DNS_A, COUNTS(0, 0, 0));
	CHECK_NUMBER(parse(DNS_A, "a").answer.status, DNS_NO_DATA);
	CHECK_NUMBER(parse(DNS_A, "a").answer.ttl_s, 5);
}

CASE("RFC 2308 2.2: a referral is no answer")
{
	begin(0x8100, "a.example", DNS_MX, COUNTS(0, 1, 0));
	record_name("example", 2, 100, "ns.example");
	check_refused(DNS_MX, "a.example", "a referral: the resolver does not recurse");
	packet.bytes[2] |= 4; /* an authoritative server may list itself */
	CHECK_NUMBER(parse(DNS_MX, "a.example").answer.status, DNS_NO_DATA);
}

CASE("TTLs: zero is a second, more than a day is a day")
{
	static const unsigned table[][2] = {{0, 1}, {1, 1}, {86400, 86400},
		{86401, 86400}, {0x7fffffff, 86400}, {0x80000000, 1}, {0xffffffff, 1}};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
		record_a("a", table[i][0], "192.0.2.1");
		CHECK_NUMBER(parse(DNS_A, "a").answer.ttl_s, table[i][1]);
	}
}

CASE("response codes")
{
	static const struct {
		unsigned flags;
		const char *reason;
	} table[] = {
		{0x8181, "the resolver cannot read the query"},
		{0x8182, "server failure"},
		{0x8184, "the resolver lacks the operation"},
		{0x8185, "the resolver refuses us"},
		{0x8186, "unexpected response code"},
		{0x818f, "unexpected response code"}, {0x8380, "truncated answer"},
		{0x0180, "answer to another question"}, /* a query */
		{0x8980, "answer to another question"}, /* IQUERY */
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		begin(table[i].flags, "a", DNS_A, COUNTS(0, 0, 0));
		check_refused(DNS_A, "a", table[i].reason);
		CHECK(parse(DNS_A, "a").no_edns == (table[i].flags == 0x8181));
	}
	/* RFC 6891 6.1.3: BADVERS, its upper bits in the OPT record. */
	begin(0x8180, "a", DNS_A, COUNTS(0, 0, 1));
	put(0, 1), put(41, 2), put(1232, 2), put(0x01000000, 4), put(0, 2);
	check_refused(DNS_A, "a", "unexpected response code");
	CHECK(!parse(DNS_A, "a").no_edns);
}

CASE("a huge answer that is in order: 1,000 MX records in 64 KiB")
{
	begin(0x8180, "a", DNS_MX, COUNTS(1000, 0, 0));
	for (unsigned i = 0; i < 1000; i++) {
		char target[32];

		snprintf(target, sizeof(target), "mx%u.example", i);
		record_mx("a", 10, i, target);
	}
	struct dns_message message = parse(DNS_MX, "a");

	CHECK_NUMBER(message.answer.count, 1000);
	CHECK_SLICE(message.answer.records[999].name, "mx999.example");
}

CHECK_MAIN()
