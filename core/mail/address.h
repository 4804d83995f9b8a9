/*
 * Mailboxes and paths: RFC 5321 sections 4.1.2 and 4.1.3, RFC 6531 section 3.3.
 *
 * Parsed once, at the edge. Members are slices of the text that was parsed
 * and live as long as it does; address_copy makes them last. Control bytes are
 * refused everywhere, also where the RFC's grammar could be read to allow them.
 */
#ifndef RINGPOST_MAIL_ADDRESS_H
#define RINGPOST_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

#define ADDRESS_LOCAL_MAX  64  /* RFC 5321 4.5.3.1.1, octets as written */
#define ADDRESS_DOMAIN_MAX 255 /* RFC 5321 4.5.3.1.2 */
#define ADDRESS_MAX	   254 /* a path is 256 with its brackets, 4.5.3.1.3 */

struct address {
	struct slice local;  /* as written, with its quotes when quoted */
	struct slice domain; /* as written, a literal with its brackets */
	bool quoted;	     /* local is a quoted-string */
	bool literal;	     /* domain is an address literal; ip is set */
	bool utf8;	     /* holds bytes beyond ASCII, which are valid UTF-8 */
	uint8_t ip[16];	     /* of a literal; IPv4 as ::ffff:a.b.c.d */
};

enum address_fault {
	ADDRESS_OK,
	ADDRESS_SYNTAX,	 /* not a mailbox or path */
	ADDRESS_CONTROL, /* a control byte, or DEL */
	ADDRESS_LOCAL_TOO_LONG,
	ADDRESS_DOMAIN_TOO_LONG,
	ADDRESS_TOO_LONG,
	ADDRESS_BAD_DOMAIN,  /* a domain that no name server could hold */
	ADDRESS_BAD_LITERAL, /* neither IPv4 nor IPv6 between brackets */
	ADDRESS_BAD_UTF8,
	ADDRESS_NOT_ASCII, /* well formed, but SMTPUTF8 was not allowed */
};

/* What address_parse and address_parse_path may accept beside local@domain. */
enum {
	ADDRESS_UTF8 = 1,	/* bytes beyond ASCII, RFC 6531 */
	ADDRESS_NULL = 2,	/* "<>", the null reverse path (path only) */
	ADDRESS_POSTMASTER = 4, /* "Postmaster" without a domain, RFC 5321 4.1.1.3 */
};

/* All of TEXT is one mailbox, without angle brackets. */
enum address_fault address_parse(
	struct slice text, unsigned allow, struct address *address_r);
/*
 * TEXT begins with a path in angle brackets; a source route in it is checked
 * and dropped (RFC 5321 appendix C). *used_r: bytes up to and with the '>'.
 */
enum address_fault address_parse_path(
	struct slice text, unsigned allow, struct address *address_r, size_t *used_r);
/* "the domain is too long", for messages to people; static. */
const char *address_fault_text(enum address_fault fault);

/* The null reverse path. */
bool address_is_null(const struct address *address);
/* The local part is not ASCII: only an SMTPUTF8 peer can be given it. (A
 * domain that is not can travel as its A-label, domain.h.) */
bool address_needs_utf8(const struct address *address);

/*
 * The canonical form without brackets into TEXT: a local part is quoted only
 * where it must be, with as few backslashes as can be, its case kept; the
 * domain is in lower case (ASCII), a literal in its shortest form. Equal
 * mailboxes written differently print the same. Empty for the null path.
 */
struct slice address_print(const struct address *address, char text[ADDRESS_MAX + 1]);
/* The same in an arena. */
struct slice address_print_in(struct arena *arena, const struct address *address);
/* The local part without quotes and backslashes: what the mailbox is called. */
struct slice address_print_local(
	const struct address *address, char text[ADDRESS_LOCAL_MAX + 1]);

/* Local parts equal once unquoted, case matters; domains as domain_equal. */
bool address_equal(const struct address *a, const struct address *b);
/* A copy whose slices live in the arena. */
struct address address_copy(struct arena *arena, const struct address *address);

#endif
