/* Commands read, once they were collected (imap/collect.h). Pure. */
#ifndef RINGPOST_IMAP_PARSE_H
#define RINGPOST_IMAP_PARSE_H

#include "imap/command.h"

/*
 * TEXT is a command with the ends of its lines, literals in their places; an
 * APPEND's ends where its first message begins. UTF8: names are UTF-8 (after
 * ENABLE UTF8=ACCEPT or IMAP4rev2). What was read lives in TEXT and the arena.
 * False: it is to be answered with the error, under command_r->tag if that is not
 * empty.
 */
bool imap_parse(struct arena *arena, struct slice text, bool utf8,
	struct imap_command *command_r, struct imap_error *error_r);

enum imap_append_next {
	IMAP_APPEND_END,     /* there are no more messages */
	IMAP_APPEND_MESSAGE, /* one more, in append_r */
	IMAP_APPEND_WRONG,
};

/*
 * What was collected behind a message of an APPEND (RFC 3502). UTF8_LITERAL: that
 * one was in "UTF8 (…)".
 */
enum imap_append_next imap_parse_append(struct arena *arena, struct slice text,
	bool utf8_literal, struct imap_append *append_r, struct imap_error *error_r);

#endif
