/*
 * DATA's dots, taken out of what comes and put into what goes (RFC 5321
 * 4.5.2), without copying; see text_facts.h for the checks made on the way.
 *
 * CRLF "." CRLF ends DATA, and nothing that only looks like it (RFC 5321
 * 4.1.1.4). After a fault reading goes on to the real end, so that the
 * dialogue stays in step.
 */
#ifndef RINGPOST_MAIL_DOT_H
#define RINGPOST_MAIL_DOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "mail/text_facts.h"

struct dot_decoder {
	struct text_facts facts; /* of the message, without stuffing and end */
	bool ended;		 /* CRLF "." CRLF was read */
	uint8_t state;		 /* private: how much of a dot line was read */
};

/* LINE_LIMIT as in text_facts. */
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
	uint8_t state; /* private: what the last bytes were */
	bool doubled;  /* private: the dot at hand was sent once */
};

bool dot_encode(
	struct dot_encoder *encoder, struct slice *input, struct slice *piece_r);
/* ".\r\n", with a CRLF before it if the message did not end in one; static. */
struct slice dot_encode_end(const struct dot_encoder *encoder);

/*
 * Whether any line of the message made of these slices begins with a dot, so
 * that it needs the encoder; without, the slices can be sent as they are.
 */
bool dot_needed(const struct slice *pieces, size_t count);

#endif
