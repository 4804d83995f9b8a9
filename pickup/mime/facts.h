/*
 * What is kept of a message beside its bytes, so that lists need no file: made
 * once, when it is stored. A packed value with a version: of another version it
 * is made anew from the message.
 */
#ifndef RINGPOST_MIME_FACTS_H
#define RINGPOST_MIME_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

#define FACTS_VERSION	 3
#define FACTS_REFERENCES 100 /* of a message; the last ones */

struct facts {
	struct slice envelope;	   /* as IMAP writes it */
	struct slice structure;	   /* BODYSTRUCTURE */
	struct slice body;	   /* BODY, without the extension data */
	struct slice parts;	   /* mime/parts.h */
	struct slice preview;	   /* RFC 8970: UTF-8, at most 200 characters */
	struct slice subject;	   /* its base, UTF-8 */
	bool is_answer;		   /* its subject says so */
	struct slice from, to, cc; /* mailboxes of the first addresses */
	struct slice from_display, to_display; /* RFC 5957 */
	struct slice message_id; /* without brackets; empty: none that is one */
	struct slice references; /* ids, each followed by a LF: of References, else
				    of In-Reply-To the first */
	bool has_date;
	int64_t sent_ms; /* of Date */
	uint64_t header_size;
};

/* Appends the facts of MESSAGE, lines ended by CRLF, to OUT. */
void facts_make(struct slice message, struct buffer *out);
/* Slices in PACKED. False: it is of another version, or damaged. */
bool facts_read(struct slice packed, struct facts *facts_r);

#endif
