/* The configuration's rules between values: what is wrong only together. */
#include "config_check.h"

#define PAIR   "tls: [{ certificate: /c, key: /k }]\n"
#define BEFORE "hostname: mail.example.com\n" PAIR "listeners:\n"
#define SMTP   "role: submission, tls: "

CASE("listener addresses: each once, and [::] is for IPv4 too")
{
	static const struct wrong table[] = {
		{"- { address: \"[::]:587\", " SMTP "starttls }\n"
		 "- { address: \"[::]:465\", " SMTP "implicit }\n"
		 "- { address: \"192.0.2.1:587\", " SMTP "starttls }\n",
			""},
		{"- { address: \"[::1]:587\", " SMTP "starttls }\n"
		 "- { address: \"[0::1]:587\", " SMTP "starttls }\n",
			"t.yaml:5:14: address \"[0::1]:587\" again; allowed: once, and "
			"line 4 has it\n"},
		{"- { address: \"[::]:587\", " SMTP "starttls }\n"
		 "- { address: \"0.0.0.0:587\", " SMTP "starttls }\n",
			"t.yaml:5:14: address \"0.0.0.0:587\" is in the way of "
			"\"[::]:587\" in line 4, as [::] is for IPv4 too; allowed: one "
			"of them\n"},
		{"- { address: \"0.0.0.0:25\", " SMTP "starttls }\n"
		 "- { address: \"[::]:25\", " SMTP "starttls }\n",
			"t.yaml:5:14: address \"[::]:25\" is in the way of "
			"\"0.0.0.0:25\" in line 4, as [::] is for IPv4 too; allowed: "
			"one "
			"of them\n"},
	};

	CHECK_ERRORS(BEFORE, table);
}

CASE("TLS takes a certificate")
{
	static const struct wrong table[] = {
		{"listeners: [{ address: \"[::]:587\", " SMTP "starttls },\n"
		 "  { address: \"[::]:465\", " SMTP "implicit }]\n",
			"t.yaml:2:59: tls: \"starttls\" without a certificate; "
			"allowed: "
			"with a certificate and key in the list \"tls\" of the top "
			"level, or none\n"
			"t.yaml:3:49: tls: \"implicit\" without a certificate; "
			"allowed: "
			"with a certificate and key in the list \"tls\" of the top "
			"level, or none\n"},
		/* What is wrong with the list is said once. */
		{"listeners: [{ address: \"[::]:587\", " SMTP "starttls }]\ntls: x\n",
			"t.yaml:3:6: tls: \"x\" is not a list; allowed: a list of "
			"mappings, each a certificate\n"},
		{"listeners: []\ntls:\n- { certificate: /c, key: /k }\n"
		 "- { certificate: /c, key: /l }\n",
			"t.yaml:5:3: certificate \"/c\" again; allowed: once, and line "
			"4 has it\n"},
	};

	CHECK_ERRORS("hostname: mail.example.com\n", table);
}

