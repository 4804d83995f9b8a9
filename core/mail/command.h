/*
 * SMTP commands: one line from a client, parsed into one struct.
 *
 * RFC 5321 section 4.1, with the parameters of RFC 1870 (SIZE), 6152 and 3030
 * (BODY, BDAT), 6531 (SMTPUTF8), 3461 (RET ENVID NOTIFY ORCPT), 4954 (AUTH), and
 * those of extension.h; XCLIENT is Postfix's (xclient.h).
 * A wrong command is data: the very reply to send. Whether it is in its turn,
 * and its extension was offered, is the server's business.
 */
#ifndef RINGPOST_MAIL_COMMAND_H
#define RINGPOST_MAIL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "mail/address.h"
#include "mail/extension.h"
#include "mail/reply.h"
#include "mail/xtext.h"

/* Lines with their CRLF: 512 plus what the extensions above add; AUTH and
 * answers to its challenges, RFC 4954 4. */
#define SMTP_LINE_MAX	   2048
#define SMTP_AUTH_LINE_MAX 12288

enum smtp_line_fault {
	SMTP_LINE_OK,
	SMTP_LINE_UNTERMINATED, /* does not end with LF */
	SMTP_LINE_BARE_LF,	/* LF without CR before it, anywhere */
	SMTP_LINE_BARE_CR,	/* CR without LF behind it */
	SMTP_LINE_NUL,
	SMTP_LINE_TWO_LINES, /* CRLF inside */
};

/* RAW is a line with its terminator: CRLF at the end and none of CR, LF, NUL
 * before it (RFC 5321 2.3.8). */
enum smtp_line_fault smtp_line_check(struct slice raw);
/* The reply for a fault (500 5.5.2); such a session had better end. */
struct reply smtp_line_refusal(enum smtp_line_fault fault);

enum smtp_verb {
	SMTP_UNKNOWN,
	SMTP_EHLO,
	SMTP_HELO,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_BDAT,
	SMTP_RSET,
	SMTP_NOOP,
	SMTP_QUIT,
	SMTP_VRFY,
	SMTP_EXPN,
	SMTP_HELP,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_XCLIENT,
};

/* "EHLO"; "UNKNOWN" for what is none. */
const char *smtp_verb_name(enum smtp_verb verb);

/* clang-format off */
enum smtp_body {
	SMTP_BODY_NONE, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME
};
/* clang-format on */
enum smtp_ret { SMTP_RET_NONE, SMTP_RET_FULL, SMTP_RET_HDRS };
enum { /* bits of notify; 0: the parameter was not given */
	SMTP_NOTIFY_NEVER = 1,
	SMTP_NOTIFY_SUCCESS = 2,
	SMTP_NOTIFY_FAILURE = 4,
	SMTP_NOTIFY_DELAY = 8,
};

/* Slices point into the line or the arena. Text that is absent has at NULL. */
struct smtp_command {
	enum smtp_verb verb;
	struct slice argument; /* EHLO, HELO: the name (1-255 of atext . : [ ]);
				  others: the rest of the line */
	bool foreign;	       /* UNKNOWN, and another protocol's (HTTP): hang up */
	struct address path;   /* MAIL (null: <>), RCPT (domain may be empty) */
	bool has_parameters;   /* MAIL, RCPT: any were given (not after HELO) */

	/* MAIL; smtputf8 also VRFY, EXPN */
	bool has_size;
	uint64_t size;
	enum smtp_body body;
	bool smtputf8;
	enum smtp_ret ret;
	struct slice envid; /* decoded */
	struct slice auth;  /* AUTH=: decoded, empty with at set for "<>" */
	struct smtp_extensions extensions;
	/* RCPT */
	unsigned notify;
	struct orcpt orcpt; /* type.at NULL: not given */
	/* BDAT */
	uint64_t chunk_size;
	bool last;
	/* AUTH */
	struct slice mechanism; /* case as given */
	struct slice initial;	/* base64, "=" for an empty one */
};

/*
 * LINE is without its CRLF. UTF8: the transaction is SMTPUTF8 (for RCPT; the
 * others that may be say so themselves). True: *command_r is complete. False:
 * *refusal_r is the reply (static text), and only command_r->verb and foreign mean
 * anything.
 */
bool smtp_command_parse(struct slice line, bool utf8, struct arena *arena,
	struct smtp_command *command_r, struct reply *refusal_r);

/* "SUCCESS,FAILURE" for the RCPT line to a peer and for logs; empty for 0. */
struct slice smtp_notify_print(unsigned notify, char text[32]);

#endif
