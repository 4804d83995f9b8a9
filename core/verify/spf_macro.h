/*
 * Macro strings of SPF (RFC 7208 7): their form, and what becomes of them.
 * Pure; used within this folder.
 */
#ifndef RINGPOST_VERIFY_SPF_MACRO_H
#define RINGPOST_VERIFY_SPF_MACRO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

/* What letters stand for. A value longer than SPF_VALUE_MAX is cut. */
#define SPF_VALUE_MAX 512
struct spf_values {
	struct slice local;	/* l */
	struct slice origin;	/* o: the sender's domain */
	struct slice domain;	/* d: whose record it is */
	struct slice helo;	/* h */
	struct slice name;	/* p: a validated name; empty: "unknown" */
	struct slice receiver;	/* r; empty: "unknown" */
	struct in6_addr client; /* i, c, v */
	int64_t now_s;		/* t */
};

enum spf_text {
	SPF_TEXT_DOMAIN,  /* of a record */
	SPF_TEXT_EXPLAIN, /* c, r and t are letters, too, and spaces may be */
};

/* Every byte and every "%" in it is as the grammar has them (7.1). */
bool spf_macro_is_valid(struct slice text, enum spf_text kind);
/* The same, and it ends in "." and a top label, or in a macro: domain-spec. */
bool spf_domain_spec_is_valid(struct slice text);
/* Whether LETTER (lower case) is expanded in a valid TEXT. */
bool spf_macro_uses(struct slice text, char letter);

/*
 * What a valid TEXT says, appended to INTO. As an explanation it is cut at
 * INTO's limit; as a domain the left goes, where it is long, for only the
 * right end of a name that is too long counts (7.3).
 */
void spf_macro_expand(const struct spf_values *values, struct slice text,
	enum spf_text kind, struct buffer *into);

/*
 * The name to be asked for: expanded, one trailing dot taken off, labels on
 * the left dropped until 253 bytes are left. In NAME, which is cleared.
 */
struct slice spf_macro_domain(
	const struct spf_values *values, struct slice text, struct buffer *name);

#endif
