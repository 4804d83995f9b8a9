/* What comes back, in the configuration: domains of envelope senders, VERP. */
#include "base/config_bounces.h"
#include "config_check.h"

#define BOUNCES "bounces: { domain: Bounces.Example.com }\n"
#define NO_DOMAIN                                                            \
	"verp without a domain for its addresses; allowed: with \"domain\" " \
	"under bounces, or \"bounce_domain\" of a tenant\n"

CASE("what may be said about envelope senders")
{
	static const struct wrong table[] = {
		{BOUNCES, ""},
		{"bounces: { verp: none }\n", ""},
		{"bounces: { verp: message }\n", ""},
		{"tenants: [{ name: a, verp: recipient }]\n",
			"t.yaml:3:28: " NO_DOMAIN},
		{"routes: [{ domain: \"*\", verp: message }]\n",
			"t.yaml:3:31: " NO_DOMAIN},
		{"tenants: [{ name: a, bounce_domain: b.test, verp: recipient }]\n",
			""},
		{"bounces: { domain: b.test, verp_valid: 36h }\n",
			"t.yaml:3:40: verp_valid: not a number of days; allowed: 1d "
			"to 365d\n"},
		{"bounces: { domain: localhost }\n",
			"t.yaml:3:20: domain: \"localhost\" does not fit; allowed: a "
			"domain such as bounces.example.com\n"},
		{"bounces: { domain: b.test, verp: all }\n",
			"t.yaml:3:34: verp: \"all\" is unknown here; allowed: one "
			"of none, message, recipient\n"},
	};

	CHECK_ERRORS(BEGINNING, table);
}

#define WORLD                                                                   \
	BEGINNING BOUNCES                                                       \
		"tenants:\n"                                                    \
		"- { name: plain }\n"                                           \
		"- { name: own, bounce_domain: b.own.test, verp: recipient }\n" \
		"- { name: off, verp: none }\n"                                 \
		"- { name: same, bounce_domain: bounces.example.com }\n"        \
		"routes:\n"                                                     \
		"- { domain: silent.test }\n"                                   \
		"- { domain: here.test, verp: none }\n"                         \
		"- { domain: each.test, verp: recipient }\n"

CASE("the route's word, the tenant's, that of bounces")
{
	static const struct {
		const char *tenant;
		int route; /* -1: none */
		enum config_verp verp;
		const char *domain;
	} table[] = {
		{"", -1, CONFIG_VERP_MESSAGE, "bounces.example.com"},
		{"nobody", 0, CONFIG_VERP_MESSAGE, "bounces.example.com"},
		{"plain", -1, CONFIG_VERP_MESSAGE, "bounces.example.com"},
		{"own", 0, CONFIG_VERP_RECIPIENT, "b.own.test"},
		{"own", 1, CONFIG_VERP_NONE, ""},
		{"off", -1, CONFIG_VERP_NONE, ""},
		{"off", 2, CONFIG_VERP_RECIPIENT, "bounces.example.com"},
		{"plain", 2, CONFIG_VERP_RECIPIENT, "bounces.example.com"},
	};
	struct config *config = config_of(WORLD);

	for (size_t i = 0; config && i < ARRAY_COUNT(table); i++) {
		struct slice domain = SLICE_EMPTY;
		enum config_verp verp = config_bounces_verp(config,
			slice_of(table[i].tenant), SLICE("far.test"),
			table[i].route < 0 ? NULL : &config->routes[table[i].route],
			&domain);

		CHECK_NUMBER(verp, table[i].verp);
		if (verp != CONFIG_VERP_NONE)
			CHECK_SLICE(domain, table[i].domain);
	}
	config_release(&config);
}

CASE("where only a tenant has a domain, others have no envelope sender of ours")
{
	struct config *config = config_of(
		BEGINNING "tenants: [{ name: own, bounce_domain: b.own.test }]\n");
	struct slice domain;

	CHECK_NUMBER(config_bounces_verp(
			     config, SLICE("own"), SLICE("far.test"), NULL, &domain),
		CONFIG_VERP_MESSAGE);
	CHECK_SLICE(domain, "b.own.test");
	CHECK_NUMBER(config_bounces_verp(
			     config, SLICE_EMPTY, SLICE("far.test"), NULL, &domain),
		CONFIG_VERP_NONE);
	config_release(&config);
}

CASE("mail for domains of ours keeps its sender, where no route says else")
{
	static const struct {
		const char *domain;
		bool kept;
	} table[] = {{"own.test", true}, {"a.below.test", true},
		{"b.a.below.test", true}, {"below.test", false}, {"test", false},
		{"xown.test", false}, {"a.own.test", false}, {"", false}};
	struct config *config = config_of(
		BEGINNING BOUNCES "receive:\n  domains:\n"
				  "  - { domain: own.test, recipients: any }\n"
				  "  - { domain: .below.test, recipients: any }\n"
				  "routes: [{ domain: own.test, verp: recipient }]\n");
	struct slice domain;

	for (size_t i = 0; config && i < ARRAY_COUNT(table); i++)
		CHECK_NUMBER(config_bounces_verp(config, SLICE_EMPTY,
				     slice_of(table[i].domain), NULL, &domain),
			table[i].kept ? CONFIG_VERP_NONE : CONFIG_VERP_MESSAGE);
	if (config)
		CHECK_NUMBER(config_bounces_verp(config, SLICE_EMPTY, SLICE("own.test"),
				     &config->routes[0], &domain),
			CONFIG_VERP_RECIPIENT);
	config_release(&config);
}

CASE("the domains that are ours, in any case")
{
	struct config *config = config_of(WORLD), *none = config_of(BEGINNING);

	CHECK_NUMBER(config->bounces.domain_count, 2);
	CHECK(config_bounces_domain(config, SLICE("bounces.example.com")));
	CHECK(config_bounces_domain(config, SLICE("Bounces.EXAMPLE.com")));
	CHECK(config_bounces_domain(config, SLICE("B.own.test")));
	CHECK(!config_bounces_domain(config, SLICE("own.test")));
	CHECK(!config_bounces_domain(config, SLICE_EMPTY));
	CHECK(!config_bounces_domain(none, SLICE("bounces.example.com")));
	config_release(&config);
	config_release(&none);
}

CASE("addresses that complaints come to")
{
	static const struct wrong table[] = {
		{"bounces: { complaints_to: nobody }\n",
			"t.yaml:3:27: complaints_to: \"nobody\" does not fit; "
			"allowed: an address such as complaints@example.com\n"},
		{"bounces: { complaint_addresses: [ a@b.test, x ] }\n",
			"t.yaml:3:45: complaint_addresses: \"x\" does not fit; "
			"allowed: a list of an address such as feedback@example.com\n"},
	};
	struct config *config = config_of(
		BEGINNING "bounces: { complaints_to: Fbl@b.test, "
			  "complaint_addresses: [ loop@c.test ] }\n");

	CHECK_ERRORS(BEGINNING, table);
	CHECK(config_bounces_complaints(config, SLICE("fbl@B.test")));
	CHECK(config_bounces_complaints(config, SLICE("loop@c.test")));
	CHECK(!config_bounces_complaints(config, SLICE("loop@b.test")));
	CHECK(!config_bounces_complaints(config, SLICE_EMPTY));
	config_release(&config);
}

CHECK_MAIN()