CASE("without TLS, or without passwords, a listener is not for everyone")
{
	static const struct wrong table[] = {
		{"- { address: \"127.0.0.1:25\", " SMTP "none, auth_without_tls: on }\n"
		 "- { address: \"[::1]:25\", " SMTP "none, require_auth: false }\n"
		 "- { address: \"[::]:25\", " SMTP "none, auth_without_tls: true,\n"
		 "    networks: [0.0.0.0/0] }\n"
		 "- { address: \"[::]:26\", " SMTP "none, require_auth: false,\n"
		 "    networks: [10.0.0.0/8] }\n",
			""},
		{"- { address: \"[::]:25\", " SMTP "none, auth_without_tls: true }\n",
			"t.yaml:4:48: tls: \"none\" on \"[::]:25\", which others can "
			"reach; allowed: on a loopback address such as "
			"\"127.0.0.1:2525\", or with networks that say who may "
			"connect\n"},
		{"- { address: \"[::]:25\", " SMTP "starttls, require_auth: false }\n",
			"t.yaml:4:72: require_auth: false on \"[::]:25\" makes an open "
			"relay; allowed: on a loopback address, or with networks that "
			"say who may connect\n"},
		{"- { address: \"[::]:25\", " SMTP "none, require_auth: false,\n"
		 "    networks: [10.0.0.0/8, 0.0.0.0/0, \"::/0\"] }\n",
			"t.yaml:5:28: the whole Internet may submit without a "
			"password; "
			"allowed: networks of your own\n"
			"t.yaml:5:39: the whole Internet may submit without a "
			"password; "
			"allowed: networks of your own\n"},
		{"- { address: \"127.0.0.1:25\", " SMTP "none }\n",
			"t.yaml:4:53: tls: \"none\", so nobody could log in; allowed: "
			"with auth_without_tls: true, require_auth: false, or "
			"trusted_networks of submission\n"},
		{"- { address: \"127.0.0.1:25\", " SMTP "none }\n"
		 "submission: { trusted_networks: [127.0.0.0/8] }\n",
			""},
		{"- { address: \"127.0.0.1:25\", " SMTP "none, require_auth: false,\n"
		 "    proxy_protocol: [10.0.0.2] }\n"
		 "- { address: \"127.0.0.1:26\", " SMTP "none, require_auth: false,\n"
		 "    xclient: [0.0.0.0/0] }\n"
		 "- { address: \"127.0.0.1:27\", " SMTP "none, require_auth: false,\n"
		 "    networks: [10.0.0.0/8], xclient: [10.0.0.3] }\n",
			"t.yaml:4:73: require_auth: false makes an open relay of a "
			"listener with proxy_protocol; allowed: with networks that "
			"say who may connect\n"
			"t.yaml:6:73: require_auth: false makes an open relay of a "
			"listener with xclient; allowed: with networks that say who "
			"may connect\n"
			"t.yaml:7:15: the whole Internet may say who it is; allowed: "
			"networks of your own\n"},
		{"- { address: \"127.0.0.1:25\", " SMTP "none, require_auth: false }\n"
		 "submission: { bulk_stream: news, default_stream: \"\",\n"
		 "    stream_header: \"X Stream\", future_release: 2y }\n",
			"t.yaml:5:28: stream \"news\" is not known; allowed: a name in "
			"the list \"streams\" of the top level, or without such a "
			"list \"transactional\" or \"bulk\", or \"\" for none\n"
			"t.yaml:6:20: stream_header: \"X Stream\" does not fit; "
			"allowed: a header field's name, such as X-Ringpost-Stream\n"
			"t.yaml:6:48: future_release: \"2y\" is not a duration; "
			"allowed: a duration from 0 to 365d (ms, s, m, h, d)\n"},
		{"submission: { trusted_networks: [0.0.0.0/0] }\n",
			"t.yaml:3:11: listeners: no value is written; allowed: a list "
			"of "
			"mappings, each a listener\n"
			"t.yaml:4:34: the whole Internet may submit without a "
			"password; "
			"allowed: networks of your own\n"},
		{"- { address: \"[::]:587\", " SMTP "starttls, mechanisms: [] }\n",
			"t.yaml:4:71: mechanisms: an empty list, so nobody could log "
			"in; "
			"allowed: at least one, or require_auth: false\n"},
		{"- { address: \"[::]:587\", " SMTP "starttls, mechanisms: [NTLM] }\n",
			"t.yaml:4:72: mechanisms: \"NTLM\" is unknown here; allowed: a "
			"list of PLAIN, LOGIN, SCRAM-SHA-256, SCRAM-SHA-256-PLUS, "
			"OAUTHBEARER, XOAUTH2, "
			"CRAM-MD5\n"},
	};

	CHECK_ERRORS(BEFORE, table);
}

