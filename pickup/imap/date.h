/* Dates as IMAP writes them (RFC 9051 9: date, date-time). */
#ifndef RINGPOST_IMAP_DATE_H
#define RINGPOST_IMAP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

#define IMAP_DAY_MS INT64_C(86400000)

/* "1-Feb-1994": days since 1970. False: there is no such day. */
bool imap_date_read(struct slice text, int64_t *day_r);
/* " 7-Feb-1994 21:52:25 -0800", without its quotes: milliseconds since 1970. */
bool imap_date_time_read(struct slice text, int64_t *ms_r);
/* The same with its quotes, in UTC. */
void imap_date_time_write(struct buffer *out, int64_t ms);
/* The day MS is in, in UTC, and days of the calendar as days since 1970. */
int64_t imap_day_of(int64_t ms);
int64_t imap_day(int year, unsigned month, unsigned day);

#endif
