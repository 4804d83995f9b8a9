/*
 * A shaping file as it is written.
 */
#ifndef RINGPOST_SHAPING_SHAPING_YAML_H
#define RINGPOST_SHAPING_SHAPING_YAML_H

#include "base/config_reading.h"
#include "shaping/reaction.h"

struct config_rates {
	uint64_t connections;
	uint64_t connections_per_second, connections_per_minute, connections_per_hour,
		connections_per_day;
	uint64_t messages_per_second, messages_per_minute, messages_per_hour,
		messages_per_day;
};
struct config_manner {
	uint64_t messages_per_connection, recipients_per_message, ahead;
	int64_t idle_ms;
	enum config_tls_level tls;
};
enum config_action {
	ACTION_NONE,
	ACTION_SUSPEND,
	ACTION_CONNECTIONS,
	ACTION_MESSAGES, /* a second; a minute, an hour, a day follow */
	ACTION_MESSAGES_PER_CONNECTION = ACTION_MESSAGES + PERIODS,
};
struct config_reaction {
	struct config_mark mark;
	char *name;
	struct config_match {
		char *code, *enhanced, *text;
	} match;
	enum config_action action;
	uint64_t to;
	int64_t for_ms;
	char *after;
	enum reaction_scope scope;
	struct config_recover {
		uint64_t connections, add, times, steps;
		int64_t every_ms;
	} recover;
};
struct config_rule { /* the default, a provider, a domain */
	struct config_mark mark;
	char *name, *domain;
	struct config_texts mx;
	struct config_rates limits;
	struct config_site {
		struct config_rates limits;
	} site;
	struct config_manner manner;
	struct config_reaction *react;
	size_t react_count;
};
struct config_rules {
	struct config_rule fallback;
	struct config_rule *providers, *domains;
	size_t provider_count, domain_count;
};

/* Fills RULES with the file's values; what is wrong is in READING's errors. */
void shaping_yaml_read(
	struct config_reading *reading, struct slice text, struct config_rules *rules);

/* "3 in 1h"; false: it is not. */
bool shaping_parse_after(const char *text, uint64_t *count_r, int64_t *within_ms_r);

#endif
