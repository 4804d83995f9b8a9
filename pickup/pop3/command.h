/*
 * POP3 commands: one line from a client, parsed into one struct (RFC 1939 3, RFC
 * 2449 4, RFC 5034 4, RFC 6856). Whether it is in its turn is the server's business.
 */
#ifndef RINGPOST_POP3_COMMAND_H
#define RINGPOST_POP3_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "mail/sasl.h"

/* With CRLF. RFC 2449 4 has 255; a password may be longer, and so may what AUTH
 * begins with and its answers. */
#define POP3_LINE_MAX	   (SASL_PASSWORD_MAX + 64)
#define POP3_AUTH_LINE_MAX SASL_LINE_MAX

enum pop3_verb {
	POP3_UNKNOWN,
	/* before the login */
	POP3_USER,
	POP3_PASS,
	POP3_APOP,
	POP3_AUTH,
	POP3_STLS,
	POP3_UTF8,
	/* at any time */
	POP3_CAPA,
	POP3_LANG,
	POP3_QUIT,
	/* behind it */
	POP3_STAT,
	POP3_LIST,
	POP3_UIDL,
	POP3_RETR,
	POP3_TOP,
	POP3_DELE,
	POP3_RSET,
	POP3_NOOP,
	POP3_VERBS
};

/* Slices point into the line. What is absent has at NULL. */
struct pop3_command {
	enum pop3_verb verb;
	bool foreign;	   /* another protocol's (HTTP, SMTP): hang up */
	struct slice name; /* USER, APOP; LANG: a language tag */
	struct slice
		secret; /* PASS: all behind the space; APOP: 32 hexadecimal digits */
	struct slice mechanism; /* AUTH */
	struct slice initial;	/* AUTH: "=" for an empty one */
	bool has_number;	/* LIST and UIDL may have none */
	uint64_t number; /* of a message, from 1; what is none, or too large: 0 */
	uint64_t lines;	 /* TOP */
};

/* "RETR" */
const char *pop3_verb_name(enum pop3_verb verb);
/* LINE without its end. False: *refusal_r says why, and the verb is set where it
 * was understood. */
bool pop3_command_parse(
	struct slice line, struct pop3_command *command_r, const char **refusal_r);

#endif
