/* A DKIM-Signature field as read from a message (RFC 6376 section 3.5), and the
 * two of ARC that are made like it (RFC 8617 sections 4.1.2, 4.1.3). */
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
	unsigned instance;	   /* ARC: i=, 1 … ARC_INSTANCE_MAX */
	struct slice chain;	   /* ARC-Seal: cv= */
};

#define ARC_INSTANCE_MAX 50 /* RFC 8617 4.2.1 */

enum dkim_field {
	DKIM_FIELD_SIGNATURE,
	DKIM_FIELD_ARC_MESSAGE, /* ARC-Message-Signature */
	DKIM_FIELD_ARC_SEAL,	/* ARC-Seal */
};

/*
 * Reads the whole field RAW of that KIND. DKIM_PASS when it can be verified; otherwise
 * DKIM_NEUTRAL or DKIM_PERMERROR and the failure says why, and what could be
 * read is in *signature_r. Slices lie in RAW and the arena.
 */
enum dkim_result dkim_signature_parse(struct arena *arena, enum dkim_field kind,
	struct slice raw, struct dkim_signature *signature_r);

/* "1" … "50": what i= of ARC's fields may be; false: it is not. */
bool arc_instance_parse(struct slice text, unsigned *instance_r);

#endif
