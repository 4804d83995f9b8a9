/*
 * YAML text as a tree in which every node knows its line and column.
 */
#ifndef RINGPOST_BASE_CONFIG_YAML_H
#define RINGPOST_BASE_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config_errors.h"
#include "base/slice.h"

#define CONFIG_TEXT_MAX	 (8u << 20) /* bytes of a file */
#define CONFIG_NODES_MAX 1000000u
#define CONFIG_DEPTH_MAX 16u /* lists and mappings inside each other */

enum config_node_kind {
	CONFIG_NODE_TEXT,
	CONFIG_NODE_LIST,
	CONFIG_NODE_MAPPING, /* children alternate: key, value */
	CONFIG_NODE_REFUSED, /* already complained about */
};

struct config_node {
	enum config_node_kind kind;
	struct config_mark mark;
	struct slice text;
	bool quoted;
	struct config_node *first, *last, *next; /* children; next sibling */
	size_t count;				 /* children */
};

/*
 * The root of TEXT's tree in ARENA, pointing to nothing in TEXT. NULL when
 * TEXT is not YAML, is empty, or is beyond a cap; why is in ERRORS. Aliases,
 * anchors, tags and a second document are refused there too, but the tree is
 * still good for finding what else is wrong.
 */
struct config_node *config_yaml_read(
	struct slice text, struct arena *arena, struct config_errors *errors);

/* Nothing, "~" or "null", not in quotes. */
bool config_node_is_null(const struct config_node *node);

#endif
