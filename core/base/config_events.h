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

struct config_events {
	bool stream;
	uint64_t stream_size;
	int64_t stream_keep_ms;
	char *file; /* NULL: none */
	uint64_t file_size, files;
};

struct config_section;

/* config_schema_events.c */
extern const struct config_section events_section;

#endif
