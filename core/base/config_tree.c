/* Walks the file's tree by the schema and fills the snapshot. */
#include "base/config_reading.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static void fill_defaults(struct config_reading *reading,
	const struct config_section *section, void *object);
static struct config_node *default_node(
	struct config_reading *reading, const struct config_key *key);
static bool read_mapping(struct config_reading *reading,
	const struct config_section *section, const struct config_node *node,
	void *object);
static const struct config_key *read_key(struct config_reading *reading,
	const struct config_section *section, const struct config_node *node);
static bool read_value(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *object);
static bool read_scalar(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *at);
static bool read_list(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *object);
static void *make_array(struct config_reading *reading, const struct config_key *key,
	size_t count, void *object);
static size_t element_size(const struct config_key *key);
static bool read_item(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *item);
static bool complain(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, const char *wrong);

static void read_root(struct config_reading *reading,
	const struct config_section *section, const struct config_node *root,
	void *object)
{
	char keys[CONFIG_KEYS_SIZE];

	fill_defaults(reading, section, object);
	if (root->kind == CONFIG_NODE_MAPPING)
		read_mapping(reading, section, root, object);
	else if (root->kind != CONFIG_NODE_REFUSED)
		config_error(reading->errors, root->mark,
			"the file is no mapping of keys to values; allowed: %s",
			config_section_keys(section, keys));
}

void config_read_tree(struct config_reading *reading, const struct config_node *root)
{
	read_root(reading, &config_schema, root, reading->config);
}

static bool says_nothing(struct slice text)
{
	while (text.at) {
		struct slice line = slice_trim_all(slice_cut(&text, '\n'));

		if (line.size && line.at[0] != '#')
			return false;
	}
	return true;
}

void config_read_object(struct config_reading *reading,
	const struct config_section *section, struct slice text, void *object)
{
	const struct config_node *root;

	if (says_nothing(text))
		return;
	root = config_yaml_read(text, reading->scratch, reading->errors);
	if (root && !config_node_is_null(root))
		read_root(reading, section, root, object);
	config_marks_sort(&reading->marks);
}

static void fill_defaults(struct config_reading *reading,
	const struct config_section *section, void *object)
{
	for (size_t i = 0; i < section->key_count; i++) {
		const struct config_key *key = &section->keys[i];

		if (key->type == CONFIG_SECTION)
			fill_defaults(
				reading, key->section, (char *)object + key->offset);
		else if (key->fallback)
			read_value(reading, key, default_node(reading, key), object);
	}
}

static struct config_node *default_node(
	struct config_reading *reading, const struct config_key *key)
{
	struct config_node *node = ARENA_NEW(reading->scratch, struct config_node);
	struct slice rest = slice_of(key->fallback);
	struct config_node **end = &node->first;

	*node = (struct config_node){
		.kind = CONFIG_NODE_TEXT, .text = rest, .quoted = true};
	if (key->type != CONFIG_TEXTS && key->type != CONFIG_WORDS &&
		key->type != CONFIG_DURATIONS)
		return node;
	node->kind = CONFIG_NODE_LIST;
	while (rest.at) {
		*end = ARENA_NEW(reading->scratch, struct config_node);
		(*end)->text = slice_cut(&rest, ' ');
		end = &(*end)->next;
		node->count++;
	}
	return node;
}

static bool read_mapping(struct config_reading *reading,
	const struct config_section *section, const struct config_node *node,
	void *object)
{
	const struct config_node *seen[CONFIG_KEYS_MAX] = {NULL};
	char allowed[CONFIG_ALLOWED_SIZE];

	assert(section->key_count <= CONFIG_KEYS_MAX);
	for (const struct config_node *name = node->first; name;
		name = name->next->next) {
		const struct config_key *key = read_key(reading, section, name);

		if (!key)
			continue;
		if (seen[key - section->keys]) {
			config_error(reading->errors, name->mark,
				"duplicate key \"%s\"; allowed: once, and line %u "
				"has it",
				key->name, seen[key - section->keys]->mark.line);
			continue;
		}
		seen[key - section->keys] = name;
		read_value(reading, key, name->next, object);
	}
	for (size_t i = 0; i < section->key_count; i++) {
		if (section->keys[i].required && !seen[i])
			config_error(reading->errors, node->mark,
				"\"%s\" is missing; allowed: %s", section->keys[i].name,
				config_key_allowed(&section->keys[i], allowed));
	}
	return true;
}

static const struct config_key *read_key(struct config_reading *reading,
	const struct config_section *section, const struct config_node *node)
{
	const struct config_key *key, *nearest;
	char quoted[CONFIG_QUOTE_SIZE], keys[CONFIG_KEYS_SIZE];
	const char *home;

	if (node->kind == CONFIG_NODE_REFUSED)
		return NULL;
	config_section_keys(section, keys);
	if (node->kind != CONFIG_NODE_TEXT) {
		config_error(reading->errors, node->mark,
			"a key is a word, not a list or mapping; allowed: %s", keys);
		return NULL;
	}
	key = config_key_find(section, node->text);
	if (key)
		return key;
	config_quote(node->text, quoted);
	nearest = config_key_nearest(section, node->text);
	home = reading->config ? config_key_home(node->text) : NULL;
	if (nearest)
		config_error(reading->errors, node->mark,
			"unknown key %s, perhaps \"%s\"; allowed: %s", quoted,
			nearest->name, keys);
	else if (home)
		config_error(reading->errors, node->mark,
			"unknown key %s, its place is under \"%s\"; allowed: %s",
			quoted, home, keys);
	else
		config_error(reading->errors, node->mark, "unknown key %s; allowed: %s",
			quoted, keys);
	return NULL;
}