CASE("DKIM: two keys for a domain, each with its own selector")
{
	static const struct wrong table[] = {
		{"- { domain: example.com, selector: a, key: /a }\n"
		 "- { domain: example.com, selector: b.2026, key: /b }\n"
		 "- { domain: \"*\", selector: a, key: /a }\n",
			""},
		{"- { domain: Example.com, selector: a, key: /a }\n"
		 "- { domain: example.com, selector: A, key: /b }\n",
			"t.yaml:5:3: selector \"a\" of \"example.com\" again; allowed: "
			"a "
			"selector for each key, and line 4 has this one\n"},
		{"- { domain: example.com, selector: a, key: /a }\n"
		 "- { domain: example.com, selector: b, key: /a }\n",
			"t.yaml:5:3: key \"/a\" for \"example.com\" again; allowed: "
			"two "
			"keys for a domain if one is RSA, one Ed25519, and line 4 has "
			"this one\n"},
		{"- { domain: example.com, selector: a, key: /a }\n"
		 "- { domain: example.com, selector: b, key: /b }\n"
		 "- { domain: example.com, selector: c, key: /c }\n",
			"t.yaml:6:3: key number 3 for \"example.com\"; allowed: two, "
			"one "
			"RSA, one Ed25519\n"},
		{"- { domain: com, selector: a_b, key: /c }\n",
			"t.yaml:4:13: domain: \"com\" does not fit; allowed: a domain "
			"such as example.com, or \"*\" for all without a key of their "
			"own\n"
			"t.yaml:4:28: selector: \"a_b\" does not fit; allowed: "
			"letters, "
			"digits, hyphens, such as rp1\n"},
	};

	CHECK_ERRORS(BEGINNING "dkim:\n", table);
}

