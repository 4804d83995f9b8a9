/*
 * The text of a message, checked as it streams past (DATA without its dots,
 * BDAT): lines end in CRLF and in nothing else (RFC 5321 2.3.8).
 *
 * A CR or LF that stands alone, or a NUL, is a fault: the message must be
 * refused (550 5.6.0).
 */
#ifndef RINGPOST_MAIL_TEXT_FACTS_H
#define RINGPOST_MAIL_TEXT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* RFC 5321 4.5.3.1.6 and RFC 5322 2.1.1: 1000 bytes with the CRLF. */
#define TEXT_LINE_MAX 998

enum text_fault {
	TEXT_BARE_CR = 1,
	TEXT_BARE_LF = 2,
	TEXT_NUL = 4,
	TEXT_LONG_LINE = 8,
};

/* What is known about the text so far. Zeroed, with line_limit, is a start. */
struct text_facts {
	size_t line_limit; /* longest line allowed, without CRLF; 0: any */
	uint64_t bytes;
	uint64_t lines;	    /* ended by LF */
	uint64_t line;	    /* bytes of the line being read, any CR with them */
	uint64_t longest;   /* longest ended line, without its CRLF */
	uint64_t dot_lines; /* lines that begin with a dot; 0: DATA needs no
			       stuffing, dot.h */
	unsigned faults;    /* of enum text_fault, together */
	bool eight_bit;	    /* a byte above 127 was seen: BODY=8BITMIME */
	bool after_cr;	    /* the last byte was a CR */
	bool inside_line;   /* something stands behind the last CRLF */
};

/* Checks the next bytes. */
void text_check(struct text_facts *facts, struct slice chunk);
/* No more bytes: what only the end shows (a CR at the very end, an unended
 * last line, which counts as one). */
void text_check_end(struct text_facts *facts);

/* As text_check, but stops in front of a dot that begins a line, without
 * counting it; the number of bytes checked. For dot.c. */
size_t text_check_to_dot(struct text_facts *facts, struct slice chunk);

/* "a CR without LF", …: the worst of FAULTS in words, for a reply; NULL: none. */
const char *text_fault_words(unsigned faults);

#endif
