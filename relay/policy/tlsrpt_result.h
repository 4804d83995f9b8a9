/*
 * Results of TLS sessions by the names of RFC 8460 4.3, and the kinds of policy
 * they are reported under (4.4). Pure.
 */
#ifndef RINGPOST_POLICY_TLSRPT_RESULT_H
#define RINGPOST_POLICY_TLSRPT_RESULT_H

#include <stdbool.h>

#include "base/slice.h"

enum tlsrpt_result {
	TLSRPT_SUCCESS,
	TLSRPT_STARTTLS_NOT_SUPPORTED,
	TLSRPT_CERTIFICATE_HOST_MISMATCH,
	TLSRPT_CERTIFICATE_EXPIRED,
	TLSRPT_CERTIFICATE_NOT_TRUSTED,
	TLSRPT_VALIDATION_FAILURE, /* any other */
	TLSRPT_TLSA_INVALID,
	TLSRPT_DNSSEC_INVALID,
	TLSRPT_DANE_REQUIRED,
	TLSRPT_STS_POLICY_FETCH_ERROR,
	TLSRPT_STS_POLICY_INVALID,
	TLSRPT_STS_WEBPKI_INVALID,
	TLSRPT_RESULTS,
};

enum tlsrpt_policy_type {
	TLSRPT_NO_POLICY,
	TLSRPT_STS,
	TLSRPT_TLSA,
	TLSRPT_POLICY_TYPES,
};

/* "success" (ours), "starttls-not-supported", … */
const char *tlsrpt_result_name(enum tlsrpt_result result);
bool tlsrpt_result_parse(struct slice name, enum tlsrpt_result *result_r);
/* "no-policy-found", "sts", "tlsa" */
const char *tlsrpt_policy_type_name(enum tlsrpt_policy_type type);
bool tlsrpt_policy_type_parse(struct slice name, enum tlsrpt_policy_type *type_r);

#endif
