/* How TLS comes about on a connection, and how much of it is asked of others. */
#ifndef RINGPOST_BASE_CONFIG_TLS_H
#define RINGPOST_BASE_CONFIG_TLS_H

enum config_tls { CONFIG_TLS_NONE, CONFIG_TLS_STARTTLS, CONFIG_TLS_IMPLICIT };
enum config_tls_level {	     /* toward peers */
	CONFIG_LEVEL_NONE,   /* never */
	CONFIG_LEVEL_MAY,    /* if offered; plain if it breaks */
	CONFIG_LEVEL_MUST,   /* or not at all; certificate not verified */
	CONFIG_LEVEL_VERIFY, /* chain and name verified, or not at all */
};

#endif
