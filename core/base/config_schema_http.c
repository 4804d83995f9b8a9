/* The schema's rows of HTTP. */
#include "base/config_rows.h"

#include "base/config_http.h"
#include "base/slice.h"

#define OBJECT struct config_http
static const struct config_key http_keys[] = {
	{SIZE(body_size, "40 MiB", 64 * KIB, 1 * GIB)},
	{SIZE(body_memory, "256 MiB", 1 * MIB, 1 * TIB)},
	{SIZE(header_size, "16 KiB", 1 * KIB, 64 * KIB)},
	{NUMBER(requests_per_connection, "0", 0, 1000000000)},
	{NUMBER(sessions_per_address, "200", 0, 1000000)},
	{DURATION(idle_timeout, "75s", 100, 1 * HOUR)},
	{DURATION(header_timeout, "20s", 100, 1 * HOUR)},
	{DURATION(body_timeout, "30s", 100, 1 * HOUR)},
	{DURATION(request_timeout, "5m", 100, 1 * DAY)},
};
#undef OBJECT

const struct config_section http_section = {"http", KEYS(http_keys), 0};

static const struct {
	const char *word;
	unsigned service;
} words[] = {{"api", CONFIG_SERVES_API}, {"metrics", CONFIG_SERVES_METRICS},
	{"unsubscribe", CONFIG_SERVES_UNSUBSCRIBE}};

unsigned config_services(const struct config_texts *serves)
{
	unsigned services = 0;

	for (size_t i = 0; i < serves->count; i++)
		for (size_t j = 0; j < ARRAY_COUNT(words); j++)
			if (slice_equal(
				    slice_of(serves->at[i]), slice_of(words[j].word)))
				services |= words[j].service;
	return services;
}

const char *config_service_name(unsigned service)
{
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		if (words[i].service == service)
			return words[i].word;
	return "nothing";
}
