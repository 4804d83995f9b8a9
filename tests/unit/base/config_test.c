/* The configuration's form: every kind of error, its words and its place. */
#include "config_check.h"

#define KEYS                                                                         \
	"hostname, state_directory, user, workers, shutdown_limit, log, listeners, " \
	"tls, tls_minimum, oauth, dkim, dkim_canonicalization, queue, dns, "         \
	"submission, gate, receive, "                                                \
	"http, delivery, pickup, relay, bounces, shaping, suppression, "             \
	"unsubscribe, events, traces, "                                              \
	"sources, "                                                                  \
	"pools, routes, "                                                            \
	"tenants, "                                                                  \
	"streams"
#define LISTENER_KEYS                                                                \
	"address, role, tls, networks, require_auth, auth_without_tls, mechanisms, " \
	"sessions, proxy_protocol, xclient, tenant, serves"

CASE("text that is no YAML is refused where it stops being YAML")
{
	static const struct wrong table[] = {
		{"a: [::]:587\n",
			"t.yaml:1:5: not YAML: no value begins like this; text "
			"with brackets, commas or colons goes in quotes, such "
			"as \"[::]:587\"\n"},
		{"a: b: c\n",
			"t.yaml:1:5: not YAML: a colon where no key can be; check the "
			"indentation and the line before, or put the text in "
			"quotes\n"},
		{"a:\n\t- b\n",
			"t.yaml:2:1: not YAML: a tab; indentation is made of spaces\n"},
		{"a: 1\n\tb: 2\n",
			"t.yaml:2:1: not YAML: a tab; indentation is made of spaces\n"},
		{"# é\na: é @\nb: @x\n",
			"t.yaml:3:4: not YAML: text cannot begin with this character; "
			"put it in quotes\n"},
		{"a: 1\nb: [1, 2\nc: 3\n",
			"t.yaml:2:4: not YAML: the list that begins here is not closed "
			"by a ]\n"},
		{"a: {x: 1\n",
			"t.yaml:1:4: not YAML: the mapping that begins here is not "
			"closed by a }\n"},
		{"a:\n  b: \"x\n", "t.yaml:2:6: not YAML: the quotes that open here "
				   "never close\n"},
		{"a: é\nb: é\x01\n", "t.yaml:2:5: not YAML: a control character\n"},
		{"a: 1\nb: \xff\n", "t.yaml:2:4: not YAML: bytes that are not UTF-8\n"},
		{"- a\nb: 1\n", "t.yaml:2:1: not YAML: a key in the middle of a list; "
				"check the indentation\n"},
		{"a: 1\n - b\n  c: 2\n",
			"t.yaml:3:4: not YAML: a colon where no key can "
			"be; check the indentation and the line before, "
			"or put the text in quotes\n"},
		{"a: *\n", "t.yaml:1:5: not YAML: did not find expected alphabetic or "
			   "numeric character\n"},
	};

	CHECK_ERRORS("", table);
}

CASE("a file must be one mapping with what is required")
{
	static const struct wrong table[] = {
		{"", "t.yaml:1:1: the file says nothing; allowed: at least hostname "
		     "and "
		     "listeners\n"},
		{"# nothing\n",
			"t.yaml:1:1: the file says nothing; allowed: at least hostname "
			"and listeners\n"},
		{"mail.example.com\n", "t.yaml:1:1: the file is no mapping of keys to "
				       "values; allowed: " KEYS "\n"},
		{"- a\n", "t.yaml:1:1: the file is no mapping of keys to values; "
			  "allowed: " KEYS "\n"},
		{"workers: 1\n",
			"t.yaml:1:1: \"hostname\" is missing; allowed: a full host "
			"name "
			"such as mail.example.com\n"
			"t.yaml:1:1: \"listeners\" is missing; allowed: a list of "
			"mappings, each a listener\n"},
		{"hostname: a.b\nlisteners:\n", "t.yaml:2:11: listeners: no value is "
						"written; allowed: a list of "
						"mappings, each a listener\n"},
		{"hostname: a.b\nlisteners: []\n---\nhostname: c.d\n",
			"t.yaml:3:1: a second document begins; allowed: one a file\n"},
		{"hostname: a.b\nlisteners: []\n", ""},
		{"---\n{hostname: a.b, listeners: []}\n...\n", ""},
	};

	CHECK_ERRORS("", table);
}

