/* Finds Message-IDs; see ids.h. */
#include "mime/ids.h"

/* Its normal form (RFC 5256, "normalized"): what quotes and folds only dress. */
static struct slice normal(struct arena *arena, struct slice id)
{
	char *text = arena_take(arena, id.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < id.size; i++) {
		char c = id.at[i];

		if (c == '\\' && i + 1 < id.size)
			c = id.at[++i];
		else if (c == '"' || c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		text[size++] = c;
	}
	return slice_make(text, size);
}

bool ids_next(struct arena *arena, struct slice *value, struct slice *id_r)
{
	while (value->size) {
		struct slice rest = slice_from(*value, slice_index(*value, '<') + 1);
		size_t end = slice_index(rest, '>');
		size_t again = slice_index(slice_part(rest, 0, end), '<');

		if (end == rest.size) {
			*value = SLICE_EMPTY;
			return false;
		}
		if (again < end) { /* "<broken <whole@one>" */
			*value = slice_from(rest, again);
			continue;
		}
		*id_r = normal(arena, slice_part(rest, 0, end));
		*value = slice_from(rest, end + 1);
		if (slice_index(*id_r, '@') < id_r->size &&
			slice_index(*id_r, '\n') == id_r->size)
			return true;
	}
	return false;
}