static bool read_value(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *object)
{
	void *at = (char *)object + key->offset;
	bool good, written = node->mark.line > 0;
	size_t index = 0;

	if (key->type == CONFIG_SECTION) {
		if (config_node_is_null(node))
			return true;
		if (node->kind == CONFIG_NODE_MAPPING)
			return read_mapping(reading, key->section, node, at);
		return complain(reading, key, node, "is not a mapping");
	}
	if (written)
		index = config_marks_add(&reading->marks, at, node->mark);
	if (key->type < CONFIG_TEXTS)
		good = read_scalar(reading, key, node, at);
	else
		good = read_list(reading, key, node, object);
	assert(good || written);
	if (written)
		reading->marks.list[index].wrong = !good;
	return good;
}

static bool read_scalar(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *at)
{
	const char *wrong;

	if (node->kind != CONFIG_NODE_TEXT || config_node_is_null(node))
		return complain(reading, key, node, "cannot stand here");
	wrong = config_store(reading, key, node->text, at);
	return wrong ? complain(reading, key, node, wrong) : true;
}

/* Elements that are wrong stay zeroed; the list keeps its length. */
static bool read_list(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *object)
{
	size_t size = element_size(key);
	bool good = true;
	char *element;

	if (config_node_is_null(node) && !key->required)
		return true;
	if (node->kind != CONFIG_NODE_LIST)
		return complain(reading, key, node, "is not a list");
	if (node->count > key->most) {
		config_error(reading->errors, node->mark,
			"%s: %zu entries; allowed: up to %" PRIu64, key->name,
			node->count, key->most);
		return false;
	}
	element = make_array(reading, key, node->count, object);
	for (const struct config_node *n = node->first; n;
		n = n->next, element += size) {
		bool right, written = n->mark.line > 0;
		size_t index = 0;

		if (written)
			index = config_marks_add(&reading->marks, element, n->mark);
		right = key->type == CONFIG_ITEMS
				? read_item(reading, key, n, element)
				: read_scalar(reading, key, n, element);
		if (written)
			reading->marks.list[index].wrong = !right;
		good &= right;
	}
	return good;
}

static void *make_array(struct config_reading *reading, const struct config_key *key,
	size_t count, void *object)
{
	void *array = arena_take_array(reading->arena, count, element_size(key));
	char *at = (char *)object + key->offset;
	struct config_networks *networks = (void *)at;
	struct config_texts *texts = (void *)at;

	switch (key->type) {
	case CONFIG_TEXTS:
	case CONFIG_WORDS:
		*texts = (struct config_texts){array, count};
		break;
	case CONFIG_NETWORKS:
		*networks = (struct config_networks){array, count};
		break;
	default:
		memcpy(at, &array, sizeof(array));
		memcpy((char *)object + key->count_offset, &count, sizeof(count));
	}
	return array;
}

static size_t element_size(const struct config_key *key)
{
	switch (key->type) {
	case CONFIG_TEXTS:
	case CONFIG_WORDS:
		return sizeof(char *);
	case CONFIG_NETWORKS:
		return sizeof(struct config_network);
	case CONFIG_DURATIONS:
		return sizeof(int64_t);
	default:
		return key->section->size;
	}
}

static bool read_item(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, void *item)
{
	char keys[CONFIG_KEYS_SIZE];

	fill_defaults(reading, key->section, item);
	*(struct config_mark *)item = node->mark;
	if (node->kind == CONFIG_NODE_MAPPING)
		return read_mapping(reading, key->section, node, item);
	if (node->kind != CONFIG_NODE_REFUSED)
		config_error(reading->errors, node->mark,
			"%s is a mapping of keys to values; allowed: %s",
			key->section->name, config_section_keys(key->section, keys));
	return false;
}

/* Returns false. */
static bool complain(struct config_reading *reading, const struct config_key *key,
	const struct config_node *node, const char *wrong)
{
	char quoted[CONFIG_QUOTE_SIZE], allowed[CONFIG_ALLOWED_SIZE];
	const char *what = "a list";

	if (node->kind == CONFIG_NODE_REFUSED)
		return false;
	if (config_node_is_null(node)) {
		what = "no value";
		wrong = "is written";
	} else if (node->kind == CONFIG_NODE_MAPPING) {
		what = "a mapping";
	} else if (node->kind == CONFIG_NODE_TEXT) {
		what = config_quote(node->text, quoted);
	}
	config_error(reading->errors, node->mark, "%s: %s %s; allowed: %s", key->name,
		what, wrong, config_key_allowed(key, allowed));
	return false;
}
