/* What somebody may do with a mailbox (RFC 4314). Pure. */
#ifndef RINGPOST_STORE_RIGHTS_H
#define RINGPOST_STORE_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum mailbox_right {
	RIGHT_LOOKUP = 1,	 /* l: it is there, and in lists */
	RIGHT_READ = 2,		 /* r */
	RIGHT_SEEN = 4,		 /* s: \Seen, which each has of his own */
	RIGHT_WRITE = 8,	 /* w: flags but \Seen and \Deleted */
	RIGHT_INSERT = 16,	 /* i */
	RIGHT_POST = 32,	 /* p: kept, and asked by nobody here */
	RIGHT_CREATE = 64,	 /* k: mailboxes below it */
	RIGHT_REMOVE = 128,	 /* x: the mailbox */
	RIGHT_DELETE = 256,	 /* t: \Deleted */
	RIGHT_EXPUNGE = 512,	 /* e */
	RIGHT_ADMINISTER = 1024, /* a: who may do what */
	RIGHTS_ALL = 2047,
};

#define RIGHTS_TEXT_MAX 16

/* "lrs"; "c" is k and x, "d" is t and e (RFC 4314 2.1.1). False: another letter. */
bool rights_read(struct slice text, unsigned *rights_r);
/* The letters, "c" and "d" behind them where they are true in part; how many. */
size_t rights_write(unsigned rights, char text_r[RIGHTS_TEXT_MAX]);

/* Everybody, in place of a name; in front of one: what it may not, whatever others
 * say. */
#define GRANT_ANYONE "anyone"
#define GRANT_NOT    '-'

/* What somebody was given: a name, GRANT_ANYONE, or GRANT_NOT and one of them. */
struct grant {
	struct slice who;
	unsigned rights;
};
struct grants {
	const struct grant *at; /* by name */
	size_t count;
};
/* What WHO may do, who is not the owner: all that he and anyone were given, without
 * what was taken from either. */
unsigned rights_of(const struct grant *list, size_t count, struct slice who);

#endif
