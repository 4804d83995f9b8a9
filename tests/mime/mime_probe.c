/*
 * What pickup/mime makes of messages, for a script that has a second opinion.
 *
 * mime_probe < MESSAGES: each "SIZE\n" and so many bytes; of each are said, one a
 * line, their values in hexadecimal, and "end":
 *
 *	part PATH SHAPE TYPE SUBTYPE HEADER_AT HEADER_SIZE BODY_AT BODY_SIZE LINES
 *	place PATH SHAPE ENCODING HEADER_AT HEADER_SIZE BODY_AT BODY_SIZE
 *	bytes PATH …, text PATH …, name PATH …
 *	envelope, body, structure, preview, subject, base, message_id, references,
 *	size …; address FIELD NAME MAILBOX HOST
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/memory.h"
#include "mail/mime_decode.h"
#include "mail/mime_part.h"
#include "mime/addresses.h"
#include "mime/facts.h"
#include "mime/parameters.h"
#include "mime/parts.h"
#include "mime/preview.h"

#define TEXT_MOST ((size_t)64 << 20)

static struct arena arena;
static struct slice message;

static void say_hex(struct slice bytes)
{
	char *text = arena_take(&arena, 2 * bytes.size + 1);

	hex_encode(bytes, text);
	printf(" %s", bytes.size ? text : "-");
}

static void say_value(const char *what, struct slice bytes)
{
	fputs(what, stdout);
	say_hex(bytes);
	putchar('\n');
}

static struct slice field(const struct mime_entity *entity, const char *name)
{
	const struct header_field *found = header_find_text(
		&entity->header, slice_of(name), NULL);

	return found ? header_unfold(&arena, found->value) : SLICE_EMPTY;
}

/* As a client that saves it would call it. */
static struct slice name_of(const struct mime_entity *entity)
{
	struct slice name = mime_parameter_text(
		&arena, field(entity, "Content-Disposition"), SLICE("filename"));

	return name.size
		       ? name
		       : mime_parameter_text(&arena, entity->type_value, SLICE("name"));
}

static void say_leaf(const struct mime_entity *entity, const char *path)
{
	struct slice encoding = mime_encoding_parse(
		mime_field(entity, &arena, HEADER_CONTENT_TRANSFER_ENCODING));
	struct slice body = slice_part(message, entity->body_at, entity->body_size);
	struct slice name = name_of(entity);

	printf("bytes %s", path);
	say_hex(mime_decode(&arena, encoding, body, TEXT_MOST));
	putchar('\n');
	if (entity->shape == MIME_SHAPE_TEXT) {
		printf("text %s", path);
		say_hex(entity_text(&arena, message, entity, TEXT_MOST));
		putchar('\n');
	}
	if (name.size) {
		printf("name %s", path);
		say_hex(name);
		putchar('\n');
	}
}

/* MIME_TREE_DEPTH bounds how deep it goes. */
static void say_part(const struct mime_entity *entity, const char *path)
{
	unsigned number = 0;

	printf("part %s %d", path, (int)entity->shape);
	say_hex(entity->type);
	say_hex(entity->subtype);
	printf(" %zu %zu %zu %zu %zu\n", entity->header_at, entity->header_size,
		entity->body_at, entity->body_size, entity->body_lines);
	if (!entity->first)
		say_leaf(entity, path);
	for (const struct mime_entity *child = entity->first; child;
		child = child->next) {
		char *inner = memory_format("%s.%u", path, ++number);

		say_part(child, inner);
		memory_free(inner);
	}
}

static void say_place(const struct mime_place *place, const char *path)
{
	unsigned number = 0;

	printf("place %s %d %d %llu %llu %llu %llu\n", path, (int)place->shape,
		(int)place->encoding, (unsigned long long)place->header_at,
		(unsigned long long)place->header_size,
		(unsigned long long)place->body_at,
		(unsigned long long)place->body_size);
	for (const struct mime_place *child = place->first; child;
		child = child->next) {
		char *inner = memory_format("%s.%u", path, ++number);

		say_place(child, inner);
		memory_free(inner);
	}
}

static void say_addresses(
	const struct mime_entity *entity, enum header_name name, const char *called)
{
	const struct header_field *found = header_find(&entity->header, name);

	for (; found; found = header_find_next(&entity->header, found)) {
		const struct mime_address *list;
		size_t count;

		addresses_read(&arena, found->value, &list, &count);
		for (size_t i = 0; i < count; i++) {
			if (list[i].kind != MIME_ADDRESS)
				continue;
			printf("address %s", called);
			say_hex(mime_decode_words(&arena, list[i].name));
			say_hex(list[i].mailbox);
			say_hex(list[i].host);
			putchar('\n');
		}
	}
}

static void say_facts(void)
{
	struct buffer packed = {0};
	struct facts facts;

	facts_make(message, &packed);
	if (!facts_read(buffer_contents(&packed), &facts))
		abort();
	say_value("envelope", facts.envelope);
	say_value("body", facts.body);
	say_value("structure", facts.structure);
	say_value("preview", facts.preview);
	say_value("base", facts.subject);
	say_value("message_id", facts.message_id);
	say_value("references", facts.references);
	if (facts.has_date)
		printf("sent %lld\n", (long long)facts.sent_ms);
	say_place(parts_unpack(&arena, facts.parts), "0");
	buffer_finish(&packed);
}

static void say_message(void)
{
	const struct mime_entity *entity = mime_tree(&arena, message);

	say_part(entity, "0");
	say_value("subject",
		mime_decode_words(&arena, mime_field(entity, &arena, HEADER_SUBJECT)));
	say_addresses(entity, HEADER_FROM, "from");
	say_addresses(entity, HEADER_TO, "to");
	say_addresses(entity, HEADER_CC, "cc");
	say_facts();
	puts("end");
}

int main(void)
{
	size_t size;
	char *bytes;

	while (scanf("%zu", &size) == 1 && getchar() == '\n') {
		/* Of its own size, so that a sanitizer sees what reads behind it. */
		bytes = malloc(size + !size);
		if (!bytes || fread(bytes, 1, size, stdin) != size)
			return 1;
		message = slice_make(bytes, size);
		say_message();
		free(bytes);
		arena_finish(&arena);
	}
	return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
