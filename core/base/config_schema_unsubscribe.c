/* The schema's rows of unsubscribe. */
#include "base/config_rows.h"

#include "base/config_unsubscribe.h"

#define OBJECT struct config_unsubscribe
static const struct config_key unsubscribe_keys[] = {
	{TEXT(url, NULL, config_form_https,
		"an address such as https://mail.example.com")},
	{TEXT(header, "X-Ringpost-Unsubscribe", config_form_field,
		"a field's name of letters, digits and hyphens")},
	{TEXT(mailto, NULL, config_form_mailbox,
		"an address such as leave@example.com")},
	{TEXTS(streams, 64, config_form_stream, "names of streams such as bulk")},
	{TEXTS(tenants, 10000, config_form_tenant, "names of tenants such as acme")},
	{DURATION(valid, "400d", 0, 3650 * DAY)},
};
#undef OBJECT

const struct config_section unsubscribe_section = {
	"unsubscribe", KEYS(unsubscribe_keys), 0};
