/* The table of decisions: who demands what of a host, and what wins. */
#include "policy/tls_policy.h"

#include "check.h"

#define ALL	0xfffffu
#define ENFORCE .sts = STS_ENFORCE, .sts_hosts = ALL

static const struct row {
	const char *what;
	struct tls_policy policy;
	enum tlsa_kind tlsa;
	const char *level, *origin;
	bool refused, never;
} rows[] = {
	/* What is configured, and nothing published. */
	{"none", {.floor = CONFIG_LEVEL_NONE}, TLSA_NONE, "none", "config", 0, 0},
	{"may", {.floor = CONFIG_LEVEL_MAY}, TLSA_NONE, "may", "config", 0, 0},
	{"must", {.floor = CONFIG_LEVEL_MUST}, TLSA_NONE, "must", "config", 0, 0},
	{"verify", {.floor = CONFIG_LEVEL_VERIFY}, TLSA_NONE, "verify", "config", 0, 0},

	/* RFC 7672 2.2: usable records demand what they stand for. */
	{"7672 2.2 usable", {.floor = CONFIG_LEVEL_MAY, .dane = true}, TLSA_USABLE,
		"dane", "dane", 0, 0},
	{"… over none", {.floor = CONFIG_LEVEL_NONE, .dane = true}, TLSA_USABLE, "dane",
		"dane", 0, 0},
	{"… over verify", {.floor = CONFIG_LEVEL_VERIFY, .dane = true}, TLSA_USABLE,
		"dane", "dane", 0, 0},
	/* … unusable ones demand encryption, and no more than that. */
	{"7672 2.2 unusable", {.floor = CONFIG_LEVEL_MAY, .dane = true}, TLSA_UNUSABLE,
		"must", "dane", 0, 0},
	{"… a higher floor holds", {.floor = CONFIG_LEVEL_VERIFY, .dane = true},
		TLSA_UNUSABLE, "verify", "config", 0, 0},
	/* RFC 7672 2.1.1, 2.2: a failed look-up is no absence. */
	{"7672 2.1.1 bogus", {.floor = CONFIG_LEVEL_MAY, .dane = true}, TLSA_TROUBLE,
		"dane", "dane", 1, 0},
	{"… over none", {.floor = CONFIG_LEVEL_NONE, .dane = true}, TLSA_TROUBLE,
		"dane", "dane", 1, 0},
	/* RFC 7672 2.2: none, or in an unsigned zone: as without. */
	{"7672 2.2 none", {.floor = CONFIG_LEVEL_MAY, .dane = true}, TLSA_NONE, "may",
		"config", 0, 0},
	/* RFC 7672 2.2.1: an unsigned MX answer, or switched off. */
	{"7672 2.2.1 insecure MX", {.floor = CONFIG_LEVEL_MAY}, TLSA_USABLE, "may",
		"config", 0, 0},

	/* RFC 8461 5. */
	{"8461 5 enforce", {.floor = CONFIG_LEVEL_MAY, ENFORCE}, TLSA_NONE, "sts",
		"mta-sts", 0, 0},
	{"… over none", {.floor = CONFIG_LEVEL_NONE, ENFORCE}, TLSA_NONE, "sts",
		"mta-sts", 0, 0},
	{"… over verify", {.floor = CONFIG_LEVEL_VERIFY, ENFORCE}, TLSA_NONE, "sts",
		"mta-sts", 0, 0},
	{"8461 4.1 not named",
		{.floor = CONFIG_LEVEL_MAY, .sts = STS_ENFORCE, .sts_hosts = 2},
		TLSA_NONE, "sts", "mta-sts", 1, 0},
	{"8461 5 testing",
		{.floor = CONFIG_LEVEL_MAY, .sts = STS_TESTING, .sts_hosts = ALL},
		TLSA_NONE, "may", "config", 0, 0},
	{"… not named", {.floor = CONFIG_LEVEL_MAY, .sts = STS_TESTING}, TLSA_NONE,
		"may", "config", 0, 0},
	{"… a floor holds", {.floor = CONFIG_LEVEL_MUST, .sts = STS_TESTING}, TLSA_NONE,
		"must", "config", 0, 0},

	/* RFC 8461 2: DANE is not overridden. */
	{"8461 2 both", {.floor = CONFIG_LEVEL_MAY, .dane = true, ENFORCE}, TLSA_USABLE,
		"dane", "dane", 0, 0},
	{"… not named", {.floor = CONFIG_LEVEL_MAY, .dane = true, .sts = STS_ENFORCE},
		TLSA_USABLE, "dane", "dane", 0, 0},
	{"… bogus", {.floor = CONFIG_LEVEL_MAY, .dane = true, ENFORCE}, TLSA_TROUBLE,
		"dane", "dane", 1, 0},
	{"… unusable: MTA-STS still holds",
		{.floor = CONFIG_LEVEL_MAY, .dane = true, ENFORCE}, TLSA_UNUSABLE,
		"sts", "mta-sts", 0, 0},
	{"… none: MTA-STS holds", {.floor = CONFIG_LEVEL_MAY, .dane = true, ENFORCE},
		TLSA_NONE, "sts", "mta-sts", 0, 0},

	/* RFC 8689 4.2.1: REQUIRETLS. */
	{"8689 named by DNSSEC",
		{.variant = TLS_REQUIRED, .floor = CONFIG_LEVEL_MAY, .named = true},
		TLSA_NONE, "verify", "REQUIRETLS", 0, 0},
	{"… over none",
		{.variant = TLS_REQUIRED, .floor = CONFIG_LEVEL_NONE, .named = true},
		TLSA_NONE, "verify", "REQUIRETLS", 0, 0},
	{"… over unusable records",
		{.variant = TLS_REQUIRED,
			.floor = CONFIG_LEVEL_MAY,
			.named = true,
			.dane = true},
		TLSA_UNUSABLE, "verify", "REQUIRETLS", 0, 0},
	{"… with DANE",
		{.variant = TLS_REQUIRED,
			.floor = CONFIG_LEVEL_MAY,
			.named = true,
			.dane = true},
		TLSA_USABLE, "dane", "dane", 0, 0},
	{"… bogus: later",
		{.variant = TLS_REQUIRED,
			.floor = CONFIG_LEVEL_MAY,
			.named = true,
			.dane = true},
		TLSA_TROUBLE, "dane", "dane", 1, 0},
	{"8689 named by MTA-STS",
		{.variant = TLS_REQUIRED, .floor = CONFIG_LEVEL_MAY, ENFORCE},
		TLSA_NONE, "sts", "mta-sts", 0, 0},
	{"… in testing",
		{.variant = TLS_REQUIRED,
			.floor = CONFIG_LEVEL_MAY,
			.sts = STS_TESTING,
			.sts_hosts = ALL},
		TLSA_NONE, "verify", "REQUIRETLS", 0, 0},
	{"… not by that",
		{.variant = TLS_REQUIRED,
			.floor = CONFIG_LEVEL_MAY,
			.sts = STS_TESTING,
			.sts_hosts = 2},
		TLSA_NONE, "verify", "REQUIRETLS", 1, 1},
	{"8689 named by nobody",
		{.variant = TLS_REQUIRED, .floor = CONFIG_LEVEL_VERIFY}, TLSA_NONE,
		"verify", "config", 1, 1},

	/* RFC 8689 3, 4.2.2: "TLS-Required: no". */
	{"8689 no: not MTA-STS",
		{.variant = TLS_OPTIONAL,
			.floor = CONFIG_LEVEL_MAY,
			.sts = STS_ENFORCE},
		TLSA_NONE, "may", "TLS-Required", 0, 0},
	{"8689 no: not DANE",
		{.variant = TLS_OPTIONAL,
			.floor = CONFIG_LEVEL_MAY,
			.dane = true,
			ENFORCE},
		TLSA_USABLE, "may", "TLS-Required", 0, 0},
	{"8689 no: not bogus",
		{.variant = TLS_OPTIONAL, .floor = CONFIG_LEVEL_MAY, .dane = true},
		TLSA_TROUBLE, "may", "TLS-Required", 0, 0},
	{"… what is configured holds",
		{.variant = TLS_OPTIONAL, .floor = CONFIG_LEVEL_MUST, .dane = true},
		TLSA_USABLE, "must", "config", 0, 0},
	{"… none stays none", {.variant = TLS_OPTIONAL, .floor = CONFIG_LEVEL_NONE},
		TLSA_NONE, "none", "config", 0, 0},
};