CASE("anchors, aliases, tags and merge keys are refused, and the rest is still read")
{
	static const struct wrong table[] = {
		{"workers: &x 2\nuser: *x\nqueue: {shards: 0}\n",
			"t.yaml:3:10: an anchor; allowed: the value alone\n"
			"t.yaml:4:7: an alias; allowed: the value itself, written out\n"
			"t.yaml:5:17: shards: \"0\" is out of range; allowed: a whole "
			"number from 1 to 4096\n"},
		{"log: &log {level: info}\n",
			"t.yaml:3:6: an anchor; allowed: the value alone\n"},
		{"tls: &tls []\n", "t.yaml:3:6: an anchor; allowed: the value alone\n"},
		{"workers: !!int 2\n",
			"t.yaml:3:10: a tag; allowed: the value alone\n"},
		{"log: {<<: *x}\n",
			"t.yaml:3:7: unknown key \"<<\"; allowed: file, level\n"
			"t.yaml:3:11: an alias; allowed: the value itself, written "
			"out\n"},
		{"*x : 2\n", "t.yaml:3:1: an alias; allowed: the value itself, written "
			     "out\n"},
		{"routes: [*x]\n", "t.yaml:3:10: an alias; allowed: the value itself, "
				   "written out\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("unknown keys name the nearest one, or the section they belong to")
{
	static const struct wrong table[] = {
		{"worker: 2\n", "t.yaml:3:1: unknown key \"worker\", perhaps "
				"\"workers\"; allowed: " KEYS "\n"},
		{"dksi: []\n", "t.yaml:3:1: unknown key \"dksi\"; allowed: " KEYS "\n"},
		{"dikm: []\n", "t.yaml:3:1: unknown key \"dikm\", perhaps \"dkim\"; "
			       "allowed: " KEYS "\n"},
		{"Workers: 2\n",
			"t.yaml:3:1: unknown key \"Workers\", perhaps \"workers\"; "
			"allowed: " KEYS "\n"},
		{"auth_delay: 1s\n",
			"t.yaml:3:1: unknown key \"auth_delay\", its place is under "
			"\"submission\"; allowed: " KEYS "\n"},
		{"password_file: /x\n",
			"t.yaml:3:1: unknown key \"password_file\"; allowed: " KEYS
			"\n"},
		{"\"\": 1\n", "t.yaml:3:1: unknown key \"\"; allowed: " KEYS "\n"},
		{"\"a\\nb\": 1\n",
			"t.yaml:3:1: unknown key \"a?b\"; allowed: " KEYS "\n"},
		{"? [a]\n: 1\n", "t.yaml:3:3: a key is a word, not a list or mapping; "
				 "allowed: " KEYS "\n"},
		{"log:\n  levle: info\n", "t.yaml:4:3: unknown key \"levle\", perhaps "
					  "\"level\"; allowed: "
					  "file, level\n"},
		{"workers: 1\nlog: {}\nworkers: 2\n",
			"t.yaml:5:1: duplicate key \"workers\"; allowed: once, and "
			"line "
			"3 has it\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("numbers, sizes, durations and truths")
{
	static const struct wrong table[] = {
		{"workers: many\n",
			"t.yaml:3:10: workers: \"many\" is not a whole number; "
			"allowed: a whole number from 0 to 256\n"},
		{"workers: -1\n", "t.yaml:3:10: workers: \"-1\" is not a whole number; "
				  "allowed: a whole number from 0 to 256\n"},
		{"workers: 257\n",
			"t.yaml:3:10: workers: \"257\" is out of range; allowed: "
			"a whole number from 0 to 256\n"},
		{"workers: 18446744073709551616\n",
			"t.yaml:3:10: workers: \"18446744073709551616\" is not a whole "
			"number; allowed: a whole number from 0 to 256\n"},
		{"workers: [1]\n", "t.yaml:3:10: workers: a list cannot stand here; "
				   "allowed: a whole number from 0 to 256\n"},
		{"workers: {a: 1}\n",
			"t.yaml:3:10: workers: a mapping cannot stand here; "
			"allowed: a whole number from 0 to 256\n"},
		{"workers:\n",
			"t.yaml:3:9: workers: no value is written; allowed: a whole "
			"number from 0 to 256\n"},
		{"workers: ~\n",
			"t.yaml:3:10: workers: no value is written; allowed: a "
			"whole number from 0 to 256\n"},
		{"submission: {message_size: 25 MIBS}\n",
			"t.yaml:3:28: message_size: \"25 MIBS\" is not a size; "
			"allowed: a "
			"size from 1 KiB to 2 GiB\n"},
		{"submission: {message_size: 3 GiB}\n",
			"t.yaml:3:28: message_size: \"3 GiB\" is out of range; "
			"allowed: a "
			"size from 1 KiB to 2 GiB\n"},
		{"submission: {message_size: 99999999999 GiB}\n",
			"t.yaml:3:28: message_size: \"99999999999 GiB\" is not a size; "
			"allowed: a size from 1 KiB to 2 GiB\n"},
		{"relay: {idle: 30}\n",
			"t.yaml:3:15: idle: \"30\" has no unit; allowed: a "
			"duration from 0 to 1h (ms, s, m, h, d)\n"},
		{"relay: {idle: 30 parsecs}\n",
			"t.yaml:3:15: idle: \"30 parsecs\" is not a duration; allowed: "
			"a "
			"duration from 0 to 1h (ms, s, m, h, d)\n"},
		{"relay: {idle: 2h}\n",
			"t.yaml:3:15: idle: \"2h\" is out of range; "
			"allowed: a duration from 0 to 1h (ms, s, m, h, "
			"d)\n"},
		{"relay: {ipv6: maybe}\n",
			"t.yaml:3:15: ipv6: \"maybe\" is neither true "
			"nor false; allowed: true or false\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("texts, words, lists and sections")
{
	static const struct wrong table[] = {
		{"tls_minimum: 1.1\n",
			"t.yaml:3:14: tls_minimum: \"1.1\" is unknown here; "
			"allowed: one of 1.2, 1.3\n"},
		{"user: \"a b\"\n",
			"t.yaml:3:7: user: \"a b\" does not fit; allowed: a "
			"system account's name\n"},
		{"state_directory: \"a\\0b\"\n", "t.yaml:3:18: state_directory: \"a\" "
						 "holds a control character; "
						 "allowed: a file name\n"},
		{"state_directory: \"\"\n",
			"t.yaml:3:18: state_directory: \"\" does not "
			"fit; allowed: a file name\n"},
		{"log: info\n",
			"t.yaml:3:6: log: \"info\" is not a mapping; allowed: a "
			"mapping of keys to values\n"},
		{"log: []\n",
			"t.yaml:3:6: log: a list is not a mapping; allowed: a mapping "
			"of keys to values\n"},
		{"tls: /a.pem\n",
			"t.yaml:3:6: tls: \"/a.pem\" is not a list; allowed: a "
			"list of mappings, each a certificate\n"},
		{"tls: {certificate: a}\n",
			"t.yaml:3:6: tls: a mapping is not a list; allowed: a list of "
			"mappings, each a certificate\n"},
		{"tls: [a]\n",
			"t.yaml:3:7: a certificate is a mapping of keys to values; "
			"allowed: certificate, key\n"},
		{"tls:\n  - certificate: a\n",
			"t.yaml:4:5: \"key\" is missing; allowed: a file name\n"},
		{"dns: {servers: [127.0.0.1, \"::1\", x]}\n",
			"t.yaml:3:35: servers: \"x\" does not fit; allowed: a list of "
			"addresses such as 127.0.0.1 or \"[::1]:5353\"\n"},
		{"dns: {servers: 127.0.0.1}\n",
			"t.yaml:3:16: servers: \"127.0.0.1\" is not a list; allowed: a "
			"list of addresses such as 127.0.0.1 or \"[::1]:5353\"\n"},
		{"dns: {servers: [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}\n",
			"t.yaml:3:16: servers: 17 entries; allowed: up to 16\n"},
		{"submission: {trusted_networks: [10.0.0.1/8, [a]]}\n",
			"t.yaml:3:33: trusted_networks: \"10.0.0.1/8\" is not a "
			"network; "
			"allowed: a list of networks such as [192.0.2.0/24, "
			"\"2001:db8::/32\"]\n"
			"t.yaml:3:45: trusted_networks: a list cannot stand here; "
			"allowed: a list of networks such as [192.0.2.0/24, "
			"\"2001:db8::/32\"]\n"},
		{"relay: {retry: [1m, 5]}\n",
			"t.yaml:3:21: retry: \"5\" has no unit; allowed: a list of "
			"durations from 100ms to 7d, such as [1m, 15m, 1h]\n"},
		{"log:\nqueue: ~\ntls:\ndns:\n  servers:\n", ""},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("everything that is wrong is listed, by place")
{
	static const struct wrong table[] = {
		{"hostname: mail\n"
		 "queue:\n"
		 "  shards: 0\n"
		 "listeners:\n"
		 "  - { address: 127.0.0.1, rol: submission, tls: tls }\n"
		 "  - 5\n"
		 "workers: x\n",
			"t.yaml:1:11: hostname: \"mail\" does not fit; allowed: a full "
			"host name such as mail.example.com\n"
			"t.yaml:3:11: shards: \"0\" is out of range; allowed: a whole "
			"number from 1 to 4096\n"
			"t.yaml:5:5: \"role\" is missing; allowed: one of "
			"submission, receive, pop3, imap, http\n"
			"t.yaml:5:16: address: \"127.0.0.1\" does not fit; allowed: an "
			"address and a port in quotes, such as \"[::]:587\" or "
			"\"127.0.0.1:2525\"\n"
			"t.yaml:5:27: unknown key \"rol\", perhaps \"role\"; "
			"allowed: " LISTENER_KEYS "\n"
			"t.yaml:5:49: tls: \"tls\" is unknown here; allowed: one of "
			"none, "
			"starttls, implicit\n"
			"t.yaml:6:5: a listener is a mapping of keys to values; "
			"allowed: " LISTENER_KEYS "\n"
			"t.yaml:7:10: workers: \"x\" is not a whole number; allowed: a "
			"whole number from 0 to 256\n"},
	};

	CHECK_ERRORS("", table);
}

CASE("long values are cut in messages, not inside a character")
{
	static const struct wrong table[] = {
		{"user: 012345678901234567890123456789012345678901234567890123456789\n",
			"t.yaml:3:7: user: "
			"\"012345678901234567890123456789012345678901234567890123456789"
			"\" "
			"does not fit; allowed: a system account's name\n"},
		{"user: 0123456789012345678901234567890123456789012345678901234567éé\n",
			"t.yaml:3:7: user: "
			"\"0123456789012345678901234567890123456789012345678901234567é…"
			"\" "
			"does not fit; allowed: a system account's name\n"},
		{"user: "
		 "01234567890123456789012345678901234567890123456789012345678éé\n",
			"t.yaml:3:7: user: "
			"\"01234567890123456789012345678901234567890123456789012345678…"
			"\" "
			"does not fit; allowed: a system account's name\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CHECK_MAIN()
