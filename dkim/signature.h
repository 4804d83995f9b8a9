/* A DKIM-Signature field as read from a message (RFC 6376 section 3.5). */
#ifndef RINGPOST_DKIM_SIGNATURE_H
#define RINGPOST_DKIM_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "dkim/canon.h"
#include "dkim/key.h"
#include "dkim/verify.h"

#define DKIM_NAMES_MAX 1000 /* in h= */

struct dkim_signature {
	enum dkim_algorithm algorithm;
	enum dkim_canon header, body;
	struct slice algorithm_text;
	struct slice domain;		   /* d=, A-labels in lower case */
	struct slice selector;		   /* s=, in lower case */
	struct slice identity;		   /* i= decoded, or "@" and the domain */
	struct slice signature, body_hash; /* decoded */
	struct slice signature_text;	   /* b= as written */
	struct slice names;		   /* h= as written */
	size_t cut_at, cut_size;	   /* of the field: left out of its hash */
	bool limited;			   /* l= is there: */
	uint64_t length;
	int64_t time_s, expires_s; /* t=, x=; -1: not there */
};

/*
 * Reads the whole field RAW. DKIM_PASS when it can be verified; otherwise
 * DKIM_NEUTRAL or DKIM_PERMERROR and the failure says why, and what could be
 * read is in *signature_r. Slices lie in RAW and the arena.
 */
enum dkim_result dkim_signature_parse(
	struct arena *arena, struct slice raw, struct dkim_signature *signature_r);

#endif
