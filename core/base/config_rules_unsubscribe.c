/* Rules of links to leave a list: there is an address to make them of. */
#include "base/config_reading.h"

#include <string.h>

#define URL_MAX 200 /* what stands behind it has to fit on a line, too */

static const struct config_mark nowhere = {1, 1};

/* It goes on with "/u/TOKEN", and stands between "<" and ">". */
static bool is_base(const char *url)
{
	for (const char *at = url; *at; at++)
		if (*at <= ' ' || *at > '~' || strchr("<>?#\"{}\\", *at))
			return false;
	return strlen(url) <= URL_MAX;
}

static void need_url(
	struct config_reading *reading, const char *name, const void *member)
{
	if (!reading->config->unsubscribe.url &&
		config_reading_written(reading, member) &&
		!config_reading_wrong(reading, &reading->config->unsubscribe.url))
		config_error(reading->errors,
			config_reading_mark(reading, member, nowhere),
			"%s: there are no links; allowed: with url", name);
}

void config_read_unsubscribe_rules(struct config_reading *reading)
{
	const struct config *config = reading->config;
	const struct config_unsubscribe *unsubscribe = &config->unsubscribe;

	if (unsubscribe->url && !is_base(unsubscribe->url))
		config_error(reading->errors,
			config_reading_mark(reading, &unsubscribe->url, nowhere),
			"url: no place to put a link below; allowed: up to %d "
			"characters without blanks and <>?#\"{}\\",
			URL_MAX);
	need_url(reading, "mailto", &unsubscribe->mailto);
	if (unsubscribe->mailto &&
		config_bounces_complaints(config, slice_of(unsubscribe->mailto)))
		config_error(reading->errors,
			config_reading_mark(reading, &unsubscribe->mailto, nowhere),
			"mailto: complaints come to this address; allowed: one that "
			"nothing else comes to");
	need_url(reading, "streams", &unsubscribe->streams);
	need_url(reading, "tenants", &unsubscribe->tenants);
	config_check_streams(reading, &unsubscribe->streams);
}
