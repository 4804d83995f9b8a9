/*
 * Writes the tree of a message. It calls itself for each level: the tree is at
 * most MIME_TREE_DEPTH deep.
 */
#include "mime/structure.h"

#include "mail/mime_part.h"

#include "mime/envelope.h"
#include "mime/imap_text.h"
#include "mime/parameters.h"

struct writer {
	struct arena *arena;
	struct buffer *out;
	bool extended;
};

static void write_entity(struct writer *writer, const struct mime_entity *entity);

static void space(struct writer *writer)
{
	buffer_append_byte(writer->out, ' ');
}

static void nil(struct writer *writer)
{
	buffer_append(writer->out, SLICE("NIL"));
}

/* A field by its name; NIL without. */
static void write_field(
	struct writer *writer, const struct mime_entity *entity, struct slice name)
{
	const struct header_field *field = header_find_text(
		&entity->header, name, NULL);
	struct slice value = field ? header_unfold(writer->arena, field->value)
				   : SLICE_EMPTY;

	imap_nstring(writer->out, value.size ? value : SLICE_EMPTY);
}

/* "(name value …)", or NIL. */
static void write_list(struct writer *writer, struct mime_parameter_list *list)
{
	const struct mime_parameter *all;
	size_t count;

	mime_parameters_join(list, &all, &count);
	for (size_t i = 0; i < count; i++) {
		buffer_append_byte(writer->out, i ? ' ' : '(');
		imap_string(writer->out, all[i].name);
		space(writer);
		imap_string(writer->out, all[i].value);
	}
	if (count)
		buffer_append_byte(writer->out, ')');
	else
		nil(writer);
}

static void write_parameters(struct writer *writer, const struct mime_entity *entity)
{
	struct mime_parameter_list list;
	struct slice type;

	if (!entity->type_value.size && entity->shape == MIME_SHAPE_TEXT) {
		buffer_append(writer->out, SLICE("(\"charset\" \"us-ascii\")"));
		return;
	}
	list = mime_parameters(writer->arena, entity->type_value, &type);
	write_list(writer, &list);
}

/* RFC 2183: "(attachment (filename x))", or NIL. */
static void write_disposition(struct writer *writer, const struct mime_entity *entity)
{
	const struct header_field *field = header_find_text(
		&entity->header, SLICE("Content-Disposition"), NULL);
	struct mime_parameter_list list;
	struct slice word = SLICE_EMPTY;

	if (field)
		list = mime_parameters(writer->arena,
			header_unfold(writer->arena, field->value), &word);
	if (!word.size) {
		nil(writer);
		return;
	}
	buffer_append_byte(writer->out, '(');
	imap_string(writer->out, word);
	space(writer);
	write_list(writer, &list);
	buffer_append_byte(writer->out, ')');
}

/* RFC 3282: one, or a list of them. */
static void write_language(struct writer *writer, const struct mime_entity *entity)
{
	const struct header_field *field = header_find_text(
		&entity->header, SLICE("Content-Language"), NULL);
	struct slice rest = field ? header_unfold(writer->arena, field->value)
				  : SLICE_EMPTY;
	bool any = false;

	while (rest.size) {
		struct slice word = slice_trim_all(slice_cut(&rest, ','));

		if (!word.size)
			continue;
		buffer_append_byte(writer->out, any ? ' ' : '(');
		imap_string(writer->out, word);
		any = true;
	}
	if (any)
		buffer_append_byte(writer->out, ')');
	else
		nil(writer);
}

static void write_extension(struct writer *writer, const struct mime_entity *entity)
{
	space(writer);
	write_disposition(writer, entity);
	space(writer);
	write_language(writer, entity);
	space(writer);
	write_field(writer, entity, SLICE("Content-Location"));
}

static void write_multipart(struct writer *writer, const struct mime_entity *entity)
{
	for (const struct mime_entity *child = entity->first; child;
		child = child->next)
		write_entity(writer, child);
	if (!entity->first)
		buffer_append(writer->out,
			SLICE("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
			      "\"7bit\" 0 0"));
	if (!entity->first && writer->extended)
		buffer_append(writer->out, SLICE(" NIL NIL NIL NIL"));
	if (!entity->first)
		buffer_append_byte(writer->out, ')');
	space(writer);
	imap_string(writer->out, entity->subtype);
	if (!writer->extended)
		return;
	space(writer);
	write_parameters(writer, entity);
	write_extension(writer, entity);
}

static void write_encoding(struct writer *writer, const struct mime_entity *entity)
{
	struct slice encoding = mime_encoding_parse(
		mime_field(entity, writer->arena, HEADER_CONTENT_TRANSFER_ENCODING));

	imap_string(writer->out, encoding.size ? encoding : SLICE("7bit"));
}

static void write_single(struct writer *writer, const struct mime_entity *entity)
{
	imap_string(writer->out, entity->type);
	space(writer);
	imap_string(writer->out, entity->subtype);
	space(writer);
	write_parameters(writer, entity);
	space(writer);
	write_field(writer, entity, SLICE("Content-ID"));
	space(writer);
	write_field(writer, entity, SLICE("Content-Description"));
	space(writer);
	write_encoding(writer, entity);
	buffer_append_format(writer->out, " %zu", entity->body_size);
	if (entity->shape == MIME_SHAPE_MESSAGE && entity->first) {
		space(writer);
		envelope_write(&entity->first->header, writer->arena, writer->out);
		space(writer);
		write_entity(writer, entity->first);
	}
	if (entity->shape == MIME_SHAPE_TEXT ||
		(entity->shape == MIME_SHAPE_MESSAGE && entity->first))
		buffer_append_format(writer->out, " %zu", entity->body_lines);
	if (!writer->extended)
		return;
	space(writer);
	write_field(writer, entity, SLICE("Content-MD5"));
	write_extension(writer, entity);
}

static void write_entity(struct writer *writer, const struct mime_entity *entity)
{
	buffer_append_byte(writer->out, '(');
	if (entity->shape == MIME_SHAPE_MULTI)
		write_multipart(writer, entity);
	else
		write_single(writer, entity);
	buffer_append_byte(writer->out, ')');
}

void structure_write(const struct mime_entity *entity, bool extended,
	struct arena *arena, struct buffer *out)
{
	struct writer writer = {.arena = arena, .out = out, .extended = extended};

	write_entity(&writer, entity);
}
