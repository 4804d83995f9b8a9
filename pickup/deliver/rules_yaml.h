/* A file of delivery's rules as it is written. */
#ifndef RINGPOST_DELIVER_RULES_YAML_H
#define RINGPOST_DELIVER_RULES_YAML_H

#include "base/config_reading.h"

#define RULES_MAX 2000

enum rule_method { RULE_SPF, RULE_DKIM, RULE_DMARC, RULE_ARC };

struct config_rule_header {
	struct config_mark mark;
	char *name;
	char *text; /* a pattern; NULL: whatever its value */
	bool absent;
};

struct config_rule_result {
	struct config_mark mark;
	enum rule_method method;
	struct config_texts is; /* "pass", "none", … */
};

struct config_rule_match {
	struct config_texts account, sender, recipient;
	struct config_rule_header *headers;
	size_t header_count;
	struct config_rule_result *results;
	size_t result_count;
	uint64_t larger, smaller; /* bytes; 0: any */
};

struct config_rule {
	struct config_mark mark;
	char *name;
	struct config_rule_match match;
	char *mailbox;
	struct config_texts flags, keywords, forward;
	bool discard, stop;
};

struct config_rule_file {
	struct config_rule *rules;
	size_t rule_count;
};

/* Fills FILE with the values of TEXT; what is wrong is in READING's errors. */
void rules_yaml_read(struct config_reading *reading, struct slice text,
	struct config_rule_file *file);

#endif
