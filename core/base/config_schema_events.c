/* The schema's rows of events for applications. */
#include "base/config_rows.h"

#include "base/config_events.h"

#define NAME_MAX_SIZE 63

static const char *const kinds[] = {"accepted", "held", "released", "delayed",
	"delivered", "bounced", "expired", "suppressed", "dropped", "complained",
	"unsubscribed", NULL};

#define OBJECT struct config_webhook
static const struct config_key webhook_keys[] = {
	{REQUIRED, NAME(name, NULL, config_form_webhook,
			   "a name of letters, digits, '.', '-', '_', such as shop")},
	{REQUIRED, TEXT(url, NULL, config_form_some,
			   "a URL such as https://example.com/ringpost")},
	{REQUIRED, PATH(secret_file, NULL)},
	{KEY(events, CONFIG_WORDS, events, struct config_texts, NULL), .words = kinds,
		.most = ARRAY_COUNT(kinds)},
	{TEXTS(tenants, 1000, config_form_tenant, "a tenant's name")},
	{NUMBER(batch, "500", 1, 5000)},
	{DURATION(timeout, "30s", 100, 5 * MINUTE)},
	{DURATION(retry_for, "24h", 0, 7 * DAY)},
	{PATH(ca_file, NULL)},
	{TRUTH(private_addresses, "false")},
};
#undef OBJECT

static const struct config_section webhook_section = {
	"a webhook", KEYS(webhook_keys), sizeof(struct config_webhook)};

#define OBJECT struct config_events
static const struct config_key events_keys[] = {
	{TRUTH(stream, "false")},
	{TRUTH(compress, "true")},
	{SIZE(stream_size, "256 MiB", 1 * MIB, 1 * TIB)},
	{DURATION(stream_keep, "3d", 1 * MINUTE, 365 * DAY)},
	{PATH(file, NULL)},
	{SIZE(file_size, "64 MiB", 64 * KIB, 16 * GIB)},
	{NUMBER(files, "20", 0, 100000)},
	{ITEMS(webhooks, webhook, webhook, 100)},
};
#undef OBJECT

const struct config_section events_section = {"events", KEYS(events_keys), 0};

bool config_form_webhook(const char *text)
{
	size_t size = 0;

	for (; text[size]; size++) {
		char c = text[size];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' &&
			c != '-' && c != '_')
			return false;
	}
	return size > 0 && size <= NAME_MAX_SIZE;
}
