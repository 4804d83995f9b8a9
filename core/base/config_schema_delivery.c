/* The schema's rows of mail that stays here, and what is asked of them. */
#include "base/config_rows.h"

#include <string.h>

#include "base/config.h"
#include "base/config_delivery.h"

#define MAILBOX_NAME_MAX 1000

static const char *const over_quota_words[] = {"later", "refuse", NULL};

#define OBJECT struct config_delivery
static const struct config_key delivery_keys[] = {
	{CHOICE(over_quota, enum config_over_quota, "later", over_quota_words)},
	{TEXT(detail, "+", config_form_detail, "one character, or \"\" for nothing")},
	{TRUTH(detail_mailbox, "true")},
	{PATH(rules, NULL)},
	{NUMBER(hops, "50", 1, 1000)},
};
#undef OBJECT

#define OBJECT struct config_capture
static const struct config_key capture_keys[] = {
	{REQUIRED, TEXT(account, NULL, config_form_some, "an account's name")},
	{TEXT(mailbox, NULL, config_form_mailbox_name,
		"a mailbox such as Captured or Tests/Staging")},
};
#undef OBJECT

const struct config_section delivery_section = {"delivery", KEYS(delivery_keys), 0};
const struct config_section capture_section = {"capture", KEYS(capture_keys), 0};

bool config_form_mailbox_name(const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || size > MAILBOX_NAME_MAX || text[0] == '/' ||
		text[size - 1] == '/' || strstr(text, "//"))
		return false;
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return true;
}

const struct config_capture *config_capture_find(
	const struct config *config, struct slice tenant)
{
	const struct config_tenant *found = config_tenant_find(config, tenant);

	return found && found->capture.account ? &found->capture : NULL;
}

bool config_delivers(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (config->routes[i].mailbox || config->routes[i].capture.account)
			return true;
	for (size_t i = 0; i < config->tenant_count; i++)
		if (config->tenants[i].capture.account || config->tenants[i].outcomes)
			return true;
	return false;
}
