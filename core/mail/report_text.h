/* Finding addresses, replies and status codes in text of strangers. For
 * report*.c. */
#ifndef RINGPOST_MAIL_REPORT_TEXT_H
#define RINGPOST_MAIL_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

/* In one line, clean, with single spaces, at most REPORT_TEXT_MAX bytes; in the
 * arena. */
struct slice report_line(struct arena *arena, struct slice text);

/* The first mailbox in TEXT (no domain literal), and where it begins and ends. */
struct report_place {
	struct slice address;
	size_t begin, end;
};
bool report_find_address(struct slice text, struct report_place *place_r);

/* "Name <user@host>", "<user@host>", "rfc822; user@host": the mailbox; empty:
 * there is none. In the arena or in VALUE. */
struct slice report_mailbox(struct arena *arena, struct slice value);

/* A reply of SMTP somewhere in TEXT. */
struct report_reply {
	int code;	     /* 0: none */
	struct slice status; /* "5.1.1", in TEXT; empty: none */
	size_t begin, end;   /* of both */
};
/* The likeliest: a code with a status, then one alone; a status alone. */
bool report_find_reply(struct slice text, struct report_reply *reply_r);
/* "5.1.1" at the beginning of TEXT and nothing that makes it longer: its size,
 * else 0. */
size_t report_status_size(struct slice text);

/* LINE, as report_line made it, without the "550 5.1.1 " it begins with and
 * repeats for each further line of a reply; in the arena. */
struct slice report_strip_codes(struct arena *arena, struct slice line);

/* A copy in the arena, ASCII letters in lower case. */
struct slice report_lower(struct arena *arena, struct slice text);

#endif
