/*
 * DNS messages: names, queries, answers of every kind, hostile ones, and
 * every answer cut at every byte.
 */
#include "io/dns_parse.h"

#include <arpa/inet.h>

#include "base/memory.h"
#include "check.h"
#include "io/dns_server.h"

/* A message under construction. */
struct packet {
	unsigned char bytes[70000];
	size_t size;
};

static struct packet packet;
static struct arena arena;

static void put(uint64_t value, unsigned count)
{
	while (count--)
		packet.bytes[packet.size++] = (unsigned char)(value >> (8 * count));
}

static void put_bytes(const void *at, size_t size)
{
	memcpy(packet.bytes + packet.size, at, size);
	packet.size += size;
}

static void put_labels(const char *name)
{
	struct slice rest = slice_of(name);

	while (rest.size) {
		struct slice label = slice_cut(&rest, '.');

		put((unsigned)label.size, 1);
		put_bytes(label.at, label.size);
	}
}

static void put_name(const char *name)
{
	put_labels(name);
	put(0, 1);
}

static size_t name_size(const char *name)
{
	return *name ? strlen(name) + 2 : 1;
}

/* Header and question: id 77, FLAGS, counts of the three sections. */
static void begin(
	unsigned flags, const char *name, unsigned type, const unsigned counts[3])
{
	packet.size = 0;
	put(77, 2);
	put(flags, 2);
	put(1, 2);
	for (unsigned i = 0; i < 3; i++)
		put(counts[i], 2);
	put_name(name);
	put(type, 2);
	put(1, 2);
}

static void record(const char *owner, unsigned type, unsigned ttl, size_t size)
{
	put_name(owner);
	put(type, 2);
	put(1, 2);
	put(ttl, 4);
	put((unsigned)size, 2);
}

static void record_a(const char *owner, unsigned ttl, const char *address)
{
	struct in_addr in;

	inet_pton(AF_INET, address, &in);
	record(owner, DNS_A, ttl, 4);
	put_bytes(&in, 4);
}

static void record_name(
	const char *owner, unsigned type, unsigned ttl, const char *target)
{
	record(owner, type, ttl, name_size(target));
	put_name(target);
}

static void record_mx(
	const char *owner, unsigned ttl, unsigned preference, const char *target)
{
	record(owner, DNS_MX, ttl, 2 + name_size(target));
	put(preference, 2);
	put_name(target);
}

static void record_soa(const char *owner, unsigned ttl, unsigned minimum)
{
	record(owner, 6, ttl, name_size("ns") + name_size("root") + 20);
	put_name("ns");
	put_name("root");
	for (unsigned i = 0; i < 4; i++)
		put(1, 4);
	put(minimum, 4);
}

static struct dns_message parse_size(enum dns_type type, const char *name, size_t size)
{
	struct dns_question question = {.id = 77, .type = type, .name = slice_of(name)};
	struct dns_message message;
	/* A copy of just that size: ASan sees a read past the end. */
	char *copy = memory_allocate(size + 1);
	char *exact = memory_resize(copy, size ? size : 1);

	if (size)
		memcpy(exact, packet.bytes, size);
	arena_reset(&arena);
	dns_parse(slice_make(exact, size), &question, &arena, &message);
	memory_free(exact);
	return message;
}

static struct dns_message parse(enum dns_type type, const char *name)
{
	return parse_size(type, name, packet.size);
}

/* Whatever is cut off, nothing but a temporary failure comes of it. */
static void check_cuts(enum dns_type type, const char *name)
{
	for (size_t size = 0; size < packet.size; size++) {
		struct dns_message message = parse_size(type, name, size);

		if (!CHECK_NUMBER(message.answer.status, DNS_TEMPORARY))
			fprintf(stderr, "cut at %zu of %zu\n", size, packet.size);
		CHECK(!message.unfinished && message.answer.reason[0]);
	}
}

