/*
 * The section `traces`: where the spans of sampled messages go. Member names are the
 * YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_TRACES_H
#define RINGPOST_BASE_CONFIG_TRACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config_items.h"

struct config_traces {
	char *endpoint; /* NULL: nothing is traced */
	uint64_t per_million;
	struct config_texts headers;
	int64_t timeout_ms;
	char *ca_file; /* NULL: the system's authorities */
};

struct config_section;

/* config_schema_traces.c */
extern const struct config_section traces_section;

/* "http://…" or "https://…". */
bool config_form_http(const char *text);
/* "Name: value", of characters that can be seen, and blanks in the value. */
bool config_form_header(const char *text);

#endif
