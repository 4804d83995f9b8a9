/* How many connections a site takes, learned from the ones it refuses. */
#include "react/ceiling.h"

#include "check.h"

#define SECOND INT64_C(1000000)
#define NOW    (1000 * SECOND)

CASE("what is open when one more is refused is enough; then one more at a time")
{
	struct ceiling ceiling = {0};

	CHECK_NUMBER(ceiling_limit(&ceiling, NOW), 0);
	ceiling_note_open(&ceiling, 5, NOW);
	CHECK(ceiling_note_refused(&ceiling, 5, NOW));
	CHECK(ceiling_note_refused(&ceiling, 5, NOW));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW), 5);
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 14 * SECOND), 5);
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 15 * SECOND), 6);
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 29 * SECOND), 6);
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 30 * SECOND), 7);
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 165 * SECOND), 16);
}

CASE("what was being made when one was refused, and works, is allowed too")
{
	struct ceiling ceiling = {0};

	ceiling_note_open(&ceiling, 2, NOW);
	CHECK(ceiling_note_refused(&ceiling, 2, NOW));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW), 2);
	ceiling_note_open(&ceiling, 5, NOW + 1000);
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 1000), 5);
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 15 * SECOND), 6);
}

CASE("refused at the same number again: it is tried more and more seldom")
{
	struct ceiling ceiling = {0};
	int64_t now = NOW, step = CEILING_STEP_US;

	ceiling_note_open(&ceiling, 5, now);
	CHECK(ceiling_note_refused(&ceiling, 5, now));
	for (int i = 0; i < 12; i++) {
		CHECK_NUMBER(ceiling_limit(&ceiling, now + step - 1), 5);
		now += step;
		CHECK_NUMBER(ceiling_limit(&ceiling, now), 6);
		ceiling_note_open(&ceiling, 5, now);
		CHECK(ceiling_note_refused(&ceiling, 5, now));
		step = 2 * step < 2 * CEILING_STEP_MOST_US &&
				       step < CEILING_STEP_MOST_US
			       ? 2 * step
			       : step;
	}
	/* Fewer than that: it is another matter. */
	ceiling_lower(&ceiling, 2, now + SECOND);
	CHECK_NUMBER(ceiling_limit(&ceiling, now + SECOND), 2);
	CHECK_NUMBER(ceiling_limit(&ceiling, now + 16 * SECOND), 3);
}

CASE("none open and none lately: it takes none")
{
	struct ceiling ceiling = {0};

	CHECK(!ceiling_note_refused(&ceiling, 0, NOW));
	ceiling_note_open(&ceiling, 20, NOW);
	CHECK(!ceiling_note_refused(&ceiling, 0, NOW + 10 * SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 10 * SECOND), 0);
}

CASE("refused while others are made anew: one less than there were")
{
	struct ceiling ceiling = {0};

	ceiling_note_open(&ceiling, 20, NOW);
	ceiling_note_open(&ceiling, 3, NOW + SECOND);
	CHECK(ceiling_note_refused(&ceiling, 3, NOW + SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + SECOND), 19);
	/* At the same time: the same news. */
	CHECK(ceiling_note_refused(&ceiling, 3, NOW + SECOND + 199999));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + SECOND), 19);
	CHECK(!ceiling_allows(&ceiling, 3, NOW + SECOND + 199999));
	CHECK(ceiling_allows(&ceiling, 3, NOW + SECOND + 200000));
	CHECK(ceiling_allows(&ceiling, 18, NOW + SECOND + 200000));
	CHECK(!ceiling_allows(&ceiling, 19, NOW + SECOND + 200000));
	CHECK(ceiling_note_refused(&ceiling, 12, NOW + 2 * SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 2 * SECOND), 18);
	/* As many as it is known to take: no less. */
	CHECK(ceiling_note_refused(&ceiling, 18, NOW + 3 * SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 3 * SECOND), 18);
	/* Too long ago: only what is open counts. */
	CHECK(ceiling_note_refused(&ceiling, 4, NOW + 10 * SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 10 * SECOND), 4);
}

CASE("all ended at once: a few refusals may be a coincidence, many are not")
{
	struct ceiling ceiling = {0};

	ceiling_note_open(&ceiling, 20, NOW);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(ceiling_note_refused(&ceiling, 0, NOW + i * SECOND));
		CHECK(ceiling_note_refused(&ceiling, 0, NOW + i * SECOND + 1));
		CHECK(!ceiling_allows(&ceiling, 0, NOW + i * SECOND + 1));
		CHECK(ceiling_allows(&ceiling, 0, NOW + i * SECOND + 200000));
	}
	CHECK(!ceiling_note_refused(&ceiling, 0, NOW + 4 * SECOND));
	/* One that works again starts the count anew. */
	ceiling_note_open(&ceiling, 1, NOW + 5 * SECOND);
	CHECK(ceiling_note_refused(&ceiling, 0, NOW + 6 * SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 6 * SECOND), 0);
}

CASE("the most it took is forgotten when it was too long ago")
{
	struct ceiling ceiling = {0};

	ceiling_note_open(&ceiling, 20, NOW);
	ceiling_note_open(&ceiling, 20, NOW + 9 * SECOND);
	ceiling_note_open(&ceiling, 2, NOW + 18 * SECOND);
	CHECK(ceiling_note_refused(&ceiling, 2, NOW + 18 * SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 18 * SECOND), 19);
	ceiling_note_open(&ceiling, 2, NOW + 30 * SECOND);
	CHECK(ceiling_note_refused(&ceiling, 2, NOW + 30 * SECOND));
	CHECK_NUMBER(ceiling_limit(&ceiling, NOW + 30 * SECOND), 2);
}

CHECK_MAIN()
