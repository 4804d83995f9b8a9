/* Signing what we write ourselves (bounces), for the relay. */
#ifndef RINGPOST_DAEMON_SIGN_H
#define RINGPOST_DAEMON_SIGN_H

#include <stdbool.h>

#include "base/buffer.h"
#include "run/deadline.h"

/*
 * Appends the DKIM-Signature fields due to a message with this HEADER (the
 * blank line left out) and BODY to FIELDS; none when there is no key for its
 * author. WORKER is a struct daemon_worker.
 */
bool daemon_sign(void *worker, struct slice header, struct slice body,
	struct buffer *fields, struct deadline deadline);

#endif
