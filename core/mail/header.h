/*
 * Message headers (RFC 5322): where the header ends, and which fields it has.
 *
 * Nothing is copied: every slice lies in the block that was scanned. Fields
 * keep their bytes, folds and odd spacing, so that what is passed on is what
 * was received.
 */
#ifndef RINGPOST_MAIL_HEADER_H
#define RINGPOST_MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

/*
 * Finds the end of the header in a message fed chunk by chunk; zeroed memory
 * is a start. A message whose very first line is no header line (and not
 * mbox's "From ") has no header: size and body_at are 0.
 */
struct header_end {
	bool found;
	uint64_t size;	     /* bytes of the header, without the blank line */
	uint64_t body_at;    /* where the body begins in the message */
	uint64_t seen;	     /* private: bytes fed */
	uint8_t line, first; /* private: what the current line is so far */
};

/* True when found: the members above count from the message's first byte. */
bool header_end_find(struct header_end *end, struct slice chunk);
/* No more bytes: what came is all header (or the message is empty). */
void header_end_finish(struct header_end *end);

/* Fields known by number (header_name.c); HEADER_OTHER is any other name. */
/* clang-format off */
enum header_name {
	HEADER_OTHER,
	HEADER_FROM, HEADER_SENDER, HEADER_REPLY_TO, HEADER_TO, HEADER_CC, HEADER_BCC,
	HEADER_DATE, HEADER_MESSAGE_ID, HEADER_IN_REPLY_TO, HEADER_REFERENCES,
	HEADER_SUBJECT, HEADER_RECEIVED, HEADER_RETURN_PATH, HEADER_DELIVERED_TO,
	HEADER_MIME_VERSION, HEADER_CONTENT_TYPE, HEADER_CONTENT_TRANSFER_ENCODING,
	HEADER_RESENT_FROM, HEADER_RESENT_DATE, HEADER_RESENT_MESSAGE_ID,
	HEADER_RESENT_BCC, HEADER_AUTO_SUBMITTED, HEADER_DKIM_SIGNATURE,
	HEADER_LIST_UNSUBSCRIBE, HEADER_LIST_UNSUBSCRIBE_POST,
	HEADER_PRIVATE, /* by no name: header_make_private */
	HEADER_NAME_COUNT,
};
/* clang-format on */

struct header_field {
	enum header_name known;
	struct slice name;  /* without the colon; empty: a malformed line */
	struct slice value; /* behind the colon, folds kept, without the last CRLF */
	struct slice whole; /* all of its bytes with the last CRLF */
};

struct header {
	struct slice block;		   /* what was scanned, no blank line */
	const struct header_field *fields; /* in order, malformed lines too */
	size_t count;
	size_t malformed; /* fields that are no field */
	uint32_t counts[HEADER_NAME_COUNT];
};

/*
 * Lists the fields of BLOCK (the header up to the blank line; one at the end
 * is left out). The list lives in the arena, the slices in BLOCK. False with
 * FAILURE_LIMIT when there are more than FIELDS_MAX fields or BYTES_MAX bytes
 * (0: no such limit); what is malformed is listed and counted, never refused.
 */
bool header_scan(struct arena *arena, struct slice block, size_t fields_max,
	size_t bytes_max, struct header *header_r);

/* The number of a field name, whatever its case. */
enum header_name header_name_of(struct slice name);
/* "Message-ID"; NULL for HEADER_OTHER. */
const char *header_name_text(enum header_name name);

/* The first field so named; NULL: none. */
const struct header_field *header_find(
	const struct header *header, enum header_name name);
/* Its value, SLICE_EMPTY where there is none. */
struct slice header_value(const struct header *header, enum header_name name);
/* The next field of the same name behind AFTER; NULL: none. */
const struct header_field *header_find_next(
	const struct header *header, const struct header_field *after);
/* By text, whatever its case, behind AFTER; AFTER NULL: the first. */
const struct header_field *header_find_text(const struct header *header,
	struct slice name, const struct header_field *after);

/* FIELD of HEADER is for us alone: fixup_build leaves it out. */
void header_make_private(struct header *header, const struct header_field *field);

/* The value with its folds taken out and outer space trimmed (RFC 5322 2.2.3);
 * in the arena if it was folded, else in the block. */
struct slice header_unfold(struct arena *arena, struct slice value);

/*
 * Loops (RFC 5321 6.3). Hops are Received fields; header_hops_by counts those
 * whose "by" is HOSTNAME, that is, how often the message was here before.
 */
size_t header_hops(const struct header *header);
size_t header_hops_by(const struct header *header, struct slice hostname);
/* Whether a Delivered-To field names ADDRESS (case of ASCII letters ignored). */
bool header_was_delivered_to(const struct header *header, struct slice address);

/* Bits (1 << enum header_name) of the fields there more than once though RFC
 * 5322 3.6 (for MIME's, RFC 2045) allows one. */
uint32_t header_duplicates(const struct header *header);

#endif
