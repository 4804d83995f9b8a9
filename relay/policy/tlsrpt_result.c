/* The names of RFC 8460 4.3 and 4.4. */
#include "policy/tlsrpt_result.h"

#include "base/memory.h"

static const char *const results[TLSRPT_RESULTS] = {
	[TLSRPT_SUCCESS] = "success",
	[TLSRPT_STARTTLS_NOT_SUPPORTED] = "starttls-not-supported",
	[TLSRPT_CERTIFICATE_HOST_MISMATCH] = "certificate-host-mismatch",
	[TLSRPT_CERTIFICATE_EXPIRED] = "certificate-expired",
	[TLSRPT_CERTIFICATE_NOT_TRUSTED] = "certificate-not-trusted",
	[TLSRPT_VALIDATION_FAILURE] = "validation-failure",
	[TLSRPT_TLSA_INVALID] = "tlsa-invalid",
	[TLSRPT_DNSSEC_INVALID] = "dnssec-invalid",
	[TLSRPT_DANE_REQUIRED] = "dane-required",
	[TLSRPT_STS_POLICY_FETCH_ERROR] = "sts-policy-fetch-error",
	[TLSRPT_STS_POLICY_INVALID] = "sts-policy-invalid",
	[TLSRPT_STS_WEBPKI_INVALID] = "sts-webpki-invalid",
};
static const char *const types[TLSRPT_POLICY_TYPES] = {
	[TLSRPT_NO_POLICY] = "no-policy-found",
	[TLSRPT_STS] = "sts",
	[TLSRPT_TLSA] = "tlsa",
};

static bool find(
	const char *const *names, unsigned count, struct slice name, unsigned *index_r)
{
	for (unsigned i = 0; i < count; i++) {
		if (slice_equal(name, slice_of(names[i]))) {
			*index_r = i;
			return true;
		}
	}
	return false;
}

const char *tlsrpt_result_name(enum tlsrpt_result result)
{
	return results[result];
}

bool tlsrpt_result_parse(struct slice name, enum tlsrpt_result *result_r)
{
	unsigned index;

	if (!find(results, TLSRPT_RESULTS, name, &index))
		return false;
	*result_r = (enum tlsrpt_result)index;
	return true;
}

const char *tlsrpt_policy_type_name(enum tlsrpt_policy_type type)
{
	return types[type];
}

bool tlsrpt_policy_type_parse(struct slice name, enum tlsrpt_policy_type *type_r)
{
	unsigned index;

	if (!find(types, TLSRPT_POLICY_TYPES, name, &index))
		return false;
	*type_r = (enum tlsrpt_policy_type)index;
	return true;
}