CASE("RFC 7672, 8461, 8689: what holds for a host")
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		struct tls_decision got = tls_policy_decide(&row->policy, 0, row->tlsa);
		unsigned before = check_failures;

		CHECK_SLICE(slice_of(tls_level_name(got.level)), row->level);
		CHECK_SLICE(slice_of(tls_origin_name(got.origin)), row->origin);
		CHECK_NUMBER(got.refusal != NULL, row->refused);
		CHECK_NUMBER(got.never, row->never);
		CHECK_NUMBER(got.requires, row->policy.variant == TLS_REQUIRED);
		CHECK_NUMBER(got.plain_too, got.level <= TLS_MAY);
		if (check_failures != before)
			fprintf(stderr, "… in \"%s\"\n", row->what);
	}
}

CASE("nothing published and nothing a message says lowers the floor")
{
	struct tls_policy policy = {0};

	for (unsigned bits = 0; bits < 1u << 11; bits++) {
		struct tls_decision got;

		policy.variant = (enum tls_variant)(bits % 3);
		policy.floor = (enum config_tls_level)(bits >> 2 & 3);
		policy.dane = bits >> 4 & 1;
		policy.named = bits >> 5 & 1;
		policy.sts = (enum sts_force)((bits >> 6 & 3) % 3);
		policy.sts_hosts = bits >> 8 & 1;
		got = tls_policy_decide(&policy, 0, (enum tlsa_kind)(bits >> 9 & 3));
		CHECK((int)got.level >= (int)policy.floor);
		/* Plain text only where it is configured, for usual mail without
		 * a policy or for mail that does not mind. */
		if (got.plain_too)
			CHECK(policy.floor <= CONFIG_LEVEL_MAY &&
				policy.variant != TLS_REQUIRED &&
				(policy.variant == TLS_OPTIONAL ||
					policy.sts != STS_ENFORCE));
	}
}

