/*
 * Goes through a message line by line, once. The multiparts and messages around
 * the place at hand stand in a list, not on the call stack.
 */
#include "mime/tree.h"

#include <string.h>

#include "mail/mime_part.h"
#include "mime/parameters.h"

/* An entity that is open: its header or its body is being read. */
struct level {
	struct mime_entity *entity;
	size_t body_line; /* line ends before its body */
	char boundary[MIME_TREE_BOUNDARY];
	size_t boundary_size; /* 0: it is no multipart that was entered */
	bool over;	      /* its last delimiter came */
};

struct walk {
	struct arena *arena;
	struct slice message;
	size_t at;    /* where the line at hand begins */
	size_t lines; /* line ends before it */
	size_t parts;
	struct level levels[MIME_TREE_DEPTH + 1];
	unsigned depth; /* of levels in use */
};

enum line_kind {
	LINE_FIELD, /* or anything else that a header may have */
	LINE_BLANK,
	LINE_NO_HEADER, /* the first line, and no field */
};

static struct slice line_at(const struct walk *walk, size_t at)
{
	struct slice rest = slice_from(walk->message, at);
	const char *end = rest.size ? memchr(rest.at, '\n', rest.size) : NULL;

	return end ? slice_make(rest.at, (size_t)(end - rest.at) + 1) : rest;
}

static void pass_line(struct walk *walk, struct slice line)
{
	walk->at += line.size;
	walk->lines += line.size && line.at[line.size - 1] == '\n';
}

/* The level whose delimiter LINE is; walk->depth: of none. The inner ones are
 * asked first: an outer one may have a boundary that theirs begins with. */
static unsigned delimiter_of(
	const struct walk *walk, struct slice line, bool *closing_r)
{
	struct slice text = mime_delimiter_text(line);

	for (unsigned i = walk->depth; text.size && i-- > 0;) {
		const struct level *level = &walk->levels[i];
		struct slice boundary = slice_make(
			level->boundary, level->boundary_size);

		if (!boundary.size || level->over || !slice_starts(text, boundary))
			continue;
		*closing_r = text.size == boundary.size + 2 &&
			     slice_ends(text, SLICE("--"));
		if (*closing_r || text.size == boundary.size)
			return i;
	}
	return walk->depth;
}

static bool is_field(struct slice line)
{
	size_t i = 0;

	while (i < line.size && line.at[i] > ' ' && line.at[i] != ':' &&
		line.at[i] != 0x7f)
		i++;
	if (!i)
		return false;
	while (i < line.size && (line.at[i] == ' ' || line.at[i] == '\t'))
		i++;
	return i < line.size && line.at[i] == ':';
}

static enum line_kind kind_of(struct slice line, bool first)
{
	if (slice_equal(line, SLICE("\r\n")) || slice_equal(line, SLICE("\n")))
		return LINE_BLANK;
	if (first && !is_field(line) && !slice_starts(line, SLICE("From ")))
		return LINE_NO_HEADER;
	return LINE_FIELD;
}

/* The header at hand, to its blank line, a delimiter, or the end. */
static void read_header(struct walk *walk, struct mime_entity *entity)
{
	size_t start = walk->at, size;
	bool closing, blank = false;

	entity->header_at = start;
	while (walk->at < walk->message.size && !blank) {
		struct slice line = line_at(walk, walk->at);
		enum line_kind kind = kind_of(line, walk->at == start);

		if (kind == LINE_NO_HEADER ||
			delimiter_of(walk, line, &closing) < walk->depth)
			break;
		blank = kind == LINE_BLANK;
		size = line.size;
		pass_line(walk, line);
		if (blank)
			(void)header_scan(walk->arena,
				slice_part(
					walk->message, start, walk->at - size - start),
				0, 0, &entity->header);
	}
	if (!blank)
		(void)header_scan(walk->arena,
			slice_part(walk->message, start, walk->at - start), 0, 0,
			&entity->header);
	entity->header_size = walk->at - start;
	entity->body_at = walk->at;
}

static void set_type(struct mime_entity *entity, struct arena *arena)
{
	const struct mime_entity *parent = entity->parent;
	struct slice value = mime_field(entity, arena, HEADER_CONTENT_TYPE);
	struct mime_type type;
	bool digest = parent && parent->shape == MIME_SHAPE_MULTI &&
		      slice_equal_nocase(parent->subtype, SLICE("digest"));

	entity->type = digest ? SLICE("message") : SLICE("text");
	entity->subtype = digest ? SLICE("rfc822") : SLICE("plain");
	if (mime_type_parse(value, &type)) {
		entity->type_value = value;
		entity->type = type.type;
		entity->subtype = type.subtype;
	}
	if (slice_equal_nocase(entity->type, SLICE("text")))
		entity->shape = MIME_SHAPE_TEXT;
	else if (slice_equal_nocase(entity->type, SLICE("multipart")))
		entity->shape = MIME_SHAPE_MULTI;
	else if (slice_equal_nocase(entity->type, SLICE("message")) &&
		 (slice_equal_nocase(entity->subtype, SLICE("rfc822")) ||
			 slice_equal_nocase(entity->subtype, SLICE("global"))))
		entity->shape = MIME_SHAPE_MESSAGE;
}

