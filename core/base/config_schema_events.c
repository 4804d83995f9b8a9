/* The schema's rows of events for applications. */
#include "base/config_rows.h"

#include "base/config_events.h"

#define OBJECT struct config_events
static const struct config_key events_keys[] = {
	{TRUTH(stream, "false")},
	{SIZE(stream_size, "256 MiB", 1 * MIB, 1 * TIB)},
	{DURATION(stream_keep, "3d", 1 * MINUTE, 365 * DAY)},
	{PATH(file, NULL)},
	{SIZE(file_size, "64 MiB", 64 * KIB, 16 * GIB)},
	{NUMBER(files, "20", 0, 100000)},
};
#undef OBJECT

const struct config_section events_section = {"events", KEYS(events_keys), 0};
