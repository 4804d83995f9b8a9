/* What of the configuration counts only from the next start on. */
#ifndef RINGPOST_DAEMON_FIXED_KEYS_H
#define RINGPOST_DAEMON_FIXED_KEYS_H

#include "base/buffer.h"
#include "base/config.h"

/* Appends the names of such keys whose values differ, "workers, dns.servers";
 * nothing when all are the same. */
void fixed_keys_changed(const struct config *running, const struct config *wanted,
	struct buffer *names);
/* NAME is one of them. */
bool fixed_keys_has(struct slice name);

#endif
