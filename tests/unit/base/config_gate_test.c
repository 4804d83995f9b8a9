/* The gate's section: verdicts, and what putting right takes. */
#include "config_check.h"

CASE("verdicts, and what is looked at without a word")
{
	struct config *config = config_of(
		BEGINNING "gate:\n"
			  "  spf: refuse\n"
			  "  date: fix\n"
			  "  addresses: [192.0.2.1, \"::1\"]\n"
			  "  protect: [example.com]\n"
			  "  streams: [bulk]\n"
			  "  fresh: 10m\n");

	if (!config)
		return;
	CHECK(config->gate.spf == CONFIG_GATE_REFUSE);
	CHECK(config->gate.date == CONFIG_GATE_FIX);
	CHECK(config->gate.dmarc == CONFIG_GATE_WARN);
	CHECK_NUMBER(config->gate.addresses.count, 2);
	CHECK_NUMBER(config->gate.fresh_ms, 600000);
	config_release(&config);
}

CASE("what cannot be")
{
	static const struct wrong table[] = {
		{"gate: { spf: fix }\n", "t.yaml:3:14: spf: \"fix\" is unknown here; "
					 "allowed: one of off, "
					 "warn, refuse\n"},
		{"gate: { unsubscribe: fix }\n",
			"t.yaml:3:22: unsubscribe: fix, but nothing to name; allowed: "
			"with unsubscribe_url, or with links of ours (url in the "
			"section unsubscribe)\n"},
		{"gate: { unsubscribe: fix, unsubscribe_url: \"https://x.test/{id}\" "
		 "}\n",
			""},
		{"gate: { unsubscribe_url: \"https://x.test/{nobody}\" }\n",
			"t.yaml:3:26: unsubscribe_url: no such name in braces; "
			"allowed: {id}, {recipient}, {tenant}, {stream}, {token}\n"},
		{"gate: { unsubscribe_url: \"https://x.test/{id\" }\n",
			"t.yaml:3:26: unsubscribe_url: no such name in braces; "
			"allowed: {id}, {recipient}, {tenant}, {stream}, {token}\n"},
		{"gate: { unsubscribe_url: \"https://x.test/}{id}\" }\n",
			"t.yaml:3:26: unsubscribe_url: no such name in braces; "
			"allowed: {id}, {recipient}, {tenant}, {stream}, {token}\n"},
		{"gate: { dkim: fix }\n",
			"t.yaml:3:15: dkim: fix, but nothing to sign with; allowed: "
			"with signing_domain, a domain that has a key under dkim\n"},
		{"gate: { dkim: fix, signing_domain: x.test }\n",
			"t.yaml:3:36: signing_domain: \"x.test\" has no key; allowed: "
			"a domain in the list \"dkim\" of the top level\n"},
		{"gate: { dkim: fix, signing_domain: X.test }\n"
		 "dkim: [{ domain: x.test, selector: a, key: /k }]\n",
			""},
		{"gate: { unsubscribe: fix }\nunsubscribe: { url: \"https://x.test\" "
		 "}\n",
			""},
		{"unsubscribe: { url: \"https://x.test/?a\" }\n",
			"t.yaml:3:21: url: no place to put a link below; allowed: up "
			"to 200 characters without blanks and <>?#\"{}\\\n"},
		{"unsubscribe: { mailto: a@x.test }\n",
			"t.yaml:3:24: mailto: there are no links; allowed: with url\n"},
		{"unsubscribe: { url: \"https://x.test\", mailto: A@x.test }\n"
		 "bounces: { complaints_to: a@x.test }\n",
			"t.yaml:3:47: mailto: complaints come to this address; "
			"allowed: one that nothing else comes to\n"},
		{"unsubscribe: { url: \"https://x.test\", streams: [letters] }\n",
			"t.yaml:3:49: streams: \"letters\" is not known; allowed: a "
			"name in the list \"streams\" of the top level, or without "
			"such a list \"transactional\" or \"bulk\"\n"},
		{"gate: { streams: [letters] }\n",
			"t.yaml:3:19: streams: \"letters\" is not known; allowed: a "
			"name in the list \"streams\" of the top level, or without "
			"such a list \"transactional\" or \"bulk\"\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

CHECK_MAIN()
