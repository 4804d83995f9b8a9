/*
 * Counts in Redis. Of a day: rp:tlsrpt:DAY, the set of its domains;
 * rp:tlsrpt:DAY:due, those whose report is not sent; rp:tlsrpt:DAY:DOMAIN, a
 * hash: rows and their counts, "policy TYPE DOMAIN" and its text, "sent URI".
 */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "policy/tlsrpt_core.h"

#define KEEP_S "432000" /* five days, then Redis forgets them */

struct slice tlsrpt_key_day(int64_t day_ms, struct arena *arena)
{
	char day[11];

	return arena_format(arena, "rp:tlsrpt:%s", tlsrpt_day_print(day_ms, day).at);
}

struct slice tlsrpt_key_due(int64_t day_ms, struct arena *arena)
{
	return arena_format(
		arena, "%.*s:due", SLICE_PRINT(tlsrpt_key_day(day_ms, arena)));
}

/* A colon is in no domain. */
struct slice tlsrpt_key_domain(int64_t day_ms, struct slice domain, struct arena *arena)
{
	return arena_format(arena, "%.*s::%.*s",
		SLICE_PRINT(tlsrpt_key_day(day_ms, arena)), SLICE_PRINT(domain));
}

bool tlsrpt_call(struct tlsrpt *tlsrpt, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	struct redis_reply *reply;

	if (!redis_call(tlsrpt->options.redis, count, argv, &reply, deadline))
		return false;
	if (redis_reply_kind(reply) == REDIS_ERROR) {
		redis_reply_fail(reply);
		redis_reply_free(&reply);
		return false;
	}
	if (reply_r)
		*reply_r = reply;
	else
		redis_reply_free(&reply);
	return true;
}

#define CALL(reply_r, ...)                                                    \
	tlsrpt_call(tlsrpt,                                                   \
		sizeof((struct slice[]){__VA_ARGS__}) / sizeof(struct slice), \
		(const struct slice[]){__VA_ARGS__}, reply_r,                 \
		deadline_earlier(deadline, deadline_after_ms(TLSRPT_REDIS_MS)))

static bool ask_number(struct tlsrpt *tlsrpt, struct slice command, struct slice key,
	int64_t *number_r, struct deadline deadline)
{
	struct redis_reply *reply;

	if (!CALL(&reply, command, key))
		return false;
	*number_r = redis_reply_number(reply);
	redis_reply_free(&reply);
	return true;
}

/* Whether the day has room for the domain, which then stands in it. */
static bool enter(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain,
	struct arena *arena, bool *entered_r, struct deadline deadline)
{
	struct slice day = tlsrpt_key_day(day_ms, arena);
	struct slice due = tlsrpt_key_due(day_ms, arena);
	struct redis_reply *reply;
	int64_t domains;
	bool added;

	if (!ask_number(tlsrpt, SLICE("SCARD"), day, &domains, deadline) ||
		!CALL(&reply, SLICE("SADD"), day, domain))
		return false;
	added = redis_reply_number(reply) == 1;
	redis_reply_free(&reply);
	*entered_r = !added || domains < TLSRPT_DAY_MAX;
	if (!*entered_r)
		return CALL(NULL, SLICE("SREM"), day, domain);
	/* Each time: what broke off in between is mended so. */
	return CALL(NULL, SLICE("EXPIRE"), day, SLICE(KEEP_S)) &&
	       CALL(NULL, SLICE("SADD"), due, domain) &&
	       CALL(NULL, SLICE("EXPIRE"), due, SLICE(KEEP_S));
}

/* The text of the policy as it is known now. */
static void find_policy(struct tlsrpt *tlsrpt, struct slice domain,
	const struct tlsrpt_count *count, struct buffer *text)
{
	const struct sts_policy *sts;

	if (count->row.type == TLSRPT_TLSA)
		buffer_append(text, count->policy);
	if (count->row.type != TLSRPT_STS || !tlsrpt->options.sts)
		return;
	sts = mta_sts_known(tlsrpt->options.sts, domain);
	if (sts)
		sts_policy_print(sts, text);
}

static bool store_policy(struct tlsrpt *tlsrpt, struct slice domain, struct slice key,
	const struct tlsrpt_count *count, struct arena *arena, struct deadline deadline)
{
	struct buffer text = {0};
	bool good = true;

	find_policy(tlsrpt, domain, count, &text);
	if (buffer_size(&text) && buffer_size(&text) <= TLSRPT_POLICY_MAX)
		good = CALL(NULL, SLICE("HSET"), key,
			arena_format(arena, "policy\t%s\t%.*s",
				tlsrpt_policy_type_name(count->row.type),
				SLICE_PRINT(count->row.policy_domain)),
			buffer_contents(&text));
	buffer_finish(&text);
	return good;
}

/* A hash that is nearly full takes rows only without what tells them apart. */
static bool store_count(struct tlsrpt *tlsrpt, struct slice key,
	const struct tlsrpt_count *count, struct arena *arena, struct deadline deadline)
{
	struct tlsrpt_row plain = {.type = count->row.type,
		.policy_domain = count->row.policy_domain,
		.result = count->row.result};
	struct slice field = count->field;
	struct buffer other = {0};
	int64_t fields;
	bool good;

	if (!ask_number(tlsrpt, SLICE("HLEN"), key, &fields, deadline))
		return false;
	if (fields >= TLSRPT_FIELDS_MAX) {
		if (fields >= 2 * TLSRPT_FIELDS_MAX)
			plain.policy_domain = SLICE_EMPTY;
		tlsrpt_row_print(&plain, &other);
		field = buffer_contents(&other);
	}
	good = CALL(NULL, SLICE("HINCRBY"), key, field,
		arena_format(arena, "%llu", (unsigned long long)count->row.count));
	/* Whether it was done when no answer came is not known: once too few is
	 * better than twice. */
	good |= redis_outcome_is_unknown(tlsrpt->options.redis);
	buffer_finish(&other);
	return good;
}

bool tlsrpt_store(
	struct tlsrpt *tlsrpt, struct tlsrpt_domain *domain, struct deadline deadline)
{
	int64_t day_ms = -1;
	bool good = true, entered = false;

	while (good && !list_is_empty(&domain->counts)) {
		struct tlsrpt_count *count = LIST_FIRST(
			&domain->counts, struct tlsrpt_count, link);
		struct arena arena = {0};
		struct slice key = tlsrpt_key_domain(
			count->day_ms, domain->name, &arena);

		if (count->day_ms != day_ms)
			good = enter(tlsrpt, count->day_ms, domain->name, &arena,
				&entered, deadline);
		day_ms = count->day_ms;
		if (good && entered)
			good = store_policy(tlsrpt, domain->name, key, count, &arena,
				       deadline) &&
			       store_count(tlsrpt, key, count, &arena, deadline) &&
			       CALL(NULL, SLICE("EXPIRE"), key, SLICE(KEEP_S));
		if (good)
			tlsrpt_count_destroy(domain, count);
		arena_finish(&arena);
	}
	return good;
}
