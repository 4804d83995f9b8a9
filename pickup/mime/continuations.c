/*
 * Parameters in pieces (RFC 2231 3) put together again, for who does not want to decode
 * them.
 */
#include <string.h>

#include "base/buffer.h"
#include "mime/parameters.h"

#define PIECE_DIGITS 3

/* "name*12*" */
struct piece {
	struct slice base;
	unsigned number;
	bool encoded, done;
};

/* False: NAME is whole. */
static bool read_piece(struct slice name, struct piece *piece_r)
{
	struct slice rest = name, base = slice_cut(&rest, '*');
	uint64_t number;

	piece_r->encoded = slice_ends(rest, SLICE("*"));
	if (piece_r->encoded)
		rest.size--;
	if (!base.size || rest.size > PIECE_DIGITS || !slice_to_u64(rest, &number))
		return false;
	piece_r->base = base;
	piece_r->number = (unsigned)number;
	return true;
}

/* RFC 2231 7: attribute-char. */
static bool is_plain(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x7f &&
	       !strchr("*'%()<>@,;:\\\"/[]?=", c);
}

static void append(struct buffer *out, struct slice value, bool encode)
{
	for (size_t i = 0; i < value.size; i++) {
		if (encode && !is_plain(value.at[i]))
			buffer_append_format(out, "%%%02X", (unsigned char)value.at[i]);
		else
			buffer_append_byte(out, value.at[i]);
	}
}

static size_t find_piece(
	const struct piece *pieces, size_t count, struct slice base, unsigned number)
{
	size_t i = 0;

	while (i < count && (pieces[i].done || pieces[i].number != number ||
				    !slice_equal_nocase(pieces[i].base, base)))
		i++;
	return i;
}

/* From number 0 on, as far as they follow each other; BASE is not in pieces without
 * that one. */
static bool join(struct arena *arena, const struct mime_parameter *list,
	struct piece *pieces, size_t count, size_t at, struct mime_parameter *joined)
{
	struct slice base = pieces[at].base;
	struct buffer value = {0};
	bool encoded = false;
	size_t next;

	if (find_piece(pieces, count, base, 0) == count)
		return false;
	for (unsigned n = 0; (next = find_piece(pieces, count, base, n)) < count; n++)
		encoded |= pieces[next].encoded;
	for (unsigned n = 0; (next = find_piece(pieces, count, base, n)) < count; n++) {
		if (!n && encoded && !pieces[next].encoded)
			buffer_append(
				&value, SLICE("''")); /* no charset, no language */
		append(&value, list[next].value, encoded && !pieces[next].encoded);
		pieces[next].done = true;
	}
	joined->name = encoded ? arena_format(arena, "%.*s*", SLICE_PRINT(base)) : base;
	joined->value = arena_copy(arena, buffer_contents(&value));
	buffer_finish(&value);
	return true;
}

void mime_parameters_join(struct mime_parameter_list *list,
	const struct mime_parameter **parameters_r, size_t *count_r)
{
	struct arena *arena = list->arena;
	struct mime_parameter *all = arena_take_array(
		arena, MIME_PARAMETERS_MAX, sizeof(*all));
	struct mime_parameter *joined = arena_take_array(
		arena, MIME_PARAMETERS_MAX, sizeof(*joined));
	struct piece *pieces = arena_take_array(
		arena, MIME_PARAMETERS_MAX, sizeof(*pieces));
	size_t count = 0, given = 0;

	while (count < MIME_PARAMETERS_MAX &&
		mime_parameters_next(list, &all[count].name, &all[count].value)) {
		if (!read_piece(all[count].name, &pieces[count]))
			pieces[count].done = true;
		count++;
	}
	for (size_t i = 0; i < count; i++) {
		bool whole = !pieces[i].base.at;

		if (!whole && pieces[i].done) /* with one before it */
			continue;
		if (whole || !join(arena, all, pieces, count, i, &joined[given]))
			joined[given] = all[i];
		given++;
	}
	*parameters_r = joined;
	*count_r = given;
}
