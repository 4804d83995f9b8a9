/*
 * Envelope senders of ours (VERP): the local part is a token that says which
 * message, of which tenant, and which recipient a bounce is about, signed, so
 * that nobody can make one up, and good for some days.
 *
 *	rp-ID DAYS RECIPIENT SIGNATURE [-TENANT]	(without the spaces)
 *
 * ID: the 16 digits of the message id; two digits of days it is good for, eight
 * of the recipient's keyed tag (zeroes: of all the message's recipients), twelve
 * of signature; all in the digits of ids, which are letters and digits that no
 * case and no look-alike changes. The tenant stands there by name where that
 * fits, else by a tag of eight digits behind "=". At most 64 octets (RFC 5321
 * 4.5.3.1.1), in any case. Pure.
 */
#ifndef RINGPOST_FEEDBACK_VERP_H
#define RINGPOST_FEEDBACK_VERP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"
#include "queue/envelope.h"
#include "queue/message_id.h"

#define VERP_LOCAL_MAX	 64
#define VERP_ADDRESS_MAX (VERP_LOCAL_MAX + 1 + 255)
#define VERP_DAYS_MAX	 1023
#define VERP_SECRET_SIZE 64 /* hexadecimal digits */

/* What signs, and what makes tags. Wipe it when done. */
struct verp_secret {
	struct siphash_key sign, tag;
};
/* TEXT is 64 hexadecimal digits; false: it is not. */
bool verp_secret_parse(struct slice text, struct verp_secret *secret_r);
/* A new one, and its text. */
void verp_secret_make(char text[VERP_SECRET_SIZE + 1]);

struct verp_token {
	struct message_id id;
	char tenant[TENANT_SIZE_MAX + 1]; /* "": of none, or tenant_tag is set */
	uint64_t tenant_tag;		  /* its name did not fit; 0: see tenant */
	uint64_t recipient_tag;		  /* 0: of all recipients of the message */
	int64_t expires_ms;		  /* since 1970 */
	struct siphash_key tag;		  /* for the two questions below */
};

/* What an address is to say. */
struct verp_subject {
	const struct message_id *id;
	struct slice tenant;	/* or empty */
	struct slice recipient; /* "user@example.org"; empty: all of them */
	unsigned days;		/* from the message's own time on */
	struct slice domain;
};

/* The whole address into TEXT. The same for the same subject, always. */
struct slice verp_write(const struct verp_secret *secret,
	const struct verp_subject *subject, char text[VERP_ADDRESS_MAX + 1]);
/* False: LOCAL_PART is none of ours, whatever it looks like. */
bool verp_read(const struct verp_secret *secret, struct slice local_part,
	struct verp_token *token_r);
/* It looks like one: what is refused then is not an unknown user's address. */
bool verp_looks_like(struct slice local_part);
/* The message that it says it is about, signed or not: for people. */
bool verp_id(struct slice local_part, struct message_id *id_r);

bool verp_is_expired(const struct verp_token *token, int64_t now_ms);
/* It was made for ADDRESS alone; whoever reads a bounce tries those he finds in
 * it. False where it was made for all recipients, which recipient_tag says. */
bool verp_is_about(const struct verp_token *token, struct slice address);
/* What such a tag is: eight digits, never 0, of a recipient of message ID, however he
 * is written; of a NAME, apart from those of other kinds. */
uint64_t verp_recipient_tag(const struct verp_secret *secret,
	const struct message_id *id, struct slice address);
uint64_t verp_name_tag(
	const struct verp_secret *secret, struct slice kind, struct slice name);
/* It is of the tenant NAME; empty: of none. */
bool verp_is_of_tenant(const struct verp_token *token, struct slice name);

#endif
