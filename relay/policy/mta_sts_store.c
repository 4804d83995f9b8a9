/*
 * Policies in Redis: rp:sts:DOMAIN is "ID FETCHED EXPIRES", a line end, and the
 * policy as text, until the policy ends. A Redis that is away, slow or wrong
 * costs nothing but what it would have saved.
 */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"

#include "policy/mta_sts_core.h"

#define KEY_PREFIX "rp:sts:"

void sts_store_print(const struct sts_kept *kept, struct buffer *text)
{
	buffer_append_format(text, "%s %lld %lld\n", kept->id,
		(long long)kept->fetched_ms, (long long)kept->expires_ms);
	sts_policy_print(&kept->policy, text);
}

bool sts_store_parse(struct slice text, struct arena *arena, struct sts_kept *kept_r)
{
	struct slice line = slice_cut(&text, '\n'), id = slice_cut(&line, ' ');
	struct slice fetched = slice_cut(&line, ' ');
	struct sts_kept kept = {.id = ""};

	if (id.size == 0 || !slice_to_text(id, kept.id, sizeof(kept.id)) ||
		!slice_to_i64(fetched, &kept.fetched_ms) ||
		!slice_to_i64(line, &kept.expires_ms))
		return fail(FAILURE_DATA, "a stored policy is malformed");
	if (!sts_policy_parse(text, arena, &kept.policy))
		return false;
	*kept_r = kept;
	return true;
}

/* Times that cannot be are those of a clock gone wrong. */
static bool is_plausible(const struct sts_kept *kept)
{
	int64_t now = worker_wall_ms();

	return kept->fetched_ms <= now + 86400000 && kept->expires_ms > now &&
	       kept->expires_ms <= kept->fetched_ms + STS_MAX_AGE_S * INT64_C(1000);
}

static struct slice key_of(const struct sts_domain *domain, struct arena *arena)
{
	return arena_format(arena, KEY_PREFIX "%.*s", SLICE_PRINT(domain->name));
}

void sts_store_read(struct sts_domain *domain, struct deadline deadline)
{
	struct arena arena = {0};
	struct slice argv[] = {SLICE("GET"), key_of(domain, &arena)};
	struct redis_reply *reply = NULL;
	struct sts_kept kept;

	if (domain->sts->options.redis &&
		redis_call(domain->sts->options.redis, ARRAY_COUNT(argv), argv, &reply,
			deadline) &&
		redis_reply_kind(reply) == REDIS_TEXT &&
		sts_store_parse(redis_reply_text(reply), &arena, &kept) &&
		is_plausible(&kept) && kept.fetched_ms > domain->kept.fetched_ms)
		sts_keep(domain, &kept);
	redis_reply_free(&reply);
	arena_finish(&arena);
}

void sts_store_write(const struct sts_domain *domain, struct deadline deadline)
{
	struct redis *redis = domain->sts->options.redis;
	int64_t left_ms = domain->kept.expires_ms - worker_wall_ms();
	struct redis_reply *reply = NULL;
	struct arena arena = {0};
	struct buffer text = {0};

	if (redis && left_ms > 0) {
		sts_store_print(&domain->kept, &text);
		struct slice argv[] = {SLICE("SET"), key_of(domain, &arena),
			buffer_contents(&text), SLICE("PX"),
			arena_format(&arena, "%lld", (long long)left_ms)};

		/* Without it others fetch for themselves. */
		redis_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);
	}
	redis_reply_free(&reply);
	buffer_finish(&text);
	arena_finish(&arena);
}
