/* Records that a domain's owner is to paste. */
#include "gate/audit.h"

#include "base/memory.h"
#include "check.h"

static void add(struct gate_addresses *addresses, const char *text)
{
	struct gate_address *address = &addresses->list[addresses->count++];

	CHECK(config_address_parse(text, address->ip.s6_addr));
	snprintf(address->text, sizeof(address->text), "%s", text);
}

CASE("SPF: what is missing goes in front of what decides for the rest")
{
	static const struct {
		const char *record;
		uint64_t missing;
		const char *wanted;
	} table[] = {
		{"", 3, "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all"},
		{"", 2, "v=spf1 ip6:2001:db8::1 ~all"},
		{"v=spf1 -all", 1, "v=spf1 ip4:192.0.2.1 -all"},
		{"v=spf1  mx include:a.test  ?ALL", 1,
			"v=spf1 mx include:a.test ip4:192.0.2.1 ?ALL"},
		{"v=spf1 mx redirect=_spf.a.test", 1,
			"v=spf1 mx ip4:192.0.2.1 redirect=_spf.a.test"},
		{"v=spf1 all:x.test mx", 1, "v=spf1 all:x.test mx ip4:192.0.2.1"},
		{"v=spf1", 1, "v=spf1 ip4:192.0.2.1"},
		{"v=spf1 -all exp=a.test all", 1,
			"v=spf1 ip4:192.0.2.1 -all exp=a.test all"},
		{"v=spf1 mx -all", 0, "v=spf1 mx -all"},
	};
	struct gate_addresses addresses = {.count = 0};
	struct arena arena = {0};

	add(&addresses, "192.0.2.1");
	add(&addresses, "2001:db8::1");
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		CHECK_SLICE(audit_spf(slice_of(table[i].record), &addresses,
				    table[i].missing, &arena),
			table[i].wanted);
	arena_finish(&arena);
}

CASE("RFC 1035 5.1: lines of a zone file")
{
	char text[301] = "", line[400];
	struct audit_record records[] = {
		{SLICE("x.test"), "MX", SLICE("10 mx.x.test.")},
		{SLICE("x.test"), "TXT", SLICE("a\"b\\c\x01\xff")},
		{SLICE("x.test"), "TXT", SLICE("")},
		{SLICE("x.test"), "TXT", {text, 300}},
	};
	const char *const wanted[] = {"x.test. IN MX 10 mx.x.test.",
		"x.test. IN TXT \"a\\\"b\\\\c\\001\\255\"", "x.test. IN TXT \"\"",
		line};
	struct arena arena = {0};

	memset(text, 'a', 300);
	snprintf(line, sizeof(line), "x.test. IN TXT \"%.255s\" \"%.45s\"", text, text);
	for (size_t i = 0; i < ARRAY_COUNT(records); i++)
		CHECK_SLICE(audit_zone_line(&records[i], &arena), wanted[i]);
	arena_finish(&arena);
}

CHECK_MAIN()
