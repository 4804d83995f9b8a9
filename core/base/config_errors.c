/* Collects what is wrong in a configuration file and lists it by place. */
#include "base/config_errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"

#define ERROR_TEXT_SIZE 1024
#define QUOTED_MAX	60

static int compare(const void *left, const void *right);
static void replace_controls(char *text);

void config_error(
	struct config_errors *errors, struct config_mark mark, const char *format, ...)
{
	char text[ERROR_TEXT_SIZE];
	struct config_error *error;
	va_list list;

	if (errors->count++ >= CONFIG_ERRORS_MAX)
		return;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	replace_controls(text);
	error = &errors->list[errors->count - 1];
	*error = (struct config_error){.mark = mark,
		.order = errors->count,
		.text = arena_copy(errors->arena, slice_of(text))};
}

char *config_errors_text(struct config_errors *errors)
{
	size_t listed = errors->count < CONFIG_ERRORS_MAX ? errors->count
							  : CONFIG_ERRORS_MAX;
	struct buffer buffer = {0};
	char *text;

	qsort(errors->list, listed, sizeof(errors->list[0]), compare);
	for (size_t i = 0; i < listed; i++) {
		const struct config_error *error = &errors->list[i];

		buffer_append_format(&buffer, "%s:", errors->path);
		if (error->mark.line > 0)
			buffer_append_format(&buffer, "%u:%u:", error->mark.line,
				error->mark.column);
		buffer_append_byte(&buffer, ' ');
		buffer_append(&buffer, error->text);
		buffer_append_byte(&buffer, '\n');
	}
	if (errors->count > listed)
		buffer_append_format(&buffer, "%s: and %zu more\n", errors->path,
			errors->count - listed);
	text = memory_copy_text(buffer_contents(&buffer));
	buffer_finish(&buffer);
	return text;
}

const char *config_quote(struct slice value, char text[CONFIG_QUOTE_SIZE])
{
	size_t size = value.size;

	if (size > QUOTED_MAX) {
		size = QUOTED_MAX;
		while (size > 0 && ((unsigned char)value.at[size] & 0xc0) == 0x80)
			size--; /* not inside a character */
	}
	snprintf(text, CONFIG_QUOTE_SIZE, "\"%.*s%s\"", (int)size, size ? value.at : "",
		size < value.size ? "…" : "");
	return text;
}

static int compare(const void *left, const void *right)
{
	const struct config_error *a = left, *b = right;

	if (a->mark.line != b->mark.line)
		return a->mark.line < b->mark.line ? -1 : 1;
	if (a->mark.column != b->mark.column)
		return a->mark.column < b->mark.column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void replace_controls(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}
