/* A good configuration in one line. */
#include "check/check.h"

#include <string.h>

#define LISTED_MAX 10

static void add_listeners(const struct config *config, struct buffer *into)
{
	static const char *const ways[] = {
		[CONFIG_TLS_NONE] = "no TLS",
		[CONFIG_TLS_STARTTLS] = "STARTTLS",
		[CONFIG_TLS_IMPLICIT] = "TLS",
	};

	buffer_append(into, SLICE("listens on "));
	for (size_t i = 0; i < config->listener_count; i++)
		buffer_append_format(into, "%s%s (%s%s)", i ? ", " : "",
			config->listeners[i].address, ways[config->listeners[i].tls],
			config_role_purpose(config->listeners[i].role));
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
		else if (route->mailbox)
			buffer_append_format(
				into, "%s to mailboxes here, ", route->domain);
		else if (route->capture.account)
			buffer_append_format(into, "%s to a mailbox of %s, ",
				route->domain, route->capture.account);
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

static void add_received(const struct config *config, struct buffer *into)
{
	const struct config_receive *receive = &config->receive;
	size_t shown = receive->domain_count < LISTED_MAX ? receive->domain_count
							  : LISTED_MAX;

	if (!receive->domain_count)
		return;
	buffer_append(into, SLICE("; takes mail for "));
	for (size_t i = 0; i < shown; i++)
		buffer_append_format(
			into, "%s%s", i ? ", " : "", receive->domains[i].domain);
	if (receive->domain_count > shown)
		buffer_append_format(
			into, " and %zu more", receive->domain_count - shown);
}

void check_summary(const struct config *config, struct buffer *into)
{
	buffer_append_format(into, "%s is good: %s ", config->path, config->hostname);
	add_listeners(config, into);
	add_received(config, into);
	add_domains(config, into);
	add_routes(config, into);
	buffer_append_byte(into, '\n');
}
