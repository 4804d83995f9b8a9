/* Rules about listeners of role http. */
#include "base/config_reading.h"

void config_read_http_listener(
	struct config_reading *reading, const struct config_listener *listener)
{
	const struct config_unfit unfit[] = {
		{"require_auth", &listener->require_auth},
		{"auth_without_tls", &listener->auth_without_tls},
		{"mechanisms", &listener->mechanisms},
		{"xclient", &listener->xclient},
		{"tenant", &listener->tenant},
	};

	config_refuse_unfit(reading, listener, unfit, sizeof(unfit) / sizeof(unfit[0]),
		"this is about mail that is handed in by SMTP");
	if (listener->tls == CONFIG_TLS_STARTTLS)
		config_error(reading->errors,
			config_reading_mark(reading, &listener->tls, listener->mark),
			"tls: \"starttls\" for role http; allowed: implicit, or none");
	if (!config_services(&listener->serves) &&
		!config_reading_wrong(reading, &listener->serves))
		config_error(reading->errors,
			config_reading_mark(reading, &listener->serves, listener->mark),
			"serves: an empty list; allowed: at least one of api, metrics, "
			"unsubscribe");
}
