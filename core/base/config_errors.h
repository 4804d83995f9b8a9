/*
 * The list of what is wrong in one configuration file, each with its place.
 */
#ifndef RINGPOST_BASE_CONFIG_ERRORS_H
#define RINGPOST_BASE_CONFIG_ERRORS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/config_items.h"
#include "base/slice.h"

#define CONFIG_ERRORS_MAX 100 /* listed; the rest is counted */
#define CONFIG_QUOTE_SIZE 80

struct config_error {
	struct config_mark mark;
	size_t order; /* of finding, for those at one place */
	struct slice text;
};

struct config_errors {
	const char *path;
	struct arena *arena;
	struct config_error list[CONFIG_ERRORS_MAX];
	size_t count; /* found */
};

/* Control bytes in the text become '?'. */
void config_error(struct config_errors *errors, struct config_mark mark,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* All of them by place, one a line; free with memory_free. */
char *config_errors_text(struct config_errors *errors);

/* VALUE in quotes for a message, cut when it is long. Returns TEXT. */
const char *config_quote(struct slice value, char text[CONFIG_QUOTE_SIZE]);

#endif
