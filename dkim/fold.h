/*
 * How a DKIM-Signature field (or one of ARC's) is laid out: folded only between
 * tags, behind the colons of h=, and inside b=; anywhere else strict verifiers
 * refuse it.
 */
#ifndef RINGPOST_DKIM_FOLD_H
#define RINGPOST_DKIM_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "dkim/canon.h"
#include "dkim/crypto.h"
#include "dkim/key.h"
#include "dkim/select.h"
#include "dkim/signature.h"

#define DKIM_FOLD_COLUMNS 76

struct dkim_fold_facts {
	enum dkim_field kind;
	unsigned instance; /* ARC's i= */
	const char *chain; /* cv=, of an ARC-Seal, which has no c=, h=, bh= */
	enum dkim_algorithm algorithm;
	enum dkim_canon header, body;
	struct slice domain, selector;
	struct slice identity;	   /* empty: no i= */
	int64_t time_s, expires_s; /* expires 0: no x= */
	const uint8_t *body_hash;
	const struct dkim_selection *selection;
};

/* Appends the field up to and including "b=", which is what is signed (in its
 * canonical form). */
bool dkim_fold_unsigned(const struct dkim_fold_facts *facts, struct buffer *out);
/* Appends the value of b= and the field's CRLF. */
bool dkim_fold_signature(struct slice signature, struct buffer *out);

#endif
