/* Names of an address, and which of them lead back; the counted resolver. */
#include "verify/reverse.h"

#include <arpa/inet.h>

#include "check.h"
#include "zone.h"

static const struct zone_record records[] = {
	{"1.2.0.192.in-addr.arpa", "PTR mail.example.com"},
	{"mail.example.com", "A 192.0.2.1"},
	{"2.2.0.192.in-addr.arpa", "PTR other.example.com"},
	{"2.2.0.192.in-addr.arpa", "PTR mail.example.com"},
	{"2.2.0.192.in-addr.arpa", "PTR two.example.com"},
	{"two.example.com", "A 192.0.2.77"},
	{"two.example.com", "A 192.0.2.2"},
	{"3.2.0.192.in-addr.arpa", "PTR mail.example.com"},
	{"4.2.0.192.in-addr.arpa", "TIMEOUT"},
	{"5.2.0.192.in-addr.arpa", "PTR silent.example.com"},
	{"silent.example.com", "TIMEOUT"},
	{"6.2.0.192.in-addr.arpa", "TXT no name"},
	{"8.2.0.192.in-addr.arpa", "PTR a.nobody.example"},
	{"8.2.0.192.in-addr.arpa", "PTR b.nobody.example"},
	{"8.2.0.192.in-addr.arpa", "PTR c.nobody.example"},
	{"8.2.0.192.in-addr.arpa", "PTR d.nobody.example"},
	{"10.2.0.192.in-addr.arpa", "PTR (odd).example"},
	{"(odd).example", "A 192.0.2.10"},
	{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		"PTR six.example.com"},
	{"six.example.com", "AAAA 2001:db8::1"},
	{"six.example.com", "A 192.0.2.9"},
	{NULL, NULL},
};

static struct in6_addr address_of(const char *text)
{
	struct in6_addr address;

	if (inet_pton(AF_INET6, text, &address) != 1)
		abort();
	return address;
}

CASE("RFC 8601 3: the names of an address, confirmed or not")
{
	static const struct {
		const char *address, *name, *result;
		unsigned asked;
	} table[] = {
		{"::ffff:192.0.2.1", "mail.example.com", "pass", 2},
		{"::ffff:192.0.2.2", "two.example.com", "pass", 4},
		{"::ffff:192.0.2.3", "mail.example.com", "fail", 2},
		{"::ffff:192.0.2.4", "", "temperror", 1},
		{"::ffff:192.0.2.5", "silent.example.com", "temperror", 2},
		{"::ffff:192.0.2.6", "", "permerror", 1},
		{"::ffff:192.0.2.99", "", "permerror", 1},
		{"2001:db8::1", "six.example.com", "pass", 2},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct zone zone = {.records = records};
		struct verify_resolver resolver = zone_resolver(&zone);
		struct in6_addr address = address_of(table[i].address);
		struct arena arena = {0};
		struct reverse reverse;

		CHECK(reverse_check(
			&resolver, &address, &arena, &reverse, (struct deadline){0}));
		CHECK_SLICE(
			slice_of(reverse_result_name(reverse.result)), table[i].result);
		CHECK_SLICE(reverse.name, table[i].name);
		CHECK_NUMBER(zone.asked, table[i].asked);
		CHECK((reverse.result == REVERSE_TEMPORARY) == !!reverse.reason[0]);
		arena_finish(&arena);
	}
}

CASE("an address with 40 names: ten are looked at")
{
	struct zone_record many[41] = {{NULL, NULL}};
	struct zone zone = {.records = many};
	struct verify_resolver resolver = zone_resolver(&zone);
	struct in6_addr address = address_of("::ffff:192.0.2.7");
	struct arena arena = {0};
	struct reverse reverse;

	for (unsigned i = 0; i < 40; i++)
		many[i] = (struct zone_record){
			"7.2.0.192.in-addr.arpa", "PTR nobody.example.com"};
	CHECK(reverse_check(
		&resolver, &address, &arena, &reverse, (struct deadline){0}));
	CHECK_NUMBER(reverse.result, REVERSE_UNCONFIRMED);
	CHECK_NUMBER(reverse.count, REVERSE_NAMES_MAX);
	CHECK_NUMBER(zone.asked, 1 + REVERSE_NAMES_MAX);
	arena_finish(&arena);
}

CASE("the one name to show, in four questions")
{
	static const struct {
		const char *address, *name, *result;
		unsigned asked;
	} table[] = {
		{"::ffff:192.0.2.1", "mail.example.com", "pass", 2},
		{"::ffff:192.0.2.2", "two.example.com", "pass", 4},
		{"::ffff:192.0.2.8", "", "temperror", 4},
		{"::ffff:192.0.2.3", "", "fail", 2},
		{"::ffff:192.0.2.99", "", "permerror", 1},
		{"::ffff:192.0.2.10", "", "pass", 2},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct zone zone = {.records = records};
		struct verify_resolver resolver = zone_resolver(&zone);
		struct in6_addr address = address_of(table[i].address);
		struct arena arena = {0};
		struct reverse_name name;

		CHECK(reverse_find_name(
			&resolver, &address, &arena, &name, (struct deadline){0}));
		CHECK(name.known);
		CHECK_SLICE(
			slice_of(reverse_result_name(name.result)), table[i].result);
		CHECK_SLICE(name.name, table[i].name);
		CHECK_NUMBER(zone.asked, table[i].asked);
		arena_finish(&arena);
	}
}

CASE("a counted resolver: the query after the last is temporary")
{
	struct zone zone = {.records = records};
	struct verify_resolver resolver = zone_resolver(&zone);
	struct verify_budget budget;
	struct arena arena = {0};
	struct dns_answer answer;

	verify_budget_init(&budget, &resolver, 3);
	for (unsigned i = 0; i < 10; i++) {
		CHECK(verify_query(&budget.resolver, SLICE("mail.example.com"), DNS_A,
			&arena, &answer, (struct deadline){0}));
		CHECK_NUMBER(answer.status, i < 3 ? DNS_FOUND : DNS_TEMPORARY);
	}
	CHECK_SLICE(slice_of(answer.reason), "too many DNS queries");
	CHECK_NUMBER(zone.asked, 3);
	CHECK_NUMBER(budget.used, 3);
	arena_finish(&arena);
}

CHECK_MAIN()
