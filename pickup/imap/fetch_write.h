/*
 * FETCH's responses (RFC 9051 7.5.2), item by item: "* 12 FETCH (", each label with
 * its value, ")".
 */
#ifndef RINGPOST_IMAP_FETCH_WRITE_H
#define RINGPOST_IMAP_FETCH_WRITE_H

#include <stdint.h>

#include "base/buffer.h"
#include "imap/fetch_items.h"
#include "imap/flags.h"

struct fetch_writer {
	struct buffer *out;
	bool utf8;
	bool any;     /* an item was written */
	uint32_t uid; /* of a response that begins with it (RFC 9586); 0: with a number
		       */
	bool asked_uid;
};

void fetch_begin(struct fetch_writer *writer, uint32_t sequence);
/* "* 4711 UIDFETCH (": the item UID is left out, unless it is the only one. */
void fetch_begin_uid(struct fetch_writer *writer, uint32_t uid);
void fetch_end(struct fetch_writer *writer);

/* "LABEL " in front of a value that the caller appends: structures as they are
 * kept. */
void fetch_label(struct fetch_writer *writer, struct slice label);
void fetch_flags(struct fetch_writer *writer, const struct imap_flags *flags);
/* The same; keywords as the store keeps them. */
void fetch_flags_words(struct fetch_writer *writer, uint8_t system, struct slice words);
void fetch_uid(struct fetch_writer *writer, uint32_t uid);
void fetch_modseq(struct fetch_writer *writer, uint64_t modseq);
void fetch_size(struct fetch_writer *writer, struct slice label, uint64_t size);
void fetch_internal_date(struct fetch_writer *writer, int64_t ms);
/* SAVEDATE; MS 0: NIL. */
void fetch_save_date(struct fetch_writer *writer, int64_t ms);
/* EMAILID, THREADID (RFC 8474); an empty id: NIL. */
void fetch_object(struct fetch_writer *writer, struct slice label, struct slice id);
/* PREVIEW and what else is a string; at NULL: NIL. */
void fetch_text(struct fetch_writer *writer, struct slice label, struct slice text);
/* "LABEL {SIZE}", or "~{SIZE}" for what may hold NULs: SIZE bytes follow. */
void fetch_literal(
	struct fetch_writer *writer, struct slice label, uint64_t size, bool binary);

#endif
