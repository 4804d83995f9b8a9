/* Rules about events: each webhook once, over TLS, and with a stream to read. */
#include "base/config_reading.h"

#include "base/config_form.h"
#include "base/config_form.h"
#include "base/map.h"

static void check_url(
	struct config_reading *reading, const struct config_webhook *webhook)
{
	struct slice url = slice_of(webhook->url);

	if (!webhook->url || config_form_https(webhook->url))
		return;
	if (slice_starts(url, SLICE("http://")) && url.size > 7 &&
		webhook->private_addresses)
		return;
	config_error(reading->errors,
		config_reading_mark(reading, &webhook->url, webhook->mark),
		"url: what is sent could be read on its way; allowed: https://, or "
		"http:// with private_addresses: true");
}

void config_read_events_rules(struct config_reading *reading)
{
	struct config_events *events = &reading->config->events;
	struct map seen = {0};

	events->stream = events->stream || events->webhook_count > 0;
	for (size_t i = 0; i < events->webhook_count; i++) {
		struct config_webhook *webhook = &events->webhooks[i];
		const struct config_webhook *other;

		check_url(reading, webhook);
		if (!webhook->name)
			continue;
		other = map_set(&seen, slice_of(webhook->name), webhook);
		if (other)
			config_error(reading->errors,
				config_reading_mark(
					reading, &webhook->name, webhook->mark),
				"webhook \"%s\" again; allowed: once, and line %u has "
				"it",
				webhook->name, other->mark.line);
	}
	map_finish(&seen);
}
