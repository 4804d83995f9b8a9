/*
 * MTA-STS as text (RFC 8461 3.1, 3.2, 4.1): the TXT record, the policy, and
 * whether a policy names a host. Pure.
 */
#ifndef RINGPOST_POLICY_MTA_STS_POLICY_H
#define RINGPOST_POLICY_MTA_STS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "policy/tls_policy.h"

#define STS_ID_MAX	  32
#define STS_TEXT_MAX	  (64u << 10) /* a policy as fetched */
#define STS_PATTERNS_MAX  200
#define STS_PATTERN_BYTES (16u << 10) /* of all patterns */
#define STS_MAX_AGE_S	  31557600

struct sts_policy {
	enum sts_force mode;
	uint32_t max_age_s;
	struct slice *patterns; /* "mx.example.com", "*.example.com"; lower case */
	size_t pattern_count;
};

/* "v=STSv1; id=…": the id, a part of RECORD. False with FAILURE_DATA. */
bool sts_record_parse(struct slice record, struct slice *id_r);
/* Whether it means to be one: of several TXT records only those count. */
bool sts_record_is_ours(struct slice record);

/* Strings in ARENA. False with FAILURE_DATA and what is wrong with it. */
bool sts_policy_parse(
	struct slice text, struct arena *arena, struct sts_policy *policy_r);
/* As it would be published; it parses to the same. */
void sts_policy_print(const struct sts_policy *policy, struct buffer *text);
/* HOST is lower case, or not; a trailing dot does no harm. */
bool sts_policy_names(const struct sts_policy *policy, struct slice host);

/* "none", "testing", "enforce" */
const char *sts_force_name(enum sts_force mode);

#endif