CASE("RFC 8461: each host is looked at by itself")
{
	struct tls_policy policy = {
		.floor = CONFIG_LEVEL_MAY, .sts = STS_ENFORCE, .sts_hosts = 5};

	CHECK(!tls_policy_decide(&policy, 0, TLSA_NONE).refusal);
	CHECK(tls_policy_decide(&policy, 1, TLSA_NONE).refusal);
	CHECK(!tls_policy_decide(&policy, 2, TLSA_NONE).refusal);
	CHECK(tls_policy_decide(&policy, 40, TLSA_NONE).refusal);
}

CASE("what differs for no host does not set sites apart")
{
	struct tls_policy usual = {.floor = CONFIG_LEVEL_MAY};
	struct tls_policy named = {.floor = CONFIG_LEVEL_MAY, .named = true};
	struct tls_policy dane = {
		.floor = CONFIG_LEVEL_MAY, .named = true, .dane = true};
	struct tls_policy sts = {
		.floor = CONFIG_LEVEL_MAY, .sts = STS_ENFORCE, .sts_hosts = 1};
	struct tls_policy other = sts;

	CHECK(tls_policy_equal(&usual, &named));
	CHECK(!tls_policy_equal(&usual, &dane));
	CHECK(!tls_policy_equal(&usual, &sts));
	other.sts_hosts = 3;
	CHECK(!tls_policy_equal(&sts, &other));
	other = sts;
	other.sts = STS_TESTING;
	CHECK(!tls_policy_equal(&sts, &other));
	usual.variant = named.variant = TLS_REQUIRED;
	CHECK(!tls_policy_equal(&usual, &named));
	dane.variant = sts.variant = TLS_OPTIONAL;
	CHECK(tls_policy_equal(&dane, &sts));
}

static void check_words(struct tls_policy policy, const char *want)
{
	struct buffer text = {0};

	tls_policy_explain(&policy, &text);
	CHECK_SLICE(buffer_contents(&text), want);
	buffer_finish(&text);
}

CASE("in words")
{
	struct tls_policy all = {.floor = CONFIG_LEVEL_MUST,
		.dane = true,
		.sts = STS_TESTING,
		.variant = TLS_REQUIRED};

	check_words((struct tls_policy){.floor = CONFIG_LEVEL_MAY}, "may");
	check_words(all, "must, DANE where there are records, MTA-STS in testing, "
			 "REQUIRETLS");
	all.variant = TLS_OPTIONAL;
	check_words(all, "must, TLS-Required: no");
	check_words((struct tls_policy){.sts = STS_ENFORCE}, "none, MTA-STS in force");
}

CHECK_MAIN()
