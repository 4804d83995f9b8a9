/*
 * The section `events`: what happens to messages, told to applications, and
 * where. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_EVENTS_H
#define RINGPOST_BASE_CONFIG_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config_items.h"

struct config_webhook {
	struct config_mark mark;
	char *name;
	char *url;
	char *secret_file;
	struct config_texts events;  /* none: all */
	struct config_texts tenants; /* none: all */
	uint64_t batch;		     /* events of a request, at most */
	int64_t timeout_ms;
	int64_t retry_for_ms;
	char *ca_file;		/* NULL: the system's authorities */
	bool private_addresses; /* with http://, too */
};

struct config_events {
	bool stream;
	bool compress; /* the stream */
	uint64_t stream_size;
	int64_t stream_keep_ms;
	char *file; /* NULL: none */
	uint64_t file_size, files;
	struct config_webhook *webhooks;
	size_t webhook_count;
};

struct config_section;

/* config_schema_events.c */
extern const struct config_section events_section;

/* A name of 1 to 63 lower-case letters, digits, '.', '-', '_'. */
bool config_form_webhook(const char *text);

#endif
