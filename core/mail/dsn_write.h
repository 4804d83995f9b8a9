/*
 * Writing notifications: text of strangers made safe, folded, never a line
 * beyond RFC 5322's limit. For dsn*.c.
 */
#ifndef RINGPOST_MAIL_DSN_WRITE_H
#define RINGPOST_MAIL_DSN_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

struct dsn_writer {
	struct buffer *out;
	bool utf8;   /* UTF-8 may be written; else it becomes '?' */
	bool failed; /* OUT is full: nothing more is written */
};

/* As it is. */
void dsn_put(struct dsn_writer *writer, const char *text);
/* In one line, 300 bytes at the most: tabs and line ends become spaces, other
 * control bytes and what is not UTF-8 '?'. */
void dsn_put_clean(struct dsn_writer *writer, struct slice text);
/* A mailbox; what is not ASCII as RFC 6533 3's "\x{E9}" if it must. */
void dsn_put_address(struct dsn_writer *writer, struct slice address);
/* dsn_put_address where the parser may be told, in a field "type; address":
 * TYPE empty: "rfc822" or "utf-8" after what the address holds. */
void dsn_put_typed_address(
	struct dsn_writer *writer, struct slice type, struct slice address);
void dsn_put_date(struct dsn_writer *writer, int64_t wall_ms);

/*
 * Clean text of DSN_REPLY_MAX bytes at the most, as words with single spaces
 * between them, each new line begun with INDENT; COLUMN is where the line at
 * hand is.
 */
void dsn_put_folded(struct dsn_writer *writer, struct slice text, const char *indent,
	size_t column);
/* Header bytes, line by line: long lines cut, control bytes made '?'. */
void dsn_put_header(struct dsn_writer *writer, struct slice header);

#endif
