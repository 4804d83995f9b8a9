/* What FETCH asks for (RFC 9051 6.4.5 and its extensions). */
#ifndef RINGPOST_IMAP_FETCH_ITEMS_H
#define RINGPOST_IMAP_FETCH_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "imap/set.h"

#define IMAP_SECTION_DEPTH 100 /* numbers: as deep as messages are looked into */
#define IMAP_FETCH_ITEMS   1000
#define IMAP_SECTION_NAMES 1000

enum imap_item_kind {
	IMAP_ITEM_FLAGS,
	IMAP_ITEM_UID,
	IMAP_ITEM_INTERNALDATE,
	IMAP_ITEM_SIZE, /* RFC822.SIZE */
	IMAP_ITEM_MODSEQ,
	IMAP_ITEM_EMAILID,
	IMAP_ITEM_THREADID,
	IMAP_ITEM_SAVEDATE,
	IMAP_ITEM_ENVELOPE,
	IMAP_ITEM_BODY, /* the structure, without extension data */
	IMAP_ITEM_BODYSTRUCTURE,
	IMAP_ITEM_PREVIEW,
	IMAP_ITEM_SECTION, /* BODY[…], RFC822, RFC822.HEADER, RFC822.TEXT */
	IMAP_ITEM_BINARY,
	IMAP_ITEM_BINARY_SIZE,
};

enum imap_section_text {
	IMAP_SECTION_ALL, /* of the message, or the part's body */
	IMAP_SECTION_HEADER,
	IMAP_SECTION_FIELDS,
	IMAP_SECTION_FIELDS_NOT,
	IMAP_SECTION_TEXT,
	IMAP_SECTION_MIME,
};

struct imap_section {
	const uint32_t *numbers; /* "1.2" is {1, 2} */
	size_t number_count;
	enum imap_section_text text;
	const struct slice *names; /* of FIELDS and FIELDS_NOT */
	size_t name_count;
};

struct imap_item {
	enum imap_item_kind kind;
	struct slice label; /* as the response names it: "BODY[1.TEXT]<0>" */
	bool peek;	    /* leaves \Seen alone */
	bool lazy;	    /* PREVIEW (LAZY) */
	bool partial;
	uint64_t from, size; /* of a partial one */
	struct imap_section section;
};

struct imap_fetch {
	struct imap_set set;
	const struct imap_item *items; /* no kind but sections twice */
	size_t count;
	uint32_t kinds;	    /* bits 1 << kind: which there are */
	bool sets_seen;	    /* one of them sets \Seen */
	bool changed_since; /* RFC 7162 */
	uint64_t since;
	bool vanished;
	/* RFC 9394: from 1, from the end below 0; 0: all. */
	int64_t partial_first, partial_last;
};

#endif
