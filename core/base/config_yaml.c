/*
 * Reads YAML with libyaml's events, which (unlike its documents) still know
 * where an alias stood and let us stop at a cap before memory is spent.
 */
#include "base/config_yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/memory.h"

struct reading {
	yaml_parser_t parser;
	struct slice text;
	struct arena *arena;
	struct config_errors *errors;
	struct config_node *root;
	struct config_node *open[CONFIG_DEPTH_MAX]; /* outermost first */
	unsigned depth, nodes, documents;
};

/* What libyaml says is about its grammar; this is about the writer's line. */
static const struct {
	const char *problem, *text;
	bool where_it_began;
} problems[] = {
	{"did not find expected node content",
		"no value begins like this; text with brackets, commas or "
		"colons goes in quotes, such as \"[::]:587\"",
		false},
	{"mapping values are not allowed",
		"a colon where no key can be; check the indentation and the "
		"line before, or put the text in quotes",
		false},
	{"',' or ']'", "the list that begins here is not closed by a ]", true},
	{"',' or '}'", "the mapping that begins here is not closed by a }", true},
	{"unexpected end of stream", "the quotes that open here never close", true},
	{"found a tab", "a tab; indentation is made of spaces", false},
	{"control characters", "a control character", false},
	{"UTF-8", "bytes that are not UTF-8", false},
	{"could not find expected ':'",
		"a line that is neither a key nor part of "
		"a list: key: value",
		false},
	{"'-' indicator", "a key in the middle of a list; check the indentation",
		false},
	{"<document start>", "text behind the end of the value", false},
	{"did not find expected key",
		"neither a key nor the end of the mapping; check the "
		"indentation",
		false},
};

static bool take_events(struct reading *reading);
static bool take_event(struct reading *reading, const yaml_event_t *event);
static bool add_node(
	struct reading *reading, enum config_node_kind kind, const yaml_event_t *event);
static void attach(struct reading *reading, struct config_node *node);
static void refuse_extras(struct reading *reading, const yaml_char_t *anchor,
	const yaml_char_t *tag, yaml_mark_t mark);
static void refuse_syntax(struct reading *reading);
static struct config_mark mark_at_offset(struct slice text, size_t offset);
static char byte_at(struct slice text, struct config_mark mark);

