/*
 * A file of bounce rules as it is written.
 */
#ifndef RINGPOST_FEEDBACK_CLASSIFIER_YAML_H
#define RINGPOST_FEEDBACK_CLASSIFIER_YAML_H

#include "base/config_reading.h"
#include "feedback/category.h"

struct config_bounce {
	struct config_mark mark;
	char *name;
	struct config_bounce_match {
		char *code, *enhanced, *text;
	} match;
	enum category category;
};
struct config_bounce_provider {
	struct config_mark mark;
	char *name, *text;
	struct config_texts mx;
	struct config_bounce *rules;
	size_t rule_count;
};
struct config_bounce_file {
	struct config_bounce *rules;
	size_t rule_count;
	struct config_bounce_provider *providers;
	size_t provider_count;
};

/* Fills FILE with the values of TEXT; what is wrong is in READING's errors. */
void classifier_yaml_read(struct config_reading *reading, struct slice text,
	struct config_bounce_file *file);

#endif
