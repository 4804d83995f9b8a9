/*
 * What MAIL can ask for beside its path, by extensions that say how a message
 * is to be handled on its way: FUTURERELEASE (RFC 4865), DELIVERBY (RFC 2852),
 * MT-PRIORITY (RFC 6710), REQUIRETLS (RFC 8689). Values as they are said to us
 * and as we say them to peers; whether they are offered, or too much, is
 * somebody else's business.
 */
#ifndef RINGPOST_MAIL_EXTENSION_H
#define RINGPOST_MAIL_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define BY_TIME_MOST	 999999999 /* seconds, RFC 2852 4; and -999999999 */
#define BY_TEXT_SIZE	 16
#define HOLD_FOR_MOST	 999999999 /* seconds, RFC 4865 4 */
#define MT_PRIORITY_MOST 9	   /* RFC 6710 3; and -9 */

struct smtp_extensions {
	uint64_t hold_for_s;		    /* HOLDFOR=; 0: not given */
	int64_t hold_until_ms;		    /* HOLDUNTIL=, since 1970; 0: not given */
	bool by_given, by_return, by_trace; /* BY=; mode R, else N; T */
	int64_t by_s;			    /* from now on, maybe over already */
	bool priority_given;
	int priority; /* MT-PRIORITY= */
	bool require_tls;
};

/* "86400": 1 to 9 digits, the first not 0. */
bool extension_read_hold_for(struct slice value, uint64_t *seconds_r);
/* "2026-11-22T07:00:00Z" (RFC 3339, UTC), with a fraction that is dropped. */
bool extension_read_hold_until(struct slice value, int64_t *wall_ms_r);
/* "120;R", "-5;NT": by-time, mode, trace. R needs a time that is not over. */
bool extension_read_by(struct slice value, struct smtp_extensions *extensions);
/* "-9" … "9", without a sign for what is not below 0. */
bool extension_read_priority(struct slice value, int *priority_r);

/* "120;RT" into TEXT, the time held within what the RFC allows. */
struct slice extension_print_by(
	const struct smtp_extensions *extensions, char text[BY_TEXT_SIZE]);

#endif
