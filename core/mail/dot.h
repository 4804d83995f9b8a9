/*
 * The text of a message on the wire: what DATA and BDAT carry is checked as
 * it streams past, and DATA's dots are taken out and put in (RFC 5321 4.5.2),
 * all without copying.
 *
 * Lines end in CRLF and in nothing else. A CR or LF that stands alone, or a
 * NUL, is a fault: the message must be refused (550 5.6.0), but reading goes
 * on to the real end so that the dialogue stays in step. CRLF "." CRLF ends
 * DATA; nothing that only looks like it does (RFC 5321 4.1.1.4).
 */
#ifndef RINGPOST_MAIL_DOT_H
#define RINGPOST_MAIL_DOT_H

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
	size_t line_limit;   /* longest line allowed, without CRLF; 0: any */
	uint64_t bytes;      /* as stored: without stuffed dots and the end */
	uint64_t lines;      /* ended by LF */
	uint64_t line;       /* bytes of the line being read, any CR with them */
	uint64_t longest;    /* longest line, without its CRLF */
	uint64_t dot_lines;  /* lines that begin with a dot: 0 → no stuffing */
	unsigned faults;     /* of enum text_fault, together */
	bool eight_bit;      /* a byte above 127 was seen: BODY=8BITMIME */
	bool after_cr;       /* the last byte was a CR */
	bool after_cr_lf;    /* the last two bytes were CR LF */
};

/* "a CR without LF", … : the worst of FAULTS in words, for a reply. */
const char *text_fault_words(unsigned faults);

/*
 * Text without dots (BDAT, RFC 3030): checks the next chunk, then, after the
 * last one, what only the end shows (a CR at the very end, the last line).
 */
void text_check(struct text_facts *facts, struct slice chunk);
void text_check_end(struct text_facts *facts);

struct dot_decoder {
	struct text_facts facts;
	bool ended;    /* CRLF "." CRLF was read */
	uint8_t after; /* private: how much of a dot line was read */
};

void dot_decoder_init(struct dot_decoder *decoder, size_t line_limit);
/*
 * Takes the next run of message text out of *INPUT. The run lies in the
 * input (or is one static byte); *INPUT becomes what was not read yet.
 *
 *	while (dot_decode(&decoder, &input, &run))
 *		keep(run);
 *	if (decoder.ended)
 *		input holds what the peer sent after the message;
 *
 * False: the input is used up, or the end was read. Works at every cut.
 */
bool dot_decode(struct dot_decoder *decoder, struct slice *input, struct slice *run_r);

/*
 * The other way, for sending with DATA. Zeroed memory is a start. Feed the
 * message's slices in order; each gives one or more pieces to send, which lie
 * in it (a doubled dot is the same byte sent twice).
 *
 *	while (dot_encode(&encoder, &input, &piece))
 *		send(piece);
 *	…
 *	send(dot_encode_end(&encoder));
 */
struct dot_encoder {
	uint8_t state;    /* private: what the last bytes were */
	bool doubled;     /* private: the dot at hand was sent once */
	bool begun;       /* private: anything was fed */
};

bool dot_encode(struct dot_encoder *encoder, struct slice *input, struct slice *piece_r);
/* ".\r\n", with a CRLF before it if the message did not end in one; static. */
struct slice dot_encode_end(const struct dot_encoder *encoder);

/* Whether any line of the message made of these slices begins with a dot, so
 * that it needs the encoder; without, the slices can be sent as they are. */
bool dot_needed(const struct slice *pieces, size_t count);

#endif