/* In pieces and percents, too (RFC 2231); it ends in no space (RFC 2046 5.1.1). */
static size_t read_boundary(const struct mime_entity *entity, struct arena *arena,
	char boundary[MIME_TREE_BOUNDARY])
{
	struct slice value = mime_parameter(
		entity->type_value, "boundary", boundary, MIME_TREE_BOUNDARY);

	if (!value.size)
		value = mime_parameter_text(
			arena, entity->type_value, SLICE("boundary"));
	while (slice_ends(value, SLICE(" ")))
		value.size--;
	if (value.size > MIME_TREE_BOUNDARY)
		return 0;
	if (value.size)
		memmove(boundary, value.at, value.size);
	return value.size;
}

/* A new entity begins here, inside the innermost level. */
static struct level *begin(struct walk *walk)
{
	struct mime_entity *entity = ARENA_NEW(walk->arena, struct mime_entity);
	struct mime_entity *parent = walk->depth ? walk->levels[walk->depth - 1].entity
						 : NULL;
	struct level *level = &walk->levels[walk->depth];
	struct mime_entity **last = parent ? &parent->first : NULL;

	entity->parent = parent;
	while (last && *last)
		last = &(*last)->next;
	if (parent) {
		*last = entity;
		parent->children++;
	}
	walk->parts++;
	read_header(walk, entity);
	set_type(entity, walk->arena);
	*level = (struct level){.entity = entity, .body_line = walk->lines};
	if (entity->shape == MIME_SHAPE_MULTI)
		level->boundary_size = read_boundary(
			entity, walk->arena, level->boundary);
	walk->depth++;
	return level;
}

/* The innermost level's body ends at END, LINES line ends into the message. */
static void end_level(struct walk *walk, size_t end, size_t lines)
{
	struct level *level = &walk->levels[--walk->depth];
	struct mime_entity *entity = level->entity;

	entity->body_size = end > entity->body_at ? end - entity->body_at : 0;
	entity->body_lines = lines > level->body_line ? lines - level->body_line : 0;
}

/* The line end before a delimiter belongs to it (RFC 2046 5.1.1). */
static void end_levels(struct walk *walk, unsigned depth)
{
	struct slice before = slice_part(walk->message, 0, walk->at);
	size_t end = walk->at, lines = walk->lines;

	if (slice_ends(before, SLICE("\n"))) {
		end -= slice_ends(before, SLICE("\r\n")) ? 2 : 1;
		lines--;
	}
	while (walk->depth > depth)
		end_level(walk, end, lines);
}

static bool has_room(const struct walk *walk)
{
	return walk->parts < MIME_TREE_PARTS && walk->depth < MIME_TREE_DEPTH;
}

/* Enters messages as long as one begins here; one too deep is a leaf. */
static void enter(struct walk *walk)
{
	struct mime_entity *entity;

	do {
		entity = begin(walk)->entity;
		if (entity->shape == MIME_SHAPE_MESSAGE && !has_room(walk)) {
			entity->shape = MIME_SHAPE_LEAF;
			entity->type = SLICE("application");
			entity->subtype = SLICE("octet-stream");
		}
	} while (entity->shape == MIME_SHAPE_MESSAGE);
}

struct mime_entity *mime_tree(struct arena *arena, struct slice message)
{
	struct walk *walk = ARENA_NEW(arena, struct walk);
	struct mime_entity *root;

	walk->arena = arena;
	walk->message = message;
	enter(walk);
	root = walk->levels[0].entity;
	while (walk->at < message.size) {
		struct slice line = line_at(walk, walk->at);
		bool closing = false;
		unsigned level = delimiter_of(walk, line, &closing);

		if (level == walk->depth ||
			(!closing && walk->parts >= MIME_TREE_PARTS)) {
			pass_line(walk, line);
			continue;
		}
		end_levels(walk, level + 1);
		pass_line(walk, line);
		if (closing)
			walk->levels[level].over = true;
		else if (has_room(walk))
			enter(walk);
	}
	while (walk->depth)
		end_level(walk, message.size, walk->lines);
	return root;
}

struct slice mime_field(
	const struct mime_entity *entity, struct arena *arena, enum header_name name)
{
	const struct header_field *field = header_find(&entity->header, name);

	return field ? header_unfold(arena, field->value) : SLICE_EMPTY;
}
