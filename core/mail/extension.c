/*
 * The values of FUTURERELEASE, DELIVERBY and MT-PRIORITY: RFC 4865 section 4,
 * RFC 2852 section 4, RFC 6710 section 3.
 */
#include "mail/extension.h"

#include <inttypes.h>
#include <stdio.h>

#include "mail/date.h"

#define NUMBER_DIGITS 9

/* Up to nine digits and nothing else. */
static bool read_digits(struct slice text, uint64_t *number_r)
{
	return text.size >= 1 && text.size <= NUMBER_DIGITS &&
	       ascii_is_digit(text.at[0]) && slice_to_u64(text, number_r);
}

bool extension_read_hold_for(struct slice value, uint64_t *seconds_r)
{
	uint64_t seconds;

	if (!read_digits(value, &seconds) || value.at[0] == '0')
		return false;
	*seconds_r = seconds;
	return true;
}

bool extension_read_hold_until(struct slice value, int64_t *wall_ms_r)
{
	int64_t wall_ms;

	if (!date_parse_utc(value, &wall_ms) || wall_ms <= 0)
		return false;
	*wall_ms_r = wall_ms;
	return true;
}

bool extension_read_by(struct slice value, struct smtp_extensions *extensions)
{
	struct slice mode = value, time = slice_cut(&mode, ';');
	bool below = slice_starts(time, SLICE("-")), returns, trace;
	uint64_t seconds;

	if (below || slice_starts(time, SLICE("+")))
		time = slice_from(time, 1);
	if (!read_digits(time, &seconds) || mode.size < 1 || mode.size > 2)
		return false;
	returns = mode.at[0] == 'R' || mode.at[0] == 'r';
	trace = mode.size == 2;
	if ((!returns && mode.at[0] != 'N' && mode.at[0] != 'n') ||
		(trace && mode.at[1] != 'T' && mode.at[1] != 't'))
		return false;
	/* RFC 2852 4.1.1: nothing can be delivered before it was sent. */
	if (returns && (below || seconds == 0))
		return false;
	extensions->by_given = true;
	extensions->by_return = returns;
	extensions->by_trace = trace;
	extensions->by_s = below ? -(int64_t)seconds : (int64_t)seconds;
	return true;
}

bool extension_read_priority(struct slice value, int *priority_r)
{
	bool below = slice_starts(value, SLICE("-"));
	struct slice digit = slice_from(value, below ? 1 : 0);

	if (digit.size != 1 || !ascii_is_digit(digit.at[0]) ||
		(below && digit.at[0] == '0'))
		return false;
	*priority_r = digit.at[0] - '0';
	if (below)
		*priority_r = -*priority_r;
	return true;
}

struct slice extension_print_by(
	const struct smtp_extensions *extensions, char text[BY_TEXT_SIZE])
{
	int64_t seconds = extensions->by_s;
	int size;

	if (seconds > BY_TIME_MOST)
		seconds = BY_TIME_MOST;
	if (seconds < -BY_TIME_MOST)
		seconds = -BY_TIME_MOST;
	size = snprintf(text, BY_TEXT_SIZE, "%" PRId64 ";%c%s", seconds,
		extensions->by_return ? 'R' : 'N', extensions->by_trace ? "T" : "");
	return slice_make(text, (size_t)size);
}
