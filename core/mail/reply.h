/*
 * SMTP replies: RFC 5321 section 4.2, enhanced status codes RFC 2034/3463.
 *
 * A refusal is data, never a failure: what a peer said to us, and what we say
 * to a peer, are both a struct reply.
 */
#ifndef RINGPOST_MAIL_REPLY_H
#define RINGPOST_MAIL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

struct enhanced_code { /* class 0: none */
	unsigned short class, subject, detail;
};

struct reply {
	int code; /* 200 … 599; 0: none */
	struct enhanced_code enhanced;
	struct slice text; /* lines joined by '\n', code and enhanced code taken
			      off, nothing but printable UTF-8 otherwise */
};

/* For replies of ours: REPLY(501, 5, 5, 4, "Syntax error in parameters"). */
#define REPLY(code, class, subject, detail, text) \
	((struct reply){                          \
		(code), {(class), (subject), (detail)}, {(text), sizeof(text) - 1}})

bool reply_is_positive(const struct reply *reply);     /* 2yz */
bool reply_is_intermediate(const struct reply *reply); /* 3yz */
bool reply_is_transient(const struct reply *reply);    /* 4yz */
bool reply_is_permanent(const struct reply *reply);    /* 5yz */

/* A copy whose text lives in the arena. */
struct reply reply_copy(struct arena *arena, const struct reply *reply);
/*
 * "550 5.1.1 No such user here; try later" on one line, for logs and DSNs: at
 * most SIZE bytes with the NUL, cut at a character's end.
 */
struct slice reply_print(const struct reply *reply, char *text, size_t size);
/* "5.1.1", or for class 0 what the code alone says: "5.0.0". 16 bytes. */
struct slice reply_status(const struct reply *reply, char text[16]);
/* "5.1.1" and nothing else; class 2, 4 or 5. */
bool enhanced_code_parse(struct slice text, struct enhanced_code *code_r);

/* --- What a peer says --- */

#define REPLY_LINES_MAX 100  /* more is a fault of the peer */
#define REPLY_TEXT_MAX	8192 /* bytes of text kept; the rest is dropped */

enum reply_progress {
	REPLY_MORE,  /* a continuation line; feed the next */
	REPLY_DONE,  /* parser->reply is complete */
	REPLY_FAULT, /* not a reply: parser->fault says why */
};

/* Zeroed memory is a parser ready for the first line. */
struct reply_parser {
	struct reply reply; /* text valid until the next feed or finish */
	const char *fault;  /* static */
	struct buffer text;
	unsigned lines;
	bool complete;
};

/*
 * One line without its CRLF. After DONE the next line starts a new reply; after
 * FAULT nothing more is accepted. Missing text ("250") is tolerated; codes
 * that change, are not 2yz-5yz, or run into the text are not.
 */
enum reply_progress reply_parser_feed(struct reply_parser *parser, struct slice line);
void reply_parser_finish(struct reply_parser *parser);

/* --- What we say --- */

#define REPLY_LINE_MAX 512 /* RFC 5321 4.5.3.1.5, with CRLF */

/*
 * Appends a whole reply, CRLF at the end. ENHANCED ("5.5.4") stands on every
 * line, NULL: none. '\n' in the text makes a multi-line reply; other control
 * bytes become '?'; a line too long is cut. False with FAILURE_LIMIT when it
 * does not fit the buffer, which is then unchanged.
 */
bool reply_format(struct buffer *buffer, int code, const char *enhanced,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
bool reply_append(struct buffer *buffer, const struct reply *reply);

#endif