CASE("the queue's Redis: no password in the file, nor in the message")
{
#define REDIS_WRONG                                                                  \
	"t.yaml:3:17: redis: no address of a Redis; allowed: embedded, unix:/path, " \
	"redis://host:6379/0, rediss://host:6379/0\n"
#define REDIS_PASSWORD                                                               \
	"t.yaml:3:17: redis: no place for a user or a password; allowed: their own " \
	"keys, user and password_file\n"
	static const struct wrong table[] = {
		{"queue: { redis: \"unix:/run/redis.sock\" }\n", ""},
		{"queue: { redis: \"redis://localhost\" }\n", ""},
		{"queue: { redis: \"redis://10.0.0.1:6380/3\" }\n", ""},
		{"queue: { redis: \"rediss://[2001:db8::1]:6380\" }\n", ""},
		{"queue: { redis: \"redis://[::1]/1\" }\n", ""},
		{"queue: { redis: \"redis://:secret@host/0\" }\n", REDIS_PASSWORD},
		{"queue: { redis: \"redis://user@host\" }\n", REDIS_PASSWORD},
		{"queue: { redis: \"unix:relative\" }\n", REDIS_WRONG},
		{"queue: { redis: \"redis://\" }\n", REDIS_WRONG},
		{"queue: { redis: \"redis://host:0\" }\n", REDIS_WRONG},
		{"queue: { redis: \"redis://host:x\" }\n", REDIS_WRONG},
		{"queue: { redis: \"redis://host/db\" }\n", REDIS_WRONG},
		{"queue: { redis: \"redis://host/0/1\" }\n", REDIS_WRONG},
		{"queue: { redis: \"redis://[::1\" }\n", REDIS_WRONG},
		{"queue: { redis: \"redis://[x]:1\" }\n", REDIS_WRONG},
		{"queue: { redis: localhost }\n", REDIS_WRONG},
		{"queue: { user: x }\n",
			"t.yaml:3:16: user: no password; allowed: with "
			"password_file\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("submission and relay: limits that contradict each other")
{
	static const struct wrong table[] = {
		{"submission: { message_size: 10 KiB }\n", ""},
		{"submission: { message_size: 10 KiB, header_size: 11 KiB }\n",
			"t.yaml:3:50: header_size is more than message_size; allowed: "
			"up "
			"to 10240 bytes\n"},
		{"relay: { connections_total: 10 }\n", ""},
		{"relay: { connections_total: 10, connections: 11 }\n",
			"t.yaml:3:46: connections is more than connections_total; "
			"allowed: up to 10\n"},
		{"relay: { ipv6: false, ipv4: false }\n",
			"t.yaml:3:29: ipv4: false like ipv6, so nothing could be "
			"reached; "
			"allowed: true for one of them\n"},
		{"relay: { retry: [] }\n",
			"t.yaml:3:17: retry: an empty list; allowed: at "
			"least one duration\n"},
		{"relay: { retry: [1m, 1m, 30s] }\n",
			"t.yaml:3:26: retry: a wait shorter than the one before it; "
			"allowed: waits that grow\n"},
		{"relay: { retry: [1h], expire: 30m }\n",
			"t.yaml:3:31: expire comes before the first retry; allowed: "
			"more "
			"than the first wait of retry\n"},
		{"relay: { expire: 30s }\n", ""},
		{"relay: { delay_warning: 5d }\n",
			"t.yaml:3:25: delay_warning comes after expire; allowed: less "
			"than expire, or 0 for none\n"},
		{"relay: { postmaster: nobody }\n",
			"t.yaml:3:22: postmaster: \"nobody\" does not fit; allowed: an "
			"address such as postmaster@example.com\n"},
		{"submission: { trusted_senders: [a.b@example.com, \"@x.org\", x.org] "
		 "}\n",
			"t.yaml:3:60: trusted_senders: \"x.org\" does not fit; "
			"allowed: a "
			"list of addresses such as app@example.com, or "
			"\"@example.com\" "
			"for all of a domain\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("routes")
{
	static const struct wrong table[] = {
		{"- { domain: example.com }\n- { domain: .example.com }\n- { domain: "
		 "\"*\" }\n"
		 "- { domain: localhost, host: mail, port: 26 }\n",
			""},
		{"- { domain: example.com }\n- { domain: EXAMPLE.COM }\n",
			"t.yaml:5:13: domain \"example.com\" again; allowed: once, and "
			"line 4 has it\n"},
		{"- { domain: \"*.x.org\" }\n",
			"t.yaml:4:13: domain: \"*.x.org\" does not fit; allowed: "
			"example.com, \".example.com\" for all below it, or \"*\" for "
			"the rest\n"},
		{"- { domain: x.org, discard: true, host: y.org }\n",
			"t.yaml:4:41: not with discard: true, which delivers nowhere; "
			"allowed: domain and discard alone\n"},
		{"- { domain: x.org, host: \"[10.0.0.1]\" }\n"
		 "- { domain: y.org, host: \"[::1]\" }\n"
		 "- { domain: z.org, host: \"[10.0.0.1]\", private_addresses: true }\n"
		 "- { domain: a.org, host: \"[192.0.2.1]\" }\n",
			"t.yaml:4:26: host: \"[10.0.0.1]\" is a private address; "
			"allowed: with private_addresses: true\n"
			"t.yaml:5:26: host: \"[::1]\" is a private address; allowed: "
			"with private_addresses: true\n"},
		{"- { domain: x.org, host: 192.0.2.1 }\n",
			"t.yaml:4:26: host: \"192.0.2.1\" does not fit; allowed: a "
			"host "
			"name, or an address in brackets and quotes such as "
			"\"[192.0.2.1]\"\n"},
		{"- { domain: x.org, host: h.org, user: u, tls: verify }\n",
			"t.yaml:4:39: user without a password_file; allowed: user and "
			"password_file together\n"},
		{"- { domain: x.org, host: h.org, password_file: /p, tls: must }\n",
			"t.yaml:4:48: password_file without a user; allowed: user and "
			"password_file together\n"},
		{"- { domain: x.org, user: u, password_file: /p, tls: verify }\n",
			"t.yaml:4:26: a password for whatever host the domain names; "
			"allowed: with host\n"},
		{"- { domain: x.org, host: h.org, user: u, password_file: /p }\n"
		 "- { domain: y.org, host: \"[127.0.0.1]\", user: u, password_file: "
		 "/p,\n"
		 "    private_addresses: true }\n"
		 "- { domain: z.org, host: h.org, user: u, password_file: /p,\n"
		 "    tls_implicit: true }\n",
			"t.yaml:4:39: the password might travel without TLS; allowed: "
			"with tls: verify, tls: must or tls_implicit: true, or to a "
			"loopback address\n"},
		{"- { domain: x.org, tls: none, tls_implicit: true }\n",
			"t.yaml:4:45: tls_implicit with tls: none; allowed: one of "
			"them\n"},
		{"- { host: h.org }\n",
			"t.yaml:4:3: \"domain\" is missing; allowed: example.com, "
			"\".example.com\" for all below it, or \"*\" for the rest\n"},
	};

	CHECK_ERRORS(BEGINNING "routes:\n", table);
}

CASE("a value that is wrong by itself is not also wrong by rules")
{
	static const struct wrong table[] = {
		{"listeners:\n"
		 "- { address: \"127.0.0.1:25\", " SMTP "none, auth_without_tls: x }\n",
			"t.yaml:3:77: auth_without_tls: \"x\" is neither true nor "
			"false; allowed: true or false\n"},
		{"listeners:\n"
		 "- { address: \"0.0.0.0:25\", " SMTP "none, networks: x,\n"
		 "    auth_without_tls: true }\n",
			"t.yaml:3:67: networks: \"x\" is not a list; allowed: a list "
			"of "
			"networks such as [192.0.2.0/24, \"2001:db8::/32\"]\n"},
		{"listeners: []\n"
		 "relay: { tls: x, retry: [x], expire: 1s }\n"
		 "routes:\n"
		 "- { domain: x.org, host: h.org, user: u, password_file: /p }\n",
			"t.yaml:3:15: tls: \"x\" is unknown here; allowed: one of "
			"none, "
			"may, must, verify\n"
			"t.yaml:3:26: retry: \"x\" is not a duration; allowed: a list "
			"of durations from 100ms to 7d, such as [1m, 15m, 1h]\n"},
	};

	CHECK_ERRORS("hostname: mail.example.com\n", table);
}

CASE("tenants and streams: each once; a tenant's stream is one of them")
{
	static const struct wrong table[] = {
		{"tenants: [{ name: a, stream: bulk }, { name: b }]\n", ""},
		{"tenants: [{ name: a }, { name: A }]\n",
			"t.yaml:3:24: tenant \"a\" again; allowed: once, and line 3 "
			"has "
			"it\n"},
		{"streams: [{ name: a }, { name: a, urgent: true }]\n",
			"t.yaml:3:24: stream \"a\" again; allowed: once, and line 3 "
			"has "
			"it\n"},
		{"streams: [{ name: a }]\ntenants: [{ name: b, stream: bulk }]\n",
			"t.yaml:4:30: stream: \"bulk\" is not known; allowed: a name "
			"in "
			"the list \"streams\" of the top level, or without such a list "
			"\"transactional\" or \"bulk\"\n"},
		{"tenants: [{ name: a/b, weight: 0 }]\n",
			"t.yaml:3:19: name: \"a/b\" does not fit; allowed: at most "
			"63 letters, digits, dots, hyphens and underscores\n"
			"t.yaml:3:32: weight: \"0\" is out of range; allowed: a whole "
			"number from 1 to 1000\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CASE("tenants are found by name; two streams are built in")
{
	struct config *config = config_of(BEGINNING
		"tenants: [{ name: zeta, weight: 3 }, { name: Acme, pool: P },\n"
		"  { name: m }]\n"
		"sources: [{ name: s }]\n"
		"pools: [{ name: p, members: [{ source: s }] }]\n");
	const struct config_tenant *acme = config_tenant_find(config, SLICE("acme"));
	const struct config_stream *stream;

	CHECK(acme && acme->weight == 10 && acme->pool && !acme->stream);
	CHECK(config_tenant_find(config, SLICE("zeta"))->weight == 3);
	CHECK(!config_tenant_find(config, SLICE("x")));
	CHECK(!config_tenant_find(config, SLICE_EMPTY));
	stream = config_stream_find(config, SLICE("transactional"));
	CHECK(stream && stream->urgent && stream->weight == 10);
	stream = config_stream_find(config, SLICE("bulk"));
	CHECK(stream && !stream->urgent);
	CHECK(!config_stream_find(config, SLICE("x")));
	config_release(&config);
	config = config_of(BEGINNING "streams: [{ name: x }]\n");
	CHECK_NUMBER(config->stream_count, 1);
	CHECK(!config_stream_find(config, SLICE("bulk")));
	config_release(&config);
}

CHECK_MAIN()
