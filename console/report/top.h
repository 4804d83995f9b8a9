/* The answer to "top" as a screen: rates, the queue, refusals, destinations. */
#ifndef RINGPOST_REPORT_TOP_H
#define RINGPOST_REPORT_TOP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#include "report/value.h"

enum top_order { TOP_WAITING, TOP_SENT, TOP_DEFERRED, TOP_ORDERS };

struct top_view {
	size_t width, height; /* of the terminal; 0: any */
	enum top_order order;
	const char *note; /* stands in the first line */
};

/* BEFORE is an earlier answer of the same server, or NULL: then there are no rates.
 * Lines of at most WIDTH, at most HEIGHT of them, each with an end. */
void report_top(const struct value *before, const struct value *now,
	const struct top_view *view, struct buffer *into);
/* Rates since BEFORE in NOW as "rates": {"received":…, …}, thousandths a second. */
void report_top_rates(const struct value *before, struct value *now);

#endif
