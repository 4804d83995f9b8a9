/*
 * The section `unsubscribe`: links of ours to leave a list with (RFC 8058), and what
 * mail they stand in. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_UNSUBSCRIBE_H
#define RINGPOST_BASE_CONFIG_UNSUBSCRIBE_H

#include <stdint.h>

#include "base/config_texts.h"

struct config_unsubscribe {
	char *url;		     /* where the world reaches us; NULL: no links */
	char *header;		     /* a message's own wish; never sent on */
	char *mailto;		     /* beside the link; or NULL */
	struct config_texts streams; /* whose mail gets them by itself */
	struct config_texts tenants;
	int64_t valid_ms; /* 0: for ever */
};

struct config_section;

/* config_schema_unsubscribe.c */
extern const struct config_section unsubscribe_section;

#endif
