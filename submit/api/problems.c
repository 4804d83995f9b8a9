/* What is wrong with a request's document. */
#include "api/problems.h"

#include <string.h>

#include "base/buffer.h"

/* RFC 6901 3 */
static void append_name(struct buffer *out, const char *name)
{
	for (;;) {
		size_t plain = strcspn(name, "~/");

		buffer_append(out, slice_make(name, plain));
		name += plain;
		if (!*name)
			return;
		buffer_append(out, *name++ == '~' ? SLICE("~0") : SLICE("~1"));
	}
}

#define PLACES_MAX 8

struct slice place_print(struct arena *arena, const struct place *place)
{
	const struct place *places[PLACES_MAX];
	struct buffer text = {.limit = 1024};
	struct slice pointer;
	size_t count = 0;

	for (; place && count < PLACES_MAX; place = place->above)
		places[count++] = place;
	if (count)
		buffer_append(&text, places[count - 1]->prefix);
	while (count--) {
		if (!places[count]->name && places[count]->prefix.at)
			continue;
		buffer_append_byte(&text, '/');
		if (places[count]->name)
			append_name(&text, places[count]->name);
		else
			buffer_append_number(&text, places[count]->index);
	}
	pointer = arena_copy(arena, buffer_contents(&text));
	buffer_finish(&text);
	return pointer;
}

bool problem_add(
	struct problems *problems, const struct place *place, const char *format, ...)
{
	struct buffer text = {.limit = 1024};
	va_list list;

	if (problems->count == PROBLEMS_MAX)
		return false;
	va_start(list, format);
	buffer_append_va(&text, format, list);
	va_end(list);
	problems->list = arena_grow(problems->arena, problems->list, problems->count,
		sizeof(*problems->list));
	problems->list[problems->count++] = (struct http_error){
		place_print(problems->arena, place),
		arena_copy(problems->arena, buffer_contents(&text))};
	buffer_finish(&text);
	return false;
}
