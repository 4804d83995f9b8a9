/*
 * How much a session may bring, and how long it may take: of the configuration's
 * section for its listener's role.
 */
#ifndef RINGPOST_SERVE_SMTP_LIMITS_H
#define RINGPOST_SERVE_SMTP_LIMITS_H

#include <stdint.h>

#include "base/config.h"

struct smtp_limits {
	uint64_t message_size, recipients, messages_per_session, errors;
	int64_t command_timeout_ms, data_timeout_ms, message_timeout_ms,
		session_timeout_ms;
};

struct smtp_limits smtp_limits_of(const struct config *config, enum config_role role);

#endif
