/* Queue entries as JSON values, for lists and for a close look. */
#ifndef RINGPOST_REPORT_ENTRY_VALUE_H
#define RINGPOST_REPORT_ENTRY_VALUE_H

#include "feedback/category.h"
#include "queue/queue_admin.h"

#include "report/value.h"

/* A line of a list: recipients up to a few, the newest answer. */
struct value *entry_value_brief(const struct queue_item *item);
/* Everything that is known of it. */
struct value *entry_value_full(
	const struct queue_item *item, const struct classifier *classifier);

/* What REQUEST selects ("id", "domain", "sender", "state"); slices into it.
 * False with FAILURE_DATA: there is no such state. */
bool selector_read(const struct value *request, struct queue_selector *selector_r);

#endif
