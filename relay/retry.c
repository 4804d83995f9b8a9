/*
 * Waits between attempts: arithmetic only.
 */
#include "relay/retry.h"

#define WAIT_DEFAULT_MS (5 * 60 * 1000)

int64_t retry_wait_ms(
	const struct config_relay *relay, unsigned attempts, uint64_t chance)
{
	size_t place = attempts > 0 ? attempts - 1 : 0;
	int64_t wait = WAIT_DEFAULT_MS, fifth;

	if (relay->retry_count)
		wait = relay->retry_ms[place < relay->retry_count
					       ? place
					       : relay->retry_count - 1];
	fifth = wait / 5;
	if (fifth > 0)
		wait += (int64_t)(chance % (uint64_t)(2 * fifth + 1)) - fifth;
	return wait;
}

int64_t retry_due_ms(const struct config_relay *relay, unsigned attempts,
	int64_t now_ms, int64_t expires_ms, uint64_t chance)
{
	int64_t due = now_ms + retry_wait_ms(relay, attempts, chance);

	return due < expires_ms || expires_ms == 0 ? due : expires_ms;
}

int64_t retry_backoff_ms(
	const struct config_relay *relay, unsigned failures, uint64_t chance)
{
	int64_t wait = retry_wait_ms(relay, failures, chance);

	return wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
}
