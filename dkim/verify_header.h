/* The hash a signature was made over (RFC 6376 section 3.7). */
#ifndef RINGPOST_DKIM_VERIFY_HEADER_H
#define RINGPOST_DKIM_VERIFY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "dkim/crypto.h"
#include "dkim/signature.h"
#include "mail/header.h"

/* The fields of a message, ready to be found by name from the bottom. */
struct dkim_fields {
	const struct header_field *at;
	size_t count;
	uint32_t *names; /* a number for each name, to compare first */
	uint8_t *used;
};

void dkim_fields_init(struct dkim_fields *fields, struct arena *arena,
	const struct header_field *at, size_t count);

/*
 * The hash over the fields SIGNATURE names and over the field at OWN, which
 * is the signature, without its b=. False with FAILURE_LIMIT or _RESOURCE.
 */
bool dkim_hash_header(struct dkim_fields *fields, size_t own,
	const struct dkim_signature *signature, struct dkim_hash *hash,
	uint8_t hash_r[DKIM_HASH_SIZE]);

/* Adds the field RAW as if the b= that SIGNATURE found in it were empty, and
 * without its CRLF: what ends the hash it was made over. */
bool dkim_hash_own(struct slice raw, const struct dkim_signature *signature,
	struct buffer *text, struct dkim_hash *hash);

#endif
