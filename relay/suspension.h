/*
 * Suspensions: what an operator wants left alone for a while, by domain, tenant,
 * stream, tag, source or provider. A set of them, as Redis has it: pure.
 *
 * In Redis they are fields "SCOPE:NAME" of the hash rp:suspended, with the value
 * "UNTIL SINCE REASON": milliseconds since 1970, UNTIL 0 for until it is ended.
 */
#ifndef RINGPOST_RELAY_SUSPENSION_H
#define RINGPOST_RELAY_SUSPENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

#define SUSPENSIONS_KEY	      "rp:suspended"
#define SUSPENSIONS_MAX	      10000
#define SUSPENSION_NAME_MAX   255
#define SUSPENSION_REASON_MAX 200
#define SUSPENSION_FIELD_SIZE (SUSPENSION_NAME_MAX + 16)

enum suspend_scope {
	SUSPEND_DOMAIN, /* or ".example.com", all below it */
	SUSPEND_TENANT,
	SUSPEND_STREAM,
	SUSPEND_TAG,
	SUSPEND_SOURCE,
	SUSPEND_PROVIDER,
	SUSPEND_SCOPES,
};
const char *suspend_scope_name(enum suspend_scope scope);
bool suspend_scope_parse(struct slice name, enum suspend_scope *scope_r);

struct suspension {
	enum suspend_scope scope;
	struct slice name;
	int64_t since_ms, until_ms; /* 0: until it is ended */
	struct slice reason;
};

/* Fills it in from a field and its value, slices of theirs; false: it is none. */
bool suspension_parse(
	struct slice field, struct slice value, struct suspension *suspension_r);
/* "domain:example.com" into TEXT, and the value behind what is in INTO. */
struct slice suspension_field(
	const struct suspension *suspension, char text[SUSPENSION_FIELD_SIZE]);
void suspension_print_value(const struct suspension *suspension, struct buffer *into);
/* "suspended by operator until 2026-11-21T07:32:47Z because of that". */
void suspension_explain(const struct suspension *suspension, struct buffer *into);

struct suspensions;
struct suspensions *suspensions_create(void);
void suspensions_destroy(struct suspensions **set);
/* A copy of it; false: there are too many. One of the same name is replaced. */
bool suspensions_add(struct suspensions *set, const struct suspension *suspension);
size_t suspensions_count(const struct suspensions *set);
const struct suspension *suspensions_at(const struct suspensions *set, size_t index);
/* The one in force at NOW_MS, or NULL. SET may be NULL. */
const struct suspension *suspensions_find(const struct suspensions *set,
	enum suspend_scope scope, struct slice name, int64_t now_ms);
bool suspension_is_over(const struct suspension *suspension, int64_t now_ms);

#endif
