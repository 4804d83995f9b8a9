/* The schema's rows of what comes back. */
#include "base/config_rows.h"

#include "base/config_bounces.h"

const char *const config_verp_words[] = {"none", "message", "recipient", NULL};

#define OBJECT struct config_bounces
static const struct config_key bounces_keys[] = {
	{NAME(domain, NULL, config_form_hostname,
		"a domain such as bounces.example.com")},
	{CHOICE(verp, enum config_verp, "message", config_verp_words)},
	{DURATION(verp_valid, "21d", 1 * DAY, 365 * DAY)},
	{PATH(secret_file, NULL)},
	{NUMBER(notifications, "1000", 0, 1000000000)},
	{DURATION(notifications_period, "1h", 1 * SECOND, 1 * DAY)},
	{TEXT(complaints_to, NULL, config_form_mailbox,
		"an address such as complaints@example.com")},
	{TEXTS(complaint_addresses, 100, config_form_mailbox,
		"an address such as feedback@example.com")},
	{PATH(rules, NULL)},
};
#undef OBJECT

const struct config_section bounces_section = {"bounces", KEYS(bounces_keys), 0};
