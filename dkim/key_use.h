/* What of a key only this layer uses, and the names keys are published at. */
#ifndef RINGPOST_DKIM_KEY_USE_H
#define RINGPOST_DKIM_KEY_USE_H

#include "base/buffer.h"
#include "base/slice.h"
#include "dkim/crypto.h"
#include "dkim/key.h"

#define DKIM_NAME_MAX 253 /* RFC 1035 2.3.4 as text */

const struct dkim_private *dkim_key_private(const struct dkim_key *key);

/* Whether SELECTOR._domainkey.DOMAIN is a DNS name and DOMAIN has a dot
 * (RFC 6376 section 3.5, d= and s=). */
bool dkim_name_is_valid(struct slice domain, struct slice selector);
/* Appends it. */
bool dkim_name_print(struct slice domain, struct slice selector, struct buffer *out);

#endif
