/* What a report says, as JSON: for `ringpost returns`. */
#ifndef RINGPOST_REPORT_RETURNS_VALUE_H
#define RINGPOST_REPORT_RETURNS_VALUE_H

#include "feedback/category.h"
#include "mail/report_read.h"

#include "report/value.h"

struct value *returns_value(
	const struct report *report, const struct classifier *classifier);
/* The same for people, in sentences; with "about" and "about_trouble" where they
 * were added. */
void report_returns(const struct value *value, int64_t now_ms, struct buffer *into);

#endif
