/* How many messages a receiver takes on a connection. */
#include "react/stint.h"

#include "check.h"

#define HOUR_US (60 * 60 * INT64_C(1000000))

CASE("twice the same in a row: so many from now on, for an hour, then longer")
{
	struct stint stint = {0};

	stint_note_cut(&stint, 20, 0);
	CHECK_NUMBER(stint_most(&stint, 0), 0);
	stint_note_cut(&stint, 20, 1);
	CHECK_NUMBER(stint_most(&stint, 2), 20);
	CHECK_NUMBER(stint_most(&stint, HOUR_US), 20);
	CHECK_NUMBER(stint_most(&stint, HOUR_US + 1), 0);
	/* One more is enough then. */
	stint_note_cut(&stint, 20, HOUR_US + 2);
	CHECK_NUMBER(stint_most(&stint, 3 * HOUR_US), 20);
	CHECK_NUMBER(stint_most(&stint, 3 * HOUR_US + 2), 0);
}

CASE("by chance: nothing is learned")
{
	struct stint stint = {0};

	stint_note_cut(&stint, 20, 0);
	stint_note_cut(&stint, 21, 1);
	stint_note_cut(&stint, 20, 2);
	stint_note_cut(&stint, 0, 3);
	stint_note_cut(&stint, 0, 3);
	stint_note_cut(&stint, 5000, 3);
	stint_note_cut(&stint, 5000, 3);
	CHECK_NUMBER(stint_most(&stint, 4), 0);
	stint_note_cut(&stint, 7, 5);
	stint_note_carried(&stint, 8);
	stint_note_cut(&stint, 7, 6);
	CHECK_NUMBER(stint_most(&stint, 7), 0);
	stint_note_carried(&stint, 7);
	stint_note_cut(&stint, 7, 8);
	CHECK_NUMBER(stint_most(&stint, 9), 7);
}

CHECK_MAIN()
