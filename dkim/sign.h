/*
 * Signing a message (RFC 6376, RFC 8463): the body is hashed once as it
 * passes, then each key makes one DKIM-Signature field.
 *
 *	dkim_signer_begin(signer, header_canon, body_canon);
 *	dkim_signer_feed(signer, chunk);                   … as the body comes
 *	dkim_signer_finish(signer, &message, &fields);     at its end
 *
 * Finish is prepare, sign and format in one. RSA-2048 takes a fraction of a
 * millisecond of pure CPU; who does not want to wait on its worker calls the
 * three, and dkim_signer_sign on any thread it likes.
 *
 * Signed are, whether present or not and once more than present, so that
 * nobody adds another: From To Cc Subject Date Message-ID Reply-To
 * MIME-Version Content-Type Content-Transfer-Encoding List-Unsubscribe
 * List-Unsubscribe-Post. Signed where present: Sender In-Reply-To References
 * Resent-* and the other List-* fields of RFC 2369 and RFC 2919, and
 * Feedback-ID. No other (never Return-Path, Received, Bcc), and never l=.
 */
#ifndef RINGPOST_DKIM_SIGN_H
#define RINGPOST_DKIM_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "dkim/canon.h"
#include "dkim/key.h"
#include "dkim/keyring.h"
#include "mail/header.h"

#define DKIM_SIGNED_FIELDS_MAX 512	 /* instances signed in one message */
#define DKIM_HEADER_SIZE_MAX   (2 << 20) /* bytes of them, canonical */

/* What is to be signed besides the body. */
struct dkim_message {
	const struct header_field *fields; /* in the message's order, all of them */
	size_t field_count;
	const struct dkim_signing *signings;
	size_t signing_count;  /* at most DKIM_KEYS_PER_DOMAIN */
	int64_t time_s;	       /* t=, Unix time */
	int64_t lifetime_s;    /* x= t + this; 0: no x= */
	struct slice identity; /* i=, "@domain" or "local@domain" at or under
				  each d=; empty: no i= */
};

/* One message at a time, used again for the next. */
struct dkim_signer;

struct dkim_signer *dkim_signer_create(void);
void dkim_signer_destroy(struct dkim_signer **signer);

/* Forgets whatever was before. */
void dkim_signer_begin(
	struct dkim_signer *signer, enum dkim_canon header, enum dkim_canon body);
/* Body bytes, without dot-stuffing, in any chunks. */
void dkim_signer_feed(struct dkim_signer *signer, struct slice chunk);

/*
 * The body is complete: takes its hash and the header's. Copies what it needs
 * of MESSAGE but the keys, which must live until dkim_signer_sign is done.
 * False with FAILURE_DATA without a From field or when the identity is not the
 * domain's, FAILURE_LIMIT at the caps above. May be repeated with another
 * header over the same body.
 */
bool dkim_signer_prepare(
	struct dkim_signer *signer, const struct dkim_message *message);
/*
 * Makes the signatures. Touches nothing but the signer and its keys, so it may
 * run on another thread while this one leaves the signer alone. False with
 * FAILURE_RESOURCE when the library fails.
 */
bool dkim_signer_sign(struct dkim_signer *signer);
/*
 * Appends the finished DKIM-Signature fields, folded at 76 columns and each
 * ending in CRLF: put them in front of the header as they are.
 */
bool dkim_signer_format(struct dkim_signer *signer, struct buffer *fields);

/* All three. */
bool dkim_signer_finish(struct dkim_signer *signer, const struct dkim_message *message,
	struct buffer *fields);

#endif
