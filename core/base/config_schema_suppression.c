/* The schema's rows of suppression. */
#include "base/config_rows.h"

#include "base/config_suppression.h"

static const char *const suppressed_ways[] = {"refuse", "record", "none", NULL};
static const char *const suppress_ways[] = {"tenant", "everybody", "none", NULL};
static const char *const leave_ways[] = {"stream", "tenant", "everybody", NULL};

#define OBJECT struct config_suppression
static const struct config_key suppression_keys[] = {
	{CHOICE(at_submission, enum config_suppressed, "refuse", suppressed_ways)},
	{CHOICE(hard_bounces, enum config_suppress, "tenant", suppress_ways)},
	{DURATION(hard_bounces_for, "30d", 0, 3650 * DAY)},
	{CHOICE(complaints, enum config_suppress, "tenant", suppress_ways)},
	{DURATION(complaints_for, "0", 0, 3650 * DAY)},
	{CHOICE(unsubscribes, enum config_leave, "stream", leave_ways)},
	{NUMBER(soft_bounces, "0", 0, 1000)},
	{DURATION(soft_bounces_within, "7d", 1 * MINUTE, 90 * DAY)},
	{DURATION(soft_bounces_for, "7d", 1 * MINUTE, 3650 * DAY)},
	{NUMBER(entries, "10000000", 1, 1000000000)},
};
#undef OBJECT

const struct config_section suppression_section = {
	"suppression", KEYS(suppression_keys), 0};
