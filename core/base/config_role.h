/*
 * What a listener is for, and what is known of each of these roles.
 */
#ifndef RINGPOST_BASE_CONFIG_ROLE_H
#define RINGPOST_BASE_CONFIG_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config_tls.h"

enum config_role {
	CONFIG_ROLE_SUBMISSION,
	CONFIG_ROLE_RECEIVE,
	CONFIG_ROLE_POP3,
	CONFIG_ROLE_IMAP,
	CONFIG_ROLE_HTTP,
	CONFIG_ROLES
};

/* The YAML's words, in the order above, then NULL. */
extern const char *const config_role_names[];

/* The port of a listener that writes none; 0: it has to. */
uint16_t config_role_port(enum config_role role, enum config_tls tls);
/* The protocol's name in TLS (RFC 7301). */
const char *config_role_alpn(enum config_role role);
/* Mailboxes are read there. */
bool config_role_is_pickup(enum config_role role);
/* Behind ", ": what is done there that is not submission; "" for that. */
const char *config_role_purpose(enum config_role role);

struct config;
/* Whether any listener has it. */
bool config_has_role(const struct config *config, enum config_role role);

#endif
