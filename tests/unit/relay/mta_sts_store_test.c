/* MTA-STS policies as Redis keeps them, and when one is fetched anew. */
#include "check.h"

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "policy/mta_sts_core.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

CASE("a policy as it is stored, and back")
{
	struct arena arena = {0};
	struct buffer text = {0};
	struct sts_kept kept = {
		.id = "20261121", .fetched_ms = 1000, .expires_ms = 86401000};
	struct sts_kept got;

	CHECK(sts_policy_parse(SLICE("version: STSv1\nmode: testing\nmx: *.a.test\n"
				     "mx: b.test\nmax_age: 86400\n"),
		&arena, &kept.policy));
	sts_store_print(&kept, &text);
	CHECK_SLICE(buffer_contents(&text),
		"20261121 1000 86401000\nversion: STSv1\nmode: testing\nmx: *.a.test\n"
		"mx: b.test\nmax_age: 86400\n");
	CHECK(sts_store_parse(buffer_contents(&text), &arena, &got));
	CHECK_SLICE(slice_of(got.id), "20261121");
	CHECK_NUMBER(got.fetched_ms, 1000);
	CHECK_NUMBER(got.expires_ms, 86401000);
	CHECK_NUMBER(got.policy.mode, STS_TESTING);
	CHECK_NUMBER(got.policy.pattern_count, 2);
	for (size_t i = 0; i < buffer_size(&text) - 8; i++)
		CHECK(!sts_store_parse(
			slice_part(buffer_contents(&text), 0, i), &arena, &got));
	buffer_finish(&text);
	arena_finish(&arena);
}

CASE("nonsense in Redis is no policy")
{
#define POLICY "version: STSv1\nmode: none\nmax_age: 5\n"
	static const char *const bad[] = {"", "\n", "id\n" POLICY, "id 1\n" POLICY,
		" 1 2\n" POLICY, "id 1 x\n" POLICY, "id x 2\n" POLICY,
		"id 1 2 3\n" POLICY, "123456789012345678901234567890123 1 2\n" POLICY,
		"id 1 2\nmode: none\n"};
	struct arena arena = {0};
	struct sts_kept got;

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		if (!CHECK(!sts_store_parse(slice_of(bad[i]), &arena, &got)))
			fprintf(stderr, "\t%s\n", bad[i]);
	CHECK(sts_store_parse(SLICE("id 1 2\n" POLICY), &arena, &got));
	arena_finish(&arena);
}

static bool is_due(const char *name, uint32_t max_age_s, int64_t age_ms)
{
	struct sts_domain domain = {.name = slice_of(name)};

	domain.kept.policy.max_age_s = max_age_s;
	domain.kept.fetched_ms = clock_wall_ms() - age_ms;
	return sts_is_due(&domain);
}

CASE("RFC 8461 10.2: fetched anew once a day, and at half of a shorter life")
{
	static const char *const names[] = {"a.test", "b.test", "c.test", "d.test"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		CHECK(!is_due(names[i], STS_MAX_AGE_S, DAY_MS * 89 / 100));
		CHECK(is_due(names[i], STS_MAX_AGE_S, DAY_MS));
		CHECK(!is_due(names[i], 3600, 1600000));
		CHECK(is_due(names[i], 3600, 1800000));
		CHECK(is_due(names[i], 0, 0));
	}
}

CHECK_MAIN()
