/* The names of what became of a report, which are those of its events. */
#include "feedback/returns.h"

const char *returns_outcome_name(enum returns_outcome outcome)
{
	static const char *const names[] = {
		[RETURNS_BOUNCED] = "bounced_late",
		[RETURNS_DELAYED] = "delayed_late",
		[RETURNS_DELIVERED] = "delivered_late",
		[RETURNS_COMPLAINED] = "complained",
		[RETURNS_UNKNOWN] = "returned_unknown",
		[RETURNS_IGNORED] = "returned_ignored",
	};

	return names[outcome];
}
