/* The roles of listeners, one by one. */
#include "base/config_role.h"

#include "base/config.h"

const char *const config_role_names[] = {"submission", "receive", "pop3", "imap",
	"http", NULL};

static const struct {
	uint16_t port, implicit_port; /* RFC 5321, RFC 8314 */
	bool pickup;
	const char *alpn, *purpose;
} roles[CONFIG_ROLES] = {
	[CONFIG_ROLE_SUBMISSION] = {0, 0, false, "smtp", ""},
	[CONFIG_ROLE_RECEIVE] = {25, 25, false, "smtp", ", receives"},
	[CONFIG_ROLE_POP3] = {110, 995, true, "pop3", ", POP3"},
	[CONFIG_ROLE_IMAP] = {143, 993, true, "imap", ", IMAP"},
	[CONFIG_ROLE_HTTP] = {80, 443, false, "http/1.1", ", HTTP"},
};

uint16_t config_role_port(enum config_role role, enum config_tls tls)
{
	return tls == CONFIG_TLS_IMPLICIT ? roles[role].implicit_port
					  : roles[role].port;
}

const char *config_role_alpn(enum config_role role)
{
	return roles[role].alpn;
}

bool config_role_is_pickup(enum config_role role)
{
	return roles[role].pickup;
}

const char *config_role_purpose(enum config_role role)
{
	return roles[role].purpose;
}

bool config_has_role(const struct config *config, enum config_role role)
{
	for (size_t i = 0; i < config->listener_count; i++)
		if (config->listeners[i].role == role)
			return true;
	return false;
}