static void check_refused(enum dns_type type, const char *name, const char *reason)
{
	struct dns_message message = parse(type, name);

	CHECK_NUMBER(message.answer.status, DNS_TEMPORARY);
	CHECK_SLICE(slice_of(message.answer.reason), reason);
	CHECK_NUMBER(message.answer.count, 0);
	CHECK_NUMBER(message.answer.ttl_s, 5);
	CHECK(!message.unfinished);
}

#define COUNTS(answer, authority, additional) \
	((const unsigned[3]){answer, authority, additional})

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

CASE("addresses of servers")
{
	static const struct {
		const char *text;
		int family, port;
	} table[] = {
		{"127.0.0.1", AF_INET, 53},
		{"127.0.0.1:5353", AF_INET, 5353},
		{"::1", AF_INET6, 53},
		{"[::1]", AF_INET6, 53},
		{"[::1]:5353", AF_INET6, 5353},
		{"2001:db8::1:53", AF_INET6, 53},
		{"", 0, 0},
		{"localhost", 0, 0},
		{"127.0.0", 0, 0},
		{"127.0.0.1:", 0, 0},
		{"127.0.0.1:0", 0, 0},
		{"127.0.0.1:65536", 0, 0},
		{"127.0.0.1:dns", 0, 0},
		{"127.0.0.1:5353 ", 0, 0},
		{"[127.0.0.1]", 0, 0},
		{"[::1", 0, 0},
		{"[::1]5353", 0, 0},
		{"[]:53", 0, 0},
		{"fe80::1%lo", 0, 0},
	};
	struct dns_server server;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		bool good = dns_server_parse(table[i].text, &server);

		if (CHECK(good == (table[i].port != 0)) && good) {
			CHECK_NUMBER(server.family, table[i].family);
			CHECK_NUMBER(server.port, table[i].port);
		} else if (good) {
			fprintf(stderr, "%s\n", table[i].text);
		}
	}
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

CASE("an answer to another question")
{
	begin(0x8180, "a", DNS_A, COUNTS(0, 0, 0));
	check_refused(DNS_A, "b", "answer to another question");
	check_refused(DNS_AAAA, "a", "answer to another question");
	packet.bytes[0] ^= 1;
	check_refused(DNS_A, "a", "answer to another question");
	packet.bytes[0] ^= 1;
	packet.bytes[5] = 2;
	check_refused(DNS_A, "a", "answer to another question");
	packet.bytes[5] = 1;
	packet.bytes[packet.size - 1] = 3; /* CHAOS */
	check_refused(DNS_A, "a", "answer to another question");
}

CASE("record data of the wrong size")
{
	static const struct {
		unsigned type;
		struct slice data;
	} table[] = {
		{DNS_A, SLICE("\1\2\3")},
		{DNS_A, SLICE("\1\2\3\4\5")},
		{DNS_AAAA, SLICE("\1\2\3\4")},
		{DNS_MX, SLICE("\0")},
		{DNS_MX, SLICE("\0\1")},
		{DNS_MX, SLICE("\0\1\1a\0x")},
		{DNS_MX, SLICE("\0\1\1")},
		{DNS_PTR, SLICE("")},
		{DNS_PTR, SLICE("\1a")},
		{DNS_TXT, SLICE("\5abc")},
		{DNS_TXT, SLICE("\1a\1")},
		{DNS_TLSA, SLICE("\1\2")},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		begin(0x8180, "a", table[i].type, COUNTS(1, 0, 0));
		record("a", table[i].type, 1, table[i].data.size);
		put_bytes(table[i].data.at, table[i].data.size);
		check_refused((enum dns_type)table[i].type, "a", "malformed answer");
	}
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	record("a", DNS_A, 1, 5);
	put(0, 4);
	check_refused(DNS_A, "a", "malformed answer");
	begin(0x8183, "a", DNS_A, COUNTS(0, 1, 0));
	record("a", 6, 1, 4);
	put(0, 4);
	check_refused(DNS_A, "a", "malformed answer");
}

