/* Which header fields are signed, and in which order (RFC 6376 5.4, 5.4.2). */
#ifndef RINGPOST_DKIM_SELECT_H
#define RINGPOST_DKIM_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/header.h"

/* One name of h=: the field it stands for, or an empty slice where it stands
 * for there being no (further) one. */
struct dkim_selected {
	struct slice name;
	struct slice raw;
};

struct dkim_selection {
	const struct dkim_selected *at; /* in the arena, as h= lists them */
	size_t count;
};

/*
 * False with FAILURE_DATA when there is no From, FAILURE_LIMIT when more than
 * DKIM_SIGNED_FIELDS_MAX would be signed.
 */
bool dkim_select(struct arena *arena, const struct header_field *fields, size_t count,
	struct dkim_selection *selection_r);

#endif
