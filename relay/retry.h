/*
 * When to try again: the configuration's waits, varied a little, so that mail
 * deferred together does not come back together.
 */
#ifndef RINGPOST_RELAY_RETRY_H
#define RINGPOST_RELAY_RETRY_H

#include <stdint.h>

#include "base/config.h"

/*
 * The wait after the ATTEMPTSth attempt (1 …) in milliseconds: the list's, the
 * last one repeating, ± 20 % by CHANCE (any number).
 */
int64_t retry_wait_ms(
	const struct config_relay *relay, unsigned attempts, uint64_t chance);
/* When an entry that expires at EXPIRES_MS is due again: at the latest then. */
int64_t retry_due_ms(const struct config_relay *relay, unsigned attempts,
	int64_t now_ms, int64_t expires_ms, uint64_t chance);
/* How long a site that failed FAILURES (1 …) times in a row is left alone. */
#define BACKOFF_MAX_MS (15 * 60 * 1000)
int64_t retry_backoff_ms(
	const struct config_relay *relay, unsigned failures, uint64_t chance);

#endif