CASE("names in records with bytes no host has: that record does not count")
{
	begin(0x8180, "a", DNS_MX, COUNTS(3, 0, 0));
	record_mx("a", 1, 1, "sp ace.example");
	record("a", DNS_MX, 1, 7);
	put(2, 2), put(3, 1), put_bytes("a.b", 3), put(0, 1);
	record_mx("a", 1, 3, "fine.example");
	struct dns_message message = parse(DNS_MX, "a");

	CHECK_NUMBER(message.answer.count, 1);
	CHECK_NUMBER(message.answer.records[0].preference, 3);
	begin(0x8180, "a", DNS_MX, COUNTS(1, 0, 0));
	record_mx("a", 1, 1, "sp ace.example");
	check_refused(DNS_MX, "a", "no record with a usable name");
}

CASE("RFC 1035 4.1.4: pointers lead backwards only")
{
	static const unsigned pointers[] = {
		0xc000 + 19, 0xc000 + 30, 0xffff, 0xc000 + 20};

	for (size_t i = 0; i < ARRAY_COUNT(pointers); i++) {
		begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
		CHECK_NUMBER(packet.size, 19);
		put(pointers[i], 2), put(DNS_A, 2), put(1, 2), put(1, 4), put(4, 2),
			put(1, 4);
		check_refused(DNS_A, "a", "malformed answer");
	}
	/* Two pointers at each other, and one that comes back to its label. */
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	put(1, 1), put('x', 1), put(0xc000 + 19, 2);
	put(DNS_A, 2), put(1, 2), put(1, 4), put(4, 2), put(1, 4);
	check_refused(DNS_A, "a", "malformed answer");
	/* A label type of old (RFC 6891 5). */
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	put(0x41, 1), put(0, 1), put(DNS_A, 2), put(1, 2), put(1, 4), put(4, 2),
		put(1, 4);
	check_refused(DNS_A, "a", "malformed answer");
}

CASE("a name made longer than 255 bytes through a pointer")
{
	char label[64] = {0}, name[260];

	memset(label, 'x', 63);
	snprintf(name, sizeof(name), "%s.%s.%s", label, label, label);
	begin(0x8180, name, DNS_PTR, COUNTS(1, 0, 0));
	put(0xc00c, 2), put(DNS_PTR, 2), put(1, 2), put(1, 4), put(64 + 2, 2);
	put(63, 1), put_bytes(label, 63), put(0xc00c, 2);
	check_refused(DNS_PTR, name, "malformed answer");
}

CASE("counts that promise more than there is, or more than we take")
{
	begin(0x8180, "a", DNS_A, COUNTS(4000, 0, 0));
	check_refused(DNS_A, "a", "malformed answer");
	begin(0x8180, "a", DNS_A, COUNTS(65535, 65535, 65535));
	check_refused(DNS_A, "a", "answer with too many records");
	begin(0x8180, "a", DNS_A, COUNTS(0, 0, 1));
	check_refused(DNS_A, "a", "malformed answer");
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

CASE("every byte of an answer changed to every value: no crash, no odd result")
{
	begin(0x8180, "a.example", DNS_MX, COUNTS(2, 1, 1));
	record_name("a.example", DNS_CNAME, 30, "b.example");
	record_mx("b.example", 10, 5, "mx.example");
	record_soa("example", 10, 10);
	put(0, 1), put(41, 2), put(1232, 2), put(0, 4), put(0, 2);
	for (size_t at = 0; at < packet.size; at++) {
		unsigned char kept = packet.bytes[at];

		for (unsigned value = 0; value < 256; value++) {
			packet.bytes[at] = (unsigned char)value;
			struct dns_message message = parse(DNS_MX, "a.example");

			CHECK((message.answer.count > 0) ==
				(message.answer.status == DNS_FOUND));
			CHECK(message.answer.ttl_s >= 1 &&
				message.answer.ttl_s <= 86400);
		}
		packet.bytes[at] = kept;
	}
	arena_finish(&arena);
}

CHECK_MAIN()
