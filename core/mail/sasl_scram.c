/*
 * What GNU SASL lets pass in SCRAM messages and we do not.
 */
#include "mail/sasl_scram.h"

#include "mail/sasl.h"

#define ITERATIONS_MAX 100000 /* 73 ms */

static bool escapes_are_right(struct slice name);

bool sasl_scram_first_is_sound(struct slice message, bool plus_offered)
{
	struct slice rest = message, flag = slice_cut(&rest, ',');
	struct slice authzid = slice_cut(&rest, ','), name = slice_cut(&rest, ',');

	if (plus_offered && slice_equal(flag, SLICE("y")))
		return false;
	/* Both begin with a letter and '='. */
	return escapes_are_right(slice_from(authzid, 2)) &&
	       escapes_are_right(slice_from(name, 2));
}

/* "r=…,s=…,i=4096": RFC 5802 5.1. */
bool sasl_scram_challenge_is_sound(struct slice message)
{
	struct slice rest = slice_from(message, slice_find(message, SLICE(",i=")) + 3);
	uint64_t iterations;

	return slice_to_u64(slice_cut(&rest, ','), &iterations) &&
	       iterations >= SASL_ITERATIONS && iterations <= ITERATIONS_MAX;
}

/* '=' begins "=2C" or "=3D" and nothing else. */
static bool escapes_are_right(struct slice name)
{
	for (size_t at = slice_index(name, '='); at < name.size;
		at = slice_index(name, '=')) {
		name = slice_from(name, at + 1);
		if (!slice_starts(name, SLICE("2C")) &&
			!slice_starts(name, SLICE("3D")))
			return false;
	}
	return true;
}
