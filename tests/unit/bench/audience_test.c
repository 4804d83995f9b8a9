/* Weighted choices, and recipients made of patterns. */
#include "bench/audience.h"

#include "base/failure.h"
#include "base/map.h"
#include "base/memory.h"
#include "bench/mix.h"
#include "check.h"

CASE("weights: each choice comes as often as it should")
{
	struct slice text = SLICE("64k:3"), plain = SLICE("4k"), v6 = SLICE("a@[::1]");
	unsigned seen[3] = {0};
	struct mix mix = {0};

	CHECK_NUMBER(mix_take_weight(&text), 3);
	CHECK_SLICE(text, "64k");
	CHECK_NUMBER(mix_take_weight(&plain), 1);
	CHECK_NUMBER(mix_take_weight(&v6), 1);
	CHECK_SLICE(v6, "a@[::1]");
	CHECK(mix_add(&mix, 6) && mix_add(&mix, 3) && mix_add(&mix, 1));
	for (uint64_t i = 0; i < 100000; i++)
		seen[mix_pick(&mix, mix_scatter(42, i))]++;
	CHECK(seen[0] > 59000 && seen[0] < 61000);
	CHECK(seen[1] > 29000 && seen[1] < 31000);
	CHECK(seen[2] > 9000 && seen[2] < 11000);
	CHECK(!mix_add(&mix, 0));
	CHECK(!mix_add(&mix, MIX_WEIGHT_MAX + 1));
	mix_finish(&mix);
}

CASE("one choice, or none: the first")
{
	struct mix mix = {0};

	CHECK_NUMBER(mix_pick(&mix, 17), 0);
	CHECK(mix_add(&mix, 5));
	CHECK_NUMBER(mix_pick(&mix, 17), 0);
	mix_finish(&mix);
}

CASE("numbers before and behind the @, the id, a percent sign")
{
	struct audience *audience = audience_create(
		&(struct audience_plan){.users = 10, .domains = 1, .recipients = 1});
	char text[AUDIENCE_TEXT_SIZE];

	CHECK(audience_add(audience, SLICE("u%d.%i%%@d%d.test")));
	CHECK_SLICE(audience_print(audience, 0, 0, SLICE("id-0"), text),
		"u1.id-0%@d1.test");
	CHECK_SLICE(audience_print(audience, 9, 0, SLICE("id-9"), text),
		"u10.id-9%@d1.test");
	CHECK_SLICE(audience_print(audience, 10, 0, SLICE("id-10"), text),
		"u1.id-10%@d1.test");
	audience_destroy(&audience);
	CHECK(!audience);
}

CASE("the recipients of one message are all different, and always the same")
{
	struct audience_plan plan = {
		.users = 3, .domains = 50, .recipients = 50, .seed = 7};
	struct audience *audience = audience_create(&plan);
	char text[AUDIENCE_TEXT_SIZE], again[AUDIENCE_TEXT_SIZE];

	CHECK(audience_add(audience, SLICE("x%d@d%d.test:3")));
	CHECK(audience_add(audience, SLICE("y@e%d.test")));
	for (uint64_t number = 0; number < 20; number++) {
		struct map seen = {0};

		for (uint64_t k = 0; k < plan.recipients; k++) {
			struct slice one = audience_print(
				audience, number, k, SLICE("id"), text);

			CHECK(!map_set(&seen, one, &seen));
			CHECK(slice_equal(one, audience_print(audience, number, k,
						       SLICE("id"), again)));
		}
		map_finish(&seen);
	}
	audience_destroy(&audience);
}

CASE("patterns that are no addresses, or too few of them")
{
	static const struct {
		const char *pattern, *says;
	} cases[] = {{"nobody", ""}, {"a b@d.test", ""},
		{"a%x@d.test", "%d (a number)"}, {"a%", "%d (a number)"},
		{"one@d%d.test", "does not give 5 different"},
		{"one@d.test", "does not give 5 different"},
		{"u%d@d.test:0", "weight"}};
	struct audience *audience = audience_create(
		&(struct audience_plan){.users = 1000, .domains = 4, .recipients = 5});

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		CHECK(!audience_add(audience, slice_of(cases[i].pattern)));
		if (!CHECK(strstr(failure_last()->text, cases[i].says)))
			fprintf(stderr, "%s\n", failure_last()->text);
	}
	CHECK(audience_add(audience, SLICE("u%d@d.test")));
	audience_destroy(&audience);
}

CHECK_MAIN()
