/*
 * Links to leave a list with one click (RFC 8058): a token that says which message
 * of which tenant and stream went to whom, signed, so that nobody can make one up.
 *
 *	base64url( VERSION ID DAYS TENANT STREAM RECIPIENT MAC )
 *
 * VERSION is one byte, ID the message id's 80 bits, DAYS two bytes, tenant and stream
 * have their size in front, the recipient is what remains; MAC the first 12 bytes of
 * an HMAC-SHA256 over it all, under a key of the secret that bounce addresses are
 * signed with (verp.h). For bob@example.org some 70 characters. Pure.
 */
#ifndef RINGPOST_FEEDBACK_LEAVING_H
#define RINGPOST_FEEDBACK_LEAVING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "feedback/verp.h"
#include "mail/address.h"

#define LEAVING_DAYS_MAX 65535
#define LEAVING_MAC_SIZE 12
#define LEAVING_BYTES_MAX                                                       \
	(1 + 10 + 2 + 1 + TENANT_SIZE_MAX + 1 + STREAM_SIZE_MAX + ADDRESS_MAX + \
		LEAVING_MAC_SIZE)
#define LEAVING_TOKEN_MAX ((LEAVING_BYTES_MAX + 2) / 3 * 4)

/* Whose mail it was. */
struct leaving {
	struct message_id id;
	struct slice tenant, stream; /* or empty */
	struct slice recipient;	     /* "user@example.org" */
	unsigned days;		     /* good for, from the message's own time on; 0:
					for ever */
};

/* The token in TEXT; empty where it would be too long. The same for the same,
 * always. */
struct slice leaving_write(const struct verp_secret *secret,
	const struct leaving *leaving, char text[LEAVING_TOKEN_MAX]);
/* False: TOKEN is none of ours, whatever is wrong with it; to find that out takes as
 * long for all of a length. Slices are in ARENA. */
bool leaving_read(const struct verp_secret *secret, struct slice token,
	struct arena *arena, struct leaving *leaving_r);
bool leaving_is_expired(const struct leaving *leaving, int64_t now_ms);

/* leaving_mac.c */
void leaving_mac(const struct verp_secret *secret, struct slice bytes,
	char mac[LEAVING_MAC_SIZE]);

#endif
