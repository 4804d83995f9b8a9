/* Hashes the header fields that a signature names (RFC 6376 sections 3.7, 5.4.2). */
#include "dkim/verify_header.h"

#include <string.h>

#include "dkim/sign.h"
#include "dkim/tags.h"

static bool add_field(enum dkim_canon canon, struct slice raw, bool last,
	struct buffer *text, struct dkim_hash *hash);

static uint32_t name_number(struct slice name)
{
	uint32_t number = 2166136261u;

	for (size_t i = 0; i < name.size; i++)
		number = (number ^ (uint8_t)ascii_lower(name.at[i])) * 16777619u;
	return number;
}

void dkim_fields_init(struct dkim_fields *fields, struct arena *arena,
	const struct header_field *at, size_t count)
{
	fields->at = at;
	fields->count = count;
	fields->names = arena_take_array(arena, count + 1, sizeof *fields->names);
	fields->used = arena_take(arena, count + 1);
	for (size_t i = 0; i < count; i++)
		fields->names[i] = name_number(slice_trim(at[i].name));
}

/* The lowest field of that name not yet used; count when there is none. */
static size_t find_lowest(const struct dkim_fields *fields, struct slice name)
{
	uint32_t number = name_number(name);

	for (size_t i = fields->count; i-- > 0;)
		if (fields->names[i] == number && !fields->used[i] &&
			slice_equal_nocase(slice_trim(fields->at[i].name), name))
			return i;
	return fields->count;
}

bool dkim_hash_header(struct dkim_fields *fields, size_t own,
	const struct dkim_signature *signature, struct dkim_hash *hash,
	uint8_t hash_r[DKIM_HASH_SIZE])
{
	struct slice names = signature->names;
	struct buffer text = {.limit = DKIM_HEADER_SIZE_MAX};
	bool done = true;

	memset(fields->used, 0, fields->count);
	fields->used[own] = 1;
	dkim_hash_begin(hash);
	while (done && names.at) {
		size_t at = find_lowest(fields, dkim_list_cut(&names, ':'));

		if (at == fields->count)
			continue;
		fields->used[at] = 1;
		done = add_field(
			signature->header, fields->at[at].whole, false, &text, hash);
	}
	done = done && dkim_hash_own(fields->at[own].whole, signature, &text, hash);
	buffer_finish(&text);
	return done && dkim_hash_end(hash, hash_r);
}

static bool add_field(enum dkim_canon canon, struct slice raw, bool last,
	struct buffer *text, struct dkim_hash *hash)
{
	struct slice form;

	buffer_clear(text);
	if (!dkim_canon_field(canon, raw, text))
		return false;
	form = buffer_contents(text);
	dkim_hash_update(hash, slice_part(form, 0, form.size - (last ? 2 : 0)));
	return true;
}

bool dkim_hash_own(struct slice raw, const struct dkim_signature *signature,
	struct buffer *text, struct dkim_hash *hash)
{
	struct buffer field = {0};
	bool done = buffer_append(&field, slice_part(raw, 0, signature->cut_at)) &&
		    buffer_append(&field,
			    slice_from(raw, signature->cut_at + signature->cut_size)) &&
		    add_field(signature->header, buffer_contents(&field), true, text,
			    hash);

	buffer_finish(&field);
	return done;
}
