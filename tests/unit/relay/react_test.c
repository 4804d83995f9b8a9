/* What is done to a scope since a receiver complained, and how that ends. */
#include "react/react.h"

#include "base/memory.h"

#include "check.h"

#define NOW	   INT64_C(1700000000000)
#define MINUTE	   INT64_C(60000)
#define PLACE	   SLICE("shipped: google:12")
#define REPLY_TEXT SLICE("421 4.7.28 Gmail has detected an unusual rate")

static const struct limit_terms twenty = {.connections = 5};

/* Ten minutes, then one connection, and one more every ten. */
static const struct reaction google = {
	.name = "rate",
	.line = 12,
	.enhanced = "4.7.28",
	.action = REACTION_SUSPEND,
	.for_ms = 10 * MINUTE,
	.recover = {.connections = 1, .add = 1, .every_ms = 10 * MINUTE},
};
static const struct reaction slow = {
	.name = "slow",
	.line = 3,
	.code = "450",
	.action = REACTION_MESSAGES,
	.to = 10,
	.period = PER_MINUTE,
	.for_ms = 30 * MINUTE,
	.recover = {.times = 2, .steps = 3, .every_ms = 5 * MINUTE},
};

static enum react_answer hear(struct react *react, const struct reaction *reaction,
	int64_t began_ms, int64_t now_ms)
{
	return react_hear(react, reaction, PLACE, REPLY_TEXT, began_ms, now_ms);
}

static bool says(const struct react *react, const char *what)
{
	struct buffer text = {0};
	bool same;

	react_say(react, &text);
	same = CHECK_SLICE(buffer_contents(&text), what);
	buffer_finish(&text);
	return same;
}

CASE("Google's 4.7.28: stop ten minutes, one connection, then one more at a time")
{
	struct react react = {0};

	CHECK_NUMBER(hear(&react, &google, NOW - 5, NOW), REACT_BEGUN);
	says(&react, "suspended");
	/* What was on its way is about the same. */
	CHECK_NUMBER(hear(&react, &google, NOW - 3, NOW + 40), REACT_KNOWN);
	CHECK_NUMBER(react_next_ms(&react), NOW + 10 * MINUTE);
	CHECK(!react_advance(&react, &twenty, 0, NOW + 10 * MINUTE - 1));
	CHECK(react_advance(&react, &twenty, 0, NOW + 10 * MINUTE));
	says(&react, "1 connection");
	for (int64_t n = 1; n < 4; n++) {
		int64_t at = NOW + (10 + 10 * n) * MINUTE;

		CHECK(!react_advance(&react, &twenty, 0, at - 1));
		CHECK(react_advance(&react, &twenty, 0, at));
		CHECK_NUMBER(react_terms(&react).connections, n + 1);
	}
	CHECK(!react_is_over(&react));
	CHECK(react_advance(&react, &twenty, 0, NOW + 50 * MINUTE));
	CHECK(react_is_over(&react));
}

CASE("refused again on the way up: all of it again")
{
	struct react react = {0};

	hear(&react, &google, NOW - 5, NOW);
	react_advance(&react, &twenty, 0, NOW + 25 * MINUTE);
	CHECK_NUMBER(react_terms(&react).connections, 2);
	/* One that began before the suspension and was slow says nothing new. */
	CHECK_NUMBER(hear(&react, &google, NOW - 1, NOW + 25 * MINUTE), REACT_KNOWN);
	CHECK_NUMBER(hear(&react, &google, NOW + 24 * MINUTE, NOW + 25 * MINUTE),
		REACT_BEGUN);
	react_advance(&react, &twenty, 0, NOW + 35 * MINUTE);
	CHECK_NUMBER(react_terms(&react).connections, 1);
}

CASE("a rate: held, doubled, after some steps as configured")
{
	struct react react = {0};
	struct limit_terms none = {0};

	CHECK_NUMBER(hear(&react, &slow, NOW - 5, NOW), REACT_BEGUN);
	CHECK_NUMBER(hear(&react, &slow, NOW + 1, NOW + MINUTE), REACT_LONGER);
	says(&react, "10 messages a minute");
	react_advance(&react, &none, 0, NOW + 31 * MINUTE - 1);
	CHECK_NUMBER(react_terms(&react).messages[PER_MINUTE], 10);
	react_advance(&react, &none, 0, NOW + 31 * MINUTE);
	CHECK_NUMBER(react_terms(&react).messages[PER_MINUTE], 20);
	react_advance(&react, &none, 0, NOW + 36 * MINUTE);
	CHECK_NUMBER(react_terms(&react).messages[PER_MINUTE], 40);
	/* On the way up, at a higher rate: down again. */
	CHECK_NUMBER(
		hear(&react, &slow, NOW + 36 * MINUTE, NOW + 37 * MINUTE), REACT_BEGUN);
	CHECK_NUMBER(react_terms(&react).messages[PER_MINUTE], 10);
	react_advance(&react, &none, 0, NOW + 77 * MINUTE);
	CHECK(react_is_over(&react));
}

CASE("only the fifth within a time")
{
	struct reaction fifth = google;
	struct react react = {0};

	fifth.after = 5;
	fifth.within_ms = MINUTE;
	for (int i = 0; i < 4; i++)
		CHECK_NUMBER(hear(&react, &fifth, NOW, NOW + 1 + i), REACT_COUNTED);
	/* Too late: it is the first of another time. */
	for (int i = 0; i < 4; i++)
		CHECK_NUMBER(
			hear(&react, &fifth, NOW, NOW + 2 * MINUTE + i), REACT_COUNTED);
	CHECK(react_is_over(&react));
	CHECK_NUMBER(hear(&react, &fifth, NOW, NOW + 2 * MINUTE + 5), REACT_BEGUN);
}

CASE("without recovery it is as configured at once; messages a connection")
{
	const struct reaction few = {.name = "few",
		.action = REACTION_MESSAGES_PER_CONNECTION,
		.to = 2,
		.for_ms = MINUTE};
	const struct reaction stop = {
		.name = "stop", .action = REACTION_SUSPEND, .for_ms = MINUTE};
	struct react react = {0};

	hear(&react, &few, NOW - 1, NOW);
	hear(&react, &stop, NOW - 1, NOW);
	says(&react, "suspended, then 2 messages a connection");
	CHECK_NUMBER(react.lowered[REACT_PER_CONNECTION].to, 2);
	CHECK(react_advance(&react, &twenty, 0, NOW + MINUTE));
	CHECK(react_is_over(&react));
}

CASE("packed and unpacked it is the same; what is not ours is refused")
{
	static const char *const wrong[] = {
		"", "react1", "react2 1 2", "react1 1 x", "react1 1 2 3 4 5 6 7 8 9"};
	struct react react = {0}, again = {0};
	struct buffer text = {0};

	hear(&react, &google, NOW - 5, NOW);
	hear(&react, &slow, NOW - 5, NOW);
	react_advance(&react, &twenty, 0, NOW + 15 * MINUTE);
	react_pack(&react, &text);
	CHECK(react_unpack(buffer_contents(&text), &again));
	CHECK(memcmp(&react, &again, sizeof(react)) == 0);
	for (size_t i = 0; i < buffer_size(&text); i++)
		react_unpack(slice_part(buffer_contents(&text), 0, i), &again);
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
		CHECK(!react_unpack(slice_of(wrong[i]), &again));
	buffer_finish(&text);
}

CHECK_MAIN()
