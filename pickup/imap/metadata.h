/* GETMETADATA and SETMETADATA (RFC 5464): what is asked, what is answered. */
#ifndef RINGPOST_IMAP_METADATA_H
#define RINGPOST_IMAP_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

#define IMAP_ENTRIES_MAX    1000 /* of a command */
#define IMAP_ENTRY_NAME_MAX 1000

struct imap_entry_value {
	struct slice entry; /* "/shared/comment", in lower case */
	struct slice value; /* at NULL: NIL */
};

struct imap_metadata {
	struct slice mailbox; /* empty: the server */
	struct imap_entry_value *entries;
	size_t count;
	bool has_size;
	uint64_t size; /* MAXSIZE: larger values are left out */
	bool children; /* DEPTH 1: and what is one level below */
	bool all;      /* DEPTH infinity: and all that is below */
};

/* "* METADATA mailbox (entry value …)"; nothing of none. */
void imap_write_metadata(struct buffer *out, struct slice mailbox,
	const struct imap_entry_value *entries, size_t count, bool utf8);

#endif
