/* Dates, and lengths of time. */
#include "report/moment.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/config_value.h"
#include "base/failure.h"
#include "base/memory.h"

/* ".123": no matter. */
static const char *skip_fraction(const char *at)
{
	if (*at == '.')
		at += 1 + strspn(at + 1, "0123456789");
	return at;
}

bool moment_parse(const char *text, int64_t *ms_r)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"};

	for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, forms[i], &tm);
		bool utc;
		time_t at;

		if (!end)
			continue;
		end = skip_fraction(end);
		utc = strcmp(end, "Z") == 0;
		if (*end && !utc)
			continue;
		at = utc ? timegm(&tm) : mktime(&tm);
		*ms_r = (int64_t)at * 1000;
		return at != (time_t)-1;
	}
	return false;
}

bool moment_read_end(const char *length, const char *until, int64_t *until_ms_r)
{
	const char *wrong;
	uint64_t ms;

	*until_ms_r = 0;
	if (length && until)
		return fail(FAILURE_CONFIG, "--for goes without --until");
	if (until)
		return moment_parse(until, until_ms_r) ||
		       fail(FAILURE_CONFIG,
			       "--until \"%s\" is no time; allowed: 2026-11-22T08:00, "
			       "with Z behind it for UTC",
			       until);
	if (!length)
		return true;
	wrong = config_value_duration(slice_of(length), &ms);
	if (wrong || ms == 0)
		return fail(FAILURE_CONFIG, "--for \"%s\" %s; allowed: 30m, 2h, 3d",
			length, wrong ? wrong : "is no time");
	*until_ms_r = clock_wall_ms() + (int64_t)ms;
	return true;
}

bool moment_read_past(const char *option, const char *text, int64_t *ms_r)
{
	uint64_t ago_ms;

	*ms_r = 0;
	if (!text || moment_parse(text, ms_r))
		return true;
	if (config_value_duration(slice_of(text), &ago_ms))
		return fail(FAILURE_CONFIG,
			"%s \"%s\" is no time; allowed: 2026-11-22T08:00, with Z "
			"behind "
			"it for UTC, or so long ago: 2h",
			option, text);
	*ms_r = clock_wall_ms() - (int64_t)ago_ms;
	return true;
}
