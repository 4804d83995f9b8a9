/*
 * One SPF record (RFC 7208 4.6, 5, 6, 12) as a list of terms. All of it is
 * read before any of it is believed. Pure; used within this folder.
 */
#ifndef RINGPOST_VERIFY_SPF_RECORD_H
#define RINGPOST_VERIFY_SPF_RECORD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "verify/spf.h"

enum spf_mechanism {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
};

struct spf_term {
	enum spf_mechanism mechanism;
	enum spf_result result;	    /* when it matches */
	struct slice text;	    /* as written */
	struct slice domain;	    /* domain-spec; empty: the record's own domain */
	struct in6_addr network;    /* ip4 (mapped), ip6 */
	unsigned char bits4, bits6; /* prefix lengths of a, mx, ip4, ip6 */
};

struct spf_record {
	struct spf_term *terms;
	size_t count;
	struct slice redirect, explanation; /* domain-spec; at NULL: none */
};

/* It is one: "v=spf1", and a space or nothing (4.5). */
bool spf_record_is(struct slice text);
/*
 * Slices point into TEXT; the terms are in ARENA. False: a syntax error, and
 * what is wrong in REASON.
 */
bool spf_record_parse(struct slice text, struct arena *arena,
	struct spf_record *record_r, char reason[120]);

/* Whether the first BITS (of 128) of the two are the same. */
bool spf_network_has(
	const struct in6_addr *network, unsigned bits, const struct in6_addr *address);

#endif
