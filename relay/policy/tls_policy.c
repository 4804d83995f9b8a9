/*
 * The decision, and its names.
 */
#include "policy/tls_policy.h"

#include <stdio.h>
#include <string.h>

static enum tls_level level_of(enum config_tls_level floor)
{
	switch (floor) {
	case CONFIG_LEVEL_NONE:
		return TLS_NONE;
	case CONFIG_LEVEL_MAY:
		return TLS_MAY;
	case CONFIG_LEVEL_MUST:
		return TLS_MUST;
	case CONFIG_LEVEL_VERIFY:
		break;
	}
	return TLS_VERIFY;
}

static void raise(
	struct tls_decision *decision, enum tls_level level, enum tls_origin origin)
{
	if (level <= decision->level)
		return;
	decision->level = level;
	decision->origin = origin;
}

static bool sts_names(const struct tls_policy *policy, size_t host)
{
	return host < 32 && (policy->sts_hosts >> host & 1);
}

static void refuse(struct tls_decision *decision, const char *why)
{
	if (!decision->refusal)
		decision->refusal = why;
}

/* RFC 7672 2.2: records that are there and cannot be used still say that the
 * host has TLS; a look-up that failed may hide some, so the host waits. */
static void apply_dane(struct tls_decision *decision, enum tlsa_kind tlsa)
{
	switch (tlsa) {
	case TLSA_NONE:
		break;
	case TLSA_USABLE:
		raise(decision, TLS_DANE, TLS_BY_DANE);
		break;
	case TLSA_UNUSABLE:
		raise(decision, TLS_MUST, TLS_BY_DANE);
		break;
	case TLSA_TROUBLE:
		raise(decision, TLS_DANE, TLS_BY_DANE);
		refuse(decision, "its TLSA records could not be looked up");
		break;
	}
}

/* RFC 8461 5: a host that is not named is treated as one that fails. */
static void apply_sts(
	struct tls_decision *decision, const struct tls_policy *policy, size_t host)
{
	if (policy->sts != STS_ENFORCE || decision->level == TLS_DANE)
		return;
	raise(decision, TLS_STS, TLS_BY_STS);
	if (!sts_names(policy, host))
		refuse(decision, "the domain's MTA-STS policy does not name it");
}

/* RFC 8689 4.2.1: the name authentic, the certificate in order, and the demand
 * passed on. */
static void apply_require(
	struct tls_decision *decision, const struct tls_policy *policy, size_t host)
{
	raise(decision, TLS_VERIFY, TLS_BY_REQUIRETLS);
	decision->requires = true;
	if (decision->refusal || policy->named ||
		(policy->sts != STS_NONE && sts_names(policy, host)))
		return;
	decision->never = true;
	refuse(decision,
		"the message requires TLS (REQUIRETLS), and neither DNSSEC nor "
		"MTA-STS vouches for its name");
}

struct tls_decision tls_policy_decide(
	const struct tls_policy *policy, size_t host, enum tlsa_kind tlsa)
{
	struct tls_decision decision = {
		.level = level_of(policy->floor), .origin = TLS_BY_CONFIG};

	if (policy->variant == TLS_OPTIONAL) {
		if (decision.level == TLS_MAY)
			decision.origin = TLS_BY_HEADER;
	} else {
		if (policy->dane)
			apply_dane(&decision, tlsa);
		apply_sts(&decision, policy, host);
		if (policy->variant == TLS_REQUIRED)
			apply_require(&decision, policy, host);
	}
	decision.plain_too = decision.level <= TLS_MAY;
	return decision;
}

struct slice tls_policy_key(
	const struct tls_policy *policy, char text[TLS_POLICY_KEY_SIZE])
{
	bool all = policy->variant != TLS_OPTIONAL;
	int size = snprintf(text, TLS_POLICY_KEY_SIZE, "%d%d%d%d%d %x",
		(int)policy->variant, (int)policy->floor, all && policy->dane,
		policy->variant == TLS_REQUIRED && policy->named,
		all ? (int)policy->sts : 0,
		all && policy->sts != STS_NONE ? policy->sts_hosts : 0);

	return slice_make(text, (size_t)size);
}

bool tls_policy_equal(const struct tls_policy *a, const struct tls_policy *b)
{
	char left[TLS_POLICY_KEY_SIZE], right[TLS_POLICY_KEY_SIZE];

	return slice_equal(tls_policy_key(a, left), tls_policy_key(b, right));
}

void tls_policy_explain(const struct tls_policy *policy, struct buffer *into)
{
	buffer_append_format(into, "%s", tls_level_name(level_of(policy->floor)));
	if (policy->variant == TLS_OPTIONAL) {
		buffer_append(into, SLICE(", TLS-Required: no"));
		return;
	}
	if (policy->dane)
		buffer_append(into, SLICE(", DANE where there are records"));
	if (policy->sts != STS_NONE)
		buffer_append_format(into, ", MTA-STS %s",
			policy->sts == STS_ENFORCE ? "in force" : "in testing");
	if (policy->variant == TLS_REQUIRED)
		buffer_append(into, SLICE(", REQUIRETLS"));
}

const char *tls_level_name(enum tls_level level)
{
	static const char *const names[] = {
		[TLS_NONE] = "none",
		[TLS_MAY] = "may",
		[TLS_MUST] = "must",
		[TLS_VERIFY] = "verify",
		[TLS_STS] = "sts",
		[TLS_DANE] = "dane",
	};

	return names[level];
}

const char *tls_origin_name(enum tls_origin origin)
{
	static const char *const names[] = {
		[TLS_BY_CONFIG] = "config",
		[TLS_BY_STS] = "mta-sts",
		[TLS_BY_DANE] = "dane",
		[TLS_BY_REQUIRETLS] = "REQUIRETLS",
		[TLS_BY_HEADER] = "TLS-Required",
	};

	return names[origin];
}
