/* Sources, pools and warm-up schedules in the configuration. */
#include "base/config_form.h"
#include "config_check.h"

#define ONE   "sources: [{ name: a, address: 192.0.2.1 }]\n"
#define PROXY "sources:\n- name: a\n  proxy: "
#define ALLOWED                                                        \
	"; allowed: socks5://host:port, socks5://user@host:port with " \
	"proxy_password_file, haproxy://host:port\n"

CASE("sources and pools name each other rightly")
{
	static const struct wrong table[] = {
		{ONE "pools: [{ name: p, members: [{ source: a }] }]\n"
		     "relay: { pool: p }\n",
			""},
		{"sources: [{ name: a }, { name: a }]\n",
			"t.yaml:3:24: source \"a\" again; allowed: once, and line 3 "
			"has it\n"},
		{ONE "pools: [{ name: p, members: [{ source: b }] }]\n",
			"t.yaml:4:30: source \"b\" is none; allowed: a name under "
			"sources\n"},
		{ONE "pools: [{ name: p, members: [{ source: a }, { source: a }] }]\n",
			"t.yaml:4:45: source \"a\" again; allowed: once, and line 4 "
			"has it\n"},
		{ONE "pools: [{ name: p, members: [] }]\n",
			"t.yaml:4:9: a pool without members; allowed: at least one\n"},
		{ONE "pools:\n- { name: p, members: [{ source: a }], overflow: q }\n"
		     "- { name: q, members: [{ source: a }], overflow: p }\n",
			"t.yaml:5:50: overflow \"q\" comes back to this pool; allowed: "
			"one that does not\n"
			"t.yaml:6:50: overflow \"p\" comes back to this pool; allowed: "
			"one that does not\n"},
		{"relay: { pool: p }\nroutes: [{ domain: x.test, pool: q }]\n",
			"t.yaml:3:16: pool \"p\" is none; allowed: a name under pools\n"
			"t.yaml:4:34: pool \"q\" is none; allowed: a name under "
			"pools\n"},
		{"sources: [{ name: a, address: \"2001:db8::1\" }]\n",
			"t.yaml:3:31: address: \"2001:db8::1\" does not fit; allowed: "
			"an IPv4 address such as 192.0.2.1\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("proxies, and what is wrong with them without their passwords")
{
	static const struct wrong table[] = {
		{PROXY "socks5://[2001:db8::1]:1080\n", ""},
		{PROXY "socks5://me:se:cret@proxy.test:1080\n", ""},
		{PROXY "haproxy://192.0.2.1:99\n  address: 192.0.2.9\n", ""},
		{PROXY "socks4://me:secret@h\n",
			"t.yaml:5:10: proxy: neither socks5:// nor haproxy://" ALLOWED},
		{PROXY "socks5://me:secret@proxy.test\n",
			"t.yaml:5:10: proxy: no host and port" ALLOWED},
		{PROXY "socks5://me@proxy.test:1\n",
			"t.yaml:5:10: proxy: a user without a password" ALLOWED},
		{PROXY "haproxy://me:secret@proxy.test:1\n  address: 192.0.2.9\n",
			"t.yaml:5:10: proxy: a user, which that protocol has "
			"not" ALLOWED},
		{PROXY "haproxy://proxy.test:1\n",
			"t.yaml:4:3: a haproxy without an address to send from; "
			"allowed: with address or address6\n"},
		{PROXY "socks5://h.test:1\n  proxy_password_file: /f\n",
			"t.yaml:6:24: proxy_password_file without a user in proxy, or "
			"beside a password there; allowed: with "
			"socks5://user@host:port\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

#define WARM "sources:\n- name: a\n  warmup:\n  - "

CASE("warm-up schedules")
{
	static const struct wrong table[] = {
		{WARM "{ start: 50, days: 3 }\n", ""},
		{WARM "{ messages: [1, 2] }\n  - { provider: google, messages: [1] }\n",
			""},
		{WARM "{ provider: x }\n",
			"t.yaml:6:5: a warm-up schedule without amounts; allowed: "
			"messages, or start and days\n"},
		{WARM "{ messages: [1], start: 5 }\n",
			"t.yaml:6:5: messages and start; allowed: the messages of each "
			"day, or those of the first with factor and days\n"},
		{WARM "{ messages: [1] }\n  - { messages: [1] }\n",
			"t.yaml:7:5: a second schedule for all receivers; allowed: "
			"one\n"},
		{WARM "{ messages: [0] }\n",
			"t.yaml:6:18: messages: \"0\" does not fit; allowed: a list of "
			"the messages of each day, such as [50, 100, 200]\n"},
		{WARM "{ start: 1, days: 2, factor: 0.9, from: 2026-02-30 }\n",
			"t.yaml:6:34: factor: \"0.9\" does not fit; allowed: a number "
			"from 1 to 10 with up to three decimals, such as 1.4\n"
			"t.yaml:6:45: from: \"2026-02-30\" does not fit; allowed: a "
			"date such as 2026-11-21\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("what is filled in")
{
	struct config *config = config_of(BEGINNING
		"sources:\n"
		"- { name: a, address: 192.0.2.1, address6: \"::1\",\n"
		"    warmup: [{ start: 100, factor: 1.5, days: 4, from: 1970-03-01 },\n"
		"      { provider: p, messages: [7, 8] }] }\n"
		"- { name: b, proxy: \"socks5://me:se:cret@[::1]:1080\" }\n"
		"pools: [{ name: p, members: [{ source: b, weight: 3 }] }]\n");
	const struct config_source *a = &config->sources[0], *b = &config->sources[1];

	CHECK_NUMBER(a->ipv4[15], 1);
	CHECK_NUMBER(a->ipv4[11], 0xff);
	CHECK_NUMBER(a->ipv6[15], 1);
	CHECK_NUMBER(a->warmup[0].amounts[0], 100);
	CHECK_NUMBER(a->warmup[0].amounts[1], 150);
	CHECK_NUMBER(a->warmup[0].amounts[3], 337); /* 337.5 */
	CHECK_NUMBER(a->warmup[0].from_day, 59);
	CHECK_NUMBER(a->warmup[1].days, 2);
	CHECK_NUMBER(a->warmup[1].amounts[1], 8);
	CHECK_NUMBER(a->warmup[1].from_day, -1);
	CHECK_NUMBER(b->via.kind, CONFIG_PROXY_SOCKS5);
	CHECK_SLICE(slice_of(b->via.host), "::1");
	CHECK_NUMBER(b->via.port, 1080);
	CHECK_SLICE(slice_of(b->via.user), "me");
	CHECK_SLICE(slice_of(b->via.password), "se:cret");
	CHECK_NUMBER(config->pools[0].members[0].place, 1);
	CHECK_NUMBER(config->pools[0].members[0].weight, 3);
	config_release(&config);
}

CASE("dates and factors")
{
	CHECK_NUMBER(config_form_day("1970-01-01"), 0);
	CHECK_NUMBER(config_form_day("2000-02-29"), 11016);
	CHECK_NUMBER(config_form_day("2026-11-21"), 20778);
	CHECK_NUMBER(config_form_day("1900-01-01"), -1);
	CHECK_NUMBER(config_form_day("2026-1-21"), -1);
	CHECK_NUMBER(config_form_permille("1"), 1000);
	CHECK_NUMBER(config_form_permille("1.45"), 1450);
	CHECK_NUMBER(config_form_permille("10"), 10000);
	CHECK_NUMBER(config_form_permille("10.1"), 0);
	CHECK_NUMBER(config_form_permille("1."), 0);
	CHECK_NUMBER(config_form_permille("1.2345"), 0);
}

CHECK_MAIN()
