/*
 * Adding a set of our own to the Authenticated Received Chain of a message that
 * is passed on (RFC 8617 section 5.1): the body is hashed as it passes, then a
 * key signs what we found out about the message, the message, and the chain.
 *
 *	arc_sealer_begin(sealer);
 *	arc_sealer_feed(sealer, chunk);              … as the body goes out
 *	arc_sealer_prepare(sealer, &seal);           … its header is as it goes out
 *	arc_sealer_sign(sealer);                     … on any thread
 *	arc_sealer_format(sealer, &fields);
 *
 * Signed are the fields DKIM would sign (sign.h) and every DKIM-Signature;
 * relaxed/relaxed.
 */
#ifndef RINGPOST_DKIM_ARC_SEAL_H
#define RINGPOST_DKIM_ARC_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "dkim/arc.h"
#include "dkim/keyring.h"
#include "mail/header.h"

#define ARC_RESULTS_MAX 8192 /* bytes of what is found out */

/* What is to be sealed besides the body. */
struct arc_seal {
	const struct header_field *fields; /* in the message's order, all of them */
	size_t field_count;
	struct dkim_signing signing;	 /* the key, and d= */
	const struct arc_verdict *chain; /* as the message came with it */
	struct slice results; /* "mx.example.org; spf=pass …", folds and all, as
				 authres_write_results has it */
	int64_t time_s;	      /* t= */
};

/* One message at a time, used again for the next. */
struct arc_sealer;

struct arc_sealer *arc_sealer_create(void);
void arc_sealer_destroy(struct arc_sealer **sealer);

/* Forgets whatever was before. */
void arc_sealer_begin(struct arc_sealer *sealer);
/* Body bytes, without dot-stuffing, in any chunks. */
void arc_sealer_feed(struct arc_sealer *sealer, struct slice chunk);

/*
 * The body is complete. Copies what it needs of SEAL but the key, which must
 * live until arc_sealer_sign is done. False with FAILURE_DATA without a From
 * field, with results that are no header text, or when the chain has ended;
 * FAILURE_LIMIT when it has ARC_SETS_MAX sets or there is too much to sign.
 */
bool arc_sealer_prepare(struct arc_sealer *sealer, const struct arc_seal *seal);
/*
 * Makes both signatures. Touches nothing but the sealer and its key, so it may
 * run on another thread. False with FAILURE_RESOURCE.
 */
bool arc_sealer_sign(struct arc_sealer *sealer);
/* Appends ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results, each
 * ending in CRLF: put them in front of the header as they are. */
bool arc_sealer_format(struct arc_sealer *sealer, struct buffer *fields);

#endif
