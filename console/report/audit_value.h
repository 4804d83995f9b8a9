/* A domain's checklist and its keys as a value, and for people. */
#ifndef RINGPOST_REPORT_AUDIT_VALUE_H
#define RINGPOST_REPORT_AUDIT_VALUE_H

#include "base/buffer.h"
#include "dkim/key.h"
#include "gate/audit.h"

#include "report/value.h"

struct value *audit_value_make(const struct audit *audit, struct arena *arena);
/* A key that signs for DOMAIN (its own is "*" for all), with the record it needs. */
struct value *audit_key_value(
	const struct dkim_key *key, struct slice domain, struct arena *arena);

/* audit.c: what audit_value_make gave, for an 80 column terminal. */
void report_audit(const struct value *audit, struct buffer *into);

#endif
