/* The configuration's rules about receiving, and where its listeners are. */
#include "config_check.h"

#define HOST "hostname: mail.example.com\n"
#define DOMAINS                                                           \
	"receive: { domains: [{ domain: Example.COM, recipients: any }, " \
	"{ domain: \".example.org\", recipients: listed, mailboxes: [bob] }] }\n"

CASE("a listener that receives needs no port, no certificate and no networks")
{
	struct config *config = config_of(HOST
		"listeners:\n"
		"- { address: \"[::]\", role: receive, tls: none }\n"
		"- { address: 192.0.2.1, role: receive, tls: none, proxy_protocol: "
		"[10.0.0.1] }\n"
		"- { address: \"127.0.0.1:2525\", role: receive, tls: none "
		"}\n" DOMAINS);

	if (!config)
		return;
	CHECK_NUMBER(config->listeners[0].role, CONFIG_ROLE_RECEIVE);
	CHECK_NUMBER(config->listeners[0].endpoint.port, 25);
	CHECK_NUMBER(config->listeners[1].endpoint.port, 25);
	CHECK_NUMBER(config->listeners[2].endpoint.port, 2525);
	CHECK_NUMBER(config->receive.domain_count, 2);
	CHECK_SLICE(slice_of(config->receive.domains[0].domain), "example.com");
	CHECK_SLICE(slice_of(config->receive.domains[1].detail), "+");
	CHECK_SLICE(slice_of(config->receive.postmaster), "postmaster@example.com");
	CHECK_NUMBER(config->receive.spf_fail, CONFIG_JUDGE_MARK);
	CHECK_NUMBER(config->receive.reverse_fail, CONFIG_JUDGE_MARK);
	CHECK_NUMBER(config->receive.dmarc_quarantine, CONFIG_JUDGE_QUARANTINE);
	CHECK_NUMBER(config->receive.dmarc_reject, CONFIG_JUDGE_REFUSE);
	config_release(&config);
}

CASE("what nobody could log in to, or be written to at, is said")
{
	static const struct wrong table[] = {
		{"listeners: [{ address: 192.0.2.1, role: submission, tls: none }]\n",
			"t.yaml:2:24: address: \"192.0.2.1\" does not fit; allowed: an "
			"address and a port in quotes, such as \"[::]:587\" or "
			"\"127.0.0.1:2525\"\n"
			"t.yaml:2:58: tls: \"none\" on \"192.0.2.1\", which others can "
			"reach; allowed: on a loopback address such as "
			"\"127.0.0.1:2525\", or with networks that say who may "
			"connect\n"
			"t.yaml:2:58: tls: \"none\", so nobody could log in; allowed: "
			"with auth_without_tls: true, require_auth: false, or "
			"trusted_networks of submission\n"},
		{"listeners: [{ address: \"[::]\", role: receive, tls: none }]\n",
			"t.yaml:2:38: role: \"receive\", and no mail would be taken; "
			"allowed: with domains of receive, a domain of bounces, or "
			"unsubscribe.mailto\n"},
		{"listeners: [{ address: \"[::]\", role: receive, tls: none }]\n"
		 "receive: { domains: [{ domain: .a.b, recipients: any }] }\n",
			"t.yaml:3:21: nobody is postmaster (RFC 5321 4.5.1); allowed: "
			"with postmaster of receive, or a domain without a dot "
			"before it\n"},
		{"listeners: [{ address: \"[::]\", role: receive, tls: none }]\n"
		 "receive: { arc_seal: a.example, domains: [{ domain: a.b,\n"
		 " recipients: any }] }\n",
			"t.yaml:3:22: arc_seal: \"a.example\" has no key; allowed: a "
			"domain of dkim\n"},
		{"listeners: [{ address: \"[::]\", role: receive, tls: none,\n"
		 "  require_auth: false, mechanisms: [PLAIN], tenant: x }]\n" DOMAINS,
			"t.yaml:3:17: require_auth: nobody logs in to receive mail; "
			"allowed: with role: submission\n"
			"t.yaml:3:36: mechanisms: nobody logs in to receive mail; "
			"allowed: with role: submission\n"
			"t.yaml:3:53: tenant: nobody logs in to receive mail; "
			"allowed: with role: submission\n"},
		{"tls: [{ certificate: a, key: b }]\n"
		 "listeners: [{ address: \"[::]\", role: receive, tls: implicit "
		 "}]\n" DOMAINS,
			"t.yaml:3:52: tls: \"implicit\", which no server expects of "
			"port 25; allowed: starttls or none\n"},
		{"listeners: []\n"
		 "receive: { domains: [{ domain: a.b, recipients: listed },\n"
		 "  { domain: A.b, recipients: any, mailboxes: [x] },\n"
		 "  { domain: c.d, recipients: probed, mailboxes: [\"a b\"], detail: "
		 "ab },\n"
		 "  { domain: e, recipients: all }] }\n",
			"t.yaml:3:49: recipients: \"listed\", and none is; allowed: "
			"with mailboxes\n"
			"t.yaml:4:13: domain \"a.b\" again; allowed: once, and line 3 "
			"has it\n"
			"t.yaml:4:46: mailboxes with recipients: \"any\"; allowed: one "
			"of them\n"
			"t.yaml:5:50: mailboxes: \"a b\" does not fit; allowed: a list "
			"of what stands before the @, such as sales\n"
			"t.yaml:5:66: detail: \"ab\" does not fit; allowed: one of + - "
			"= _ . # or \"\" for none\n"
			"t.yaml:6:13: domain: \"e\" does not fit; allowed: "
			"example.com, or \".example.com\" for all below it\n"
			"t.yaml:6:28: recipients: \"all\" is unknown here; allowed: "
			"one of listed, accounts, probed, any\n"},
	};

	CHECK_ERRORS(HOST, table);
}

CHECK_MAIN()
