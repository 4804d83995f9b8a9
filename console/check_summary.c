/* A good configuration in one line. */
#include "console/check.h"

#include <string.h>

static void add_listeners(const struct config *config, struct buffer *into)
{
	static const char *const ways[] = {
		[CONFIG_TLS_NONE] = "no TLS",
		[CONFIG_TLS_STARTTLS] = "STARTTLS",
		[CONFIG_TLS_IMPLICIT] = "TLS",
	};

	buffer_append(into, SLICE("listens on "));
	for (size_t i = 0; i < config->listener_count; i++)
		buffer_append_format(into, "%s%s (%s)", i ? ", " : "",
			config->listeners[i].address, ways[config->listeners[i].tls]);
	if (!config->listener_count)
		buffer_append(into, SLICE("nothing"));
}

static void add_domains(const struct config *config, struct buffer *into)
{
	buffer_append(into, SLICE("; signs "));
	for (size_t i = 0; i < config->dkim_count; i++)
		buffer_append_format(into, "%s%s (%s)", i ? ", " : "",
			strcmp(config->dkim[i].domain, "*") == 0
				? "any other domain"
				: config->dkim[i].domain,
			config->dkim[i].selector);
	if (!config->dkim_count)
		buffer_append(into, SLICE("nothing"));
}

static void add_routes(const struct config *config, struct buffer *into)
{
	buffer_append(into, SLICE("; relays "));
	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (route->discard)
			buffer_append_format(into, "%s to nowhere, ", route->domain);
		else if (route->host)
			buffer_append_format(into, "%s to %s:%u, ", route->domain,
				route->host, (unsigned)route->port);
		else
			buffer_append_format(into, "%s by MX on port %u, ",
				route->domain, (unsigned)route->port);
	}
	buffer_append_format(
		into, "%s by MX", config->route_count ? "the rest" : "everything");
}

void check_summary(const struct config *config, struct buffer *into)
{
	buffer_append_format(into, "%s is good: %s ", config->path, config->hostname);
	add_listeners(config, into);
	add_domains(config, into);
	add_routes(config, into);
	buffer_append_byte(into, '\n');
}
