/* Fuzzes dates: what is read as one is written and read again the same. */
#include <stdlib.h>

#include "base/clock.h"
#include "mail/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail_date date, again;
	char text[CLOCK_TEXT_SIZE];

	if (!date_parse(slice_make(data, size), &date))
		return 0;
	if (date.zone_minutes > 99 * 60 + 59 || date.zone_minutes < -99 * 60 - 59)
		abort();
	/* The zone can carry a date out of the years we take. */
	if (!date_parse(clock_format_mail(date.wall_ms, text), &again))
		return date.wall_ms < -2208988800000 + 100 * 3600000 ? 0 : (abort(), 0);
	if (again.wall_ms != date.wall_ms)
		abort();
	return 0;
}
