/*
 * A node's part of a limit: taken of, and missed.
 */
#include "limits/limits_share.h"

#include "limits/limit_bucket.h"
#include "limits/limits_cluster.h"

/* Who asked not so long ago need not hurry to ask again. */
#define ASKED_US 1000000

bool limits_share_take(struct limits_share *share, unsigned bit, int64_t now_us)
{
	int64_t left = atomic_load(&share->tokens[bit]);

	if (now_us >= atomic_load(&share->tokens_until_us))
		return false;
	do
		if (left <= 0)
			return false;
	while (!atomic_compare_exchange_weak(&share->tokens[bit], &left, left - 1));
	return true;
}

void limits_share_give_back(struct limits_share *share, unsigned bit, int64_t taken_us)
{
	if (taken_us > atomic_load(&share->tokens_from_us))
		atomic_fetch_add(&share->tokens[bit], 1);
}

int64_t limits_share_wait_ns(
	const struct limits_share *share, unsigned bit, int64_t now_us)
{
	int64_t more_us = atomic_load(&share->more_us[bit]);

	if (now_us < atomic_load(&share->tokens_until_us) &&
		atomic_load(&share->tokens[bit]) > 0)
		return 0;
	return more_us > now_us ? (more_us - now_us) * 1000 : LIMIT_NEVER_NS;
}

bool limits_share_holds(const struct limits_share *share, int64_t now_us)
{
	return now_us < atomic_load(&share->until_us);
}

void limits_share_refused(struct limits_share *share, unsigned bit, int64_t now_us)
{
	atomic_fetch_or(&share->refused, bit);
	if (now_us - atomic_load(&share->asked_us) > ASKED_US)
		limits_cluster_hurry(share->cluster);
}

bool limits_share_has_part(const struct limits_share *share)
{
	bool some = false;

	for (int i = 0; i < PARTS; i++)
		some |= share->parts[i] > 0;
	for (unsigned bit = 0; bit < SHARE_BUCKETS; bit++)
		some |= atomic_load(&share->tokens[bit]) > 0;
	return some;
}
