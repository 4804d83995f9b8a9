/*
 * What shows a webhook that a request is ours: HMAC-SHA256 (RFC 2104) over the
 * time of sending, a dot and the body, by a secret both know. Pure.
 */
#ifndef RINGPOST_EVENTS_SIGNATURE_H
#define RINGPOST_EVENTS_SIGNATURE_H

#include <stdint.h>

#include "base/slice.h"

#define SIGNATURE_SIZE 128

/* "t=1763758138,v1=…" into TEXT, of which it returns the part that is used. */
struct slice signature_print(struct slice secret, int64_t seconds, struct slice body,
	char text[SIGNATURE_SIZE]);

#endif
