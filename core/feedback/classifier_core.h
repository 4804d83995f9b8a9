/*
 * The classifier's inside: rules as they are tried, by provider.
 */
#ifndef RINGPOST_FEEDBACK_CLASSIFIER_CORE_H
#define RINGPOST_FEEDBACK_CLASSIFIER_CORE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/pattern.h"
#include "feedback/category.h"
#include "feedback/classifier_yaml.h"

/* A number, or any. */
#define BOUNCE_ANY (-1)

struct bounce_rule {
	struct category_rule told;
	int code_least, code_most; /* 0, 999: any, and none */
	int class, subject, detail;
	struct pattern *text; /* NULL: any */
};
struct bounce_rules {
	struct bounce_rule *list;
	size_t count;
};
struct bounce_provider {
	const char *name;
	struct bounce_rules shipped, local;
	struct pattern *text;	   /* its replies are known by it; or NULL */
	bool is_shipped, is_local; /* the file has it */
};

struct classifier {
	_Atomic unsigned holders;
	struct arena arena;
	struct bounce_rules shipped, local; /* of every host */
	struct bounce_provider **providers; /* as written */
	size_t provider_count, provider_room;
	struct map names; /* providers */
	struct map hosts; /* "mx.example.com", ".example.com": a provider */
};

/* classifier.c: what READING found in FILE becomes part of CLASSIFIER. */
void classifier_add(struct classifier *classifier, struct config_reading *reading,
	const struct config_bounce_file *file, const char *path, bool shipped);

#endif
