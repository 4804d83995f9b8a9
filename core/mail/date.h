/*
 * Dates in mail (RFC 5322 3.3, and 4.3 for what old software wrote). To write
 * one: clock_format_mail.
 */
#ifndef RINGPOST_MAIL_DATE_H
#define RINGPOST_MAIL_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct mail_date {
	int64_t wall_ms;  /* milliseconds since 1970 UTC */
	int zone_minutes; /* east of UTC, as written */
	bool zone_known;  /* false for -0000 and unknown zone names */
};

/*
 * A date-time, alone: comments, folds, no day name, no seconds, years of two
 * and three digits, zone names are understood. False when it is no date or a
 * field is out of range (day 31 of April, hour 24); second 60 counts as 59.
 */
bool date_parse(struct slice text, struct mail_date *date_r);

/*
 * The other form, of SMTP's parameters: "2026-11-22T07:00:00Z" (RFC 3339 5.6),
 * in UTC, the letters in any case; a fraction of a second is dropped.
 */
bool date_parse_utc(struct slice text, int64_t *wall_ms_r);

#endif