static struct config_mark mark_of(yaml_mark_t mark)
{
	return (struct config_mark){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

struct config_node *config_yaml_read(
	struct slice text, struct arena *arena, struct config_errors *errors)
{
	struct reading reading = {.text = text, .arena = arena, .errors = errors};
	bool taken;

	if (text.size > CONFIG_TEXT_MAX) {
		config_error(errors, (struct config_mark){0},
			"the file has %zu bytes; allowed: up to %u MiB", text.size,
			CONFIG_TEXT_MAX >> 20);
		return NULL;
	}
	if (!yaml_parser_initialize(&reading.parser)) {
		config_error(errors, (struct config_mark){0}, "no memory to read it");
		return NULL;
	}
	yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reading.parser,
		(const unsigned char *)(text.at ? text.at : ""), text.size);
	taken = take_events(&reading);
	yaml_parser_delete(&reading.parser);
	if (taken && !reading.root)
		config_error(errors, (struct config_mark){1, 1},
			"the file says nothing; allowed: at least hostname and "
			"listeners");
	return taken ? reading.root : NULL;
}

bool config_node_is_null(const struct config_node *node)
{
	return node->kind == CONFIG_NODE_TEXT && !node->quoted &&
	       (node->text.size == 0 || slice_equal(node->text, SLICE("~")) ||
		       slice_equal_nocase(node->text, SLICE("null")));
}

static bool take_events(struct reading *reading)
{
	yaml_event_t event;
	bool ended = false, good = true;

	while (good && !ended) {
		if (!yaml_parser_parse(&reading->parser, &event)) {
			refuse_syntax(reading);
			return false;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		good = take_event(reading, &event);
		yaml_event_delete(&event);
	}
	return good;
}

/* False: there is no point in reading on. */
static bool take_event(struct reading *reading, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (reading->documents++ == 0)
			return true;
		config_error(reading->errors, mark_of(event->start_mark),
			"a second document begins; allowed: one a file");
		return false;
	case YAML_SCALAR_EVENT:
		return add_node(reading, CONFIG_NODE_TEXT, event);
	case YAML_ALIAS_EVENT:
		config_error(reading->errors, mark_of(event->start_mark),
			"an alias; allowed: the value itself, written out");
		return add_node(reading, CONFIG_NODE_REFUSED, event);
	case YAML_SEQUENCE_START_EVENT:
		return add_node(reading, CONFIG_NODE_LIST, event);
	case YAML_MAPPING_START_EVENT:
		return add_node(reading, CONFIG_NODE_MAPPING, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		reading->depth--;
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return true;
}

static bool add_node(
	struct reading *reading, enum config_node_kind kind, const yaml_event_t *event)
{
	struct config_mark mark = mark_of(event->start_mark);
	struct config_node *node;

	if (++reading->nodes > CONFIG_NODES_MAX) {
		config_error(reading->errors, mark,
			"too many values; allowed: up to %u", CONFIG_NODES_MAX);
		return false;
	}
	node = ARENA_NEW(reading->arena, struct config_node);
	node->kind = kind;
	node->mark = mark;
	if (kind == CONFIG_NODE_TEXT) {
		node->text = arena_copy(
			reading->arena, slice_make(event->data.scalar.value,
						event->data.scalar.length));
		node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		refuse_extras(reading, event->data.scalar.anchor,
			event->data.scalar.tag, event->start_mark);
	}
	attach(reading, node);
	if (kind == CONFIG_NODE_LIST)
		refuse_extras(reading, event->data.sequence_start.anchor,
			event->data.sequence_start.tag, event->start_mark);
	if (kind == CONFIG_NODE_MAPPING)
		refuse_extras(reading, event->data.mapping_start.anchor,
			event->data.mapping_start.tag, event->start_mark);
	if (kind != CONFIG_NODE_LIST && kind != CONFIG_NODE_MAPPING)
		return true;
	if (reading->depth == CONFIG_DEPTH_MAX) {
		config_error(reading->errors, mark,
			"more than %u lists and mappings inside each other",
			CONFIG_DEPTH_MAX);
		return false;
	}
	reading->open[reading->depth++] = node;
	return true;
}

static void attach(struct reading *reading, struct config_node *node)
{
	struct config_node *parent;

	if (reading->depth == 0) {
		reading->root = node;
		return;
	}
	parent = reading->open[reading->depth - 1];
	*(parent->first ? &parent->last->next : &parent->first) = node;
	parent->last = node;
	parent->count++;
}

static void refuse_extras(struct reading *reading, const yaml_char_t *anchor,
	const yaml_char_t *tag, yaml_mark_t mark)
{
	if (anchor)
		config_error(reading->errors, mark_of(mark),
			"an anchor; allowed: the value alone");
	if (tag)
		config_error(reading->errors, mark_of(mark),
			"a tag; allowed: the value alone");
}

static void refuse_syntax(struct reading *reading)
{
	const yaml_parser_t *parser = &reading->parser;
	const char *problem = parser->problem ? parser->problem
					      : "no memory to read it";
	struct config_mark mark = mark_of(parser->problem_mark);

	if (parser->error == YAML_READER_ERROR) {
		mark = mark_at_offset(reading->text, parser->problem_offset);
	} else if (strstr(problem, "cannot start any token")) {
		problem = byte_at(reading->text, mark) == '\t'
				  ? "a tab; indentation is made of spaces"
				  : "text cannot begin with this character; put it in "
				    "quotes";
	}
	for (size_t i = 0; i < ARRAY_COUNT(problems); i++) {
		if (!strstr(problem, problems[i].problem))
			continue;
		problem = problems[i].text;
		if (problems[i].where_it_began && parser->context)
			mark = mark_of(parser->context_mark);
		break;
	}
	config_error(reading->errors, mark, "not YAML: %s", problem);
}

static struct config_mark mark_at_offset(struct slice text, size_t offset)
{
	struct config_mark mark = {1, 1};

	for (size_t i = 0; i < offset && i < text.size; i++) {
		if (text.at[i] == '\n')
			mark = (struct config_mark){mark.line + 1, 1};
		else if (((unsigned char)text.at[i] & 0xc0) != 0x80)
			mark.column++;
	}
	return mark;
}

static char byte_at(struct slice text, struct config_mark mark)
{
	struct slice line = SLICE_EMPTY;
	size_t at = 0;

	for (unsigned i = 0; i < mark.line; i++)
		line = slice_cut(&text, '\n');
	for (unsigned column = 1; at < line.size; at++) {
		if (((unsigned char)line.at[at] & 0xc0) == 0x80)
			continue;
		if (column++ == mark.column)
			return line.at[at];
	}
	return 0;
}
