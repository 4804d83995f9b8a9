/* Points in time as people write them: dates, and how long from now. */
#ifndef RINGPOST_REPORT_MOMENT_H
#define RINGPOST_REPORT_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-11-22T08:00", with seconds and fractions of them, a blank in place of the
 * "T", or the date alone; "Z" for UTC, else local time. In milliseconds since
 * 1970. */
bool moment_parse(const char *text, int64_t *ms_r);
/* The end that the options --for LENGTH and --until UNTIL mean (NULL: not given); 0:
 * neither. False with what is wrong as a failure. */
bool moment_read_end(const char *length, const char *until, int64_t *until_ms_r);
/* What OPTION is given: a time, or so long ago ("2h"); NULL: 0. As above. */
bool moment_read_past(const char *option, const char *text, int64_t *ms_r);

#endif
