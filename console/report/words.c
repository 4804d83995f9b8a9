/* Figures in words. */
#include "report/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

const char *words_duration(int64_t ms, char text[WORDS_SIZE])
{
	if (ms < 0)
		ms = 0;
	if (ms < MINUTE)
		snprintf(text, WORDS_SIZE, "%lld s", (long long)(ms / SECOND));
	else if (ms < HOUR)
		snprintf(text, WORDS_SIZE, "%lld min", (long long)(ms / MINUTE));
	else if (ms < 2 * DAY)
		snprintf(text, WORDS_SIZE, "%lld h", (long long)(ms / HOUR));
	else
		snprintf(text, WORDS_SIZE, "%lld days", (long long)(ms / DAY));
	return text;
}

const char *words_size(uint64_t bytes, char text[WORDS_SIZE])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < ARRAY_COUNT(units)) {
		size /= 1024;
		unit++;
	}
	if (unit && size < 10)
		snprintf(text, WORDS_SIZE, "%.1f %s", size, units[unit]);
	else
		snprintf(text, WORDS_SIZE, "%.0f %s", size, units[unit]);
	return text;
}

const char *words_number(uint64_t number, char text[WORDS_SIZE])
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char *at = text;

	for (int i = 0; i < size; i++) {
		if (i && (size - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = 0;
	return text;
}

const char *words_time(int64_t wall_ms, int64_t now_ms, char text[WORDS_SIZE])
{
	time_t then = (time_t)(wall_ms / SECOND), now = (time_t)(now_ms / SECOND);
	struct tm a, b;

	if (!wall_ms || !localtime_r(&then, &a) || !localtime_r(&now, &b)) {
		snprintf(text, WORDS_SIZE, "-");
		return text;
	}
	if (a.tm_year == b.tm_year && a.tm_yday == b.tm_yday)
		strftime(text, WORDS_SIZE, "%H:%M:%S", &a);
	else if (a.tm_year == b.tm_year)
		strftime(text, WORDS_SIZE, "%b %e %H:%M", &a);
	else
		strftime(text, WORDS_SIZE, "%b %e %Y %H:%M", &a);
	return text;
}

const char *words_when(int64_t wall_ms, int64_t now_ms, char text[WORDS_SIZE])
{
	char duration[WORDS_SIZE];
	int64_t left = wall_ms - now_ms;

	if (wall_ms == 0)
		snprintf(text, WORDS_SIZE, "unknown");
	else if (left >= SECOND)
		snprintf(text, WORDS_SIZE, "in %s", words_duration(left, duration));
	else if (left > -SECOND)
		snprintf(text, WORDS_SIZE, "now");
	else
		snprintf(text, WORDS_SIZE, "%s ago", words_duration(-left, duration));
	return text;
}

const char *words_count(
	uint64_t count, const char *one, const char *many, char text[WORDS_SIZE])
{
	char number[WORDS_SIZE];

	snprintf(text, WORDS_SIZE, "%.26s %.20s", words_number(count, number),
		count == 1 ? one : many);
	return text;
}

size_t words_terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return 80;
}
