/*
 * Canonical forms: a body gives the same in any chunks, and a canonical body
 * is its own canonical form. The first byte chooses form and chunk size.
 */
#include "dkim/canon.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void collect(void *context, struct slice bytes)
{
	HOLD(bytes.size > 0);
	HOLD(buffer_append(context, bytes));
}

static void canonicalize(
	enum dkim_canon canon, struct slice text, size_t step, struct buffer *out)
{
	static struct dkim_body body;

	dkim_body_init(&body, canon, collect, out);
	for (size_t at = 0; at < text.size; at += step)
		dkim_body_feed(&body, slice_part(text, at, step));
	dkim_body_end(&body);
}

static void check_body(enum dkim_canon canon, struct slice text, size_t step)
{
	struct buffer whole = {0}, pieces = {0}, again = {0};

	canonicalize(canon, text, text.size + 1, &whole);
	canonicalize(canon, text, step, &pieces);
	canonicalize(canon, buffer_contents(&whole), step, &again);
	HOLD(slice_equal(buffer_contents(&whole), buffer_contents(&pieces)));
	HOLD(slice_equal(buffer_contents(&whole), buffer_contents(&again)));
	HOLD(buffer_size(&whole) <= text.size + 3);
	HOLD(!slice_ends(buffer_contents(&whole), SLICE("\r\n\r\n")));
	buffer_finish(&whole), buffer_finish(&pieces), buffer_finish(&again);
}

static void check_field(struct slice raw)
{
	struct buffer out = {0};

	HOLD(dkim_canon_field(DKIM_CANON_RELAXED, raw, &out));
	HOLD(buffer_size(&out) <= raw.size + 2);
	HOLD(slice_ends(buffer_contents(&out), SLICE("\r\n")));
	HOLD(slice_index(buffer_contents(&out), '\t') == buffer_size(&out));
	HOLD(slice_find(buffer_contents(&out), SLICE("  ")) == buffer_size(&out));
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	check_body(data[0] % 2 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE,
		slice_make(data + 1, size - 1), 1 + data[0] / 2);
	check_field(slice_make(data + 1, size - 1));
	return 0;
}
