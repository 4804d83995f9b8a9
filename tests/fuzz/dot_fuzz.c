/*
 * Fuzzes DATA's dots: however the input is cut, the decoder does what a plain
 * byte by byte one does, and what the encoder wrote is read back as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "mail/dot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* What RFC 5321 4.5.2 says, one byte at a time. */
struct plain {
	struct buffer text;
	bool ended, faulty, eight_bit;
	size_t read;
};

static void decode_plainly(struct slice wire, struct plain *plain)
{
	size_t i = 0;

	while (i < wire.size && !plain->ended) {
		bool start = i == 0 || (i >= 2 && wire.at[i - 2] == '\r' &&
					       wire.at[i - 1] == '\n');
		struct slice rest = slice_from(wire, i);
		char c = wire.at[i];

		if (start && slice_starts(rest, SLICE(".\r\n"))) {
			plain->ended = true;
			i += 3;
			continue;
		}
		if (!start || c != '.') {
			buffer_append_byte(&plain->text, c);
			plain->eight_bit |= (c & 0x80) != 0;
			plain->faulty |= c == '\0';
			plain->faulty |= c == '\n' &&
					 (i == 0 || wire.at[i - 1] != '\r');
			plain->faulty |= c == '\r' && rest.size > 1 &&
					 rest.at[1] != '\n';
		}
		i++;
	}
	plain->read = i;
}

static void decode(struct slice wire, uint8_t cuts, const struct plain *plain)
{
	struct dot_decoder decoder;
	struct buffer text = {0};
	size_t at = 0;
	unsigned faults;

	dot_decoder_init(&decoder, 0);
	while (at < wire.size && !decoder.ended) {
		struct slice input, run;
		size_t given;

		cuts = (uint8_t)(cuts * 5 + 1);
		input = slice_part(wire, at, cuts == 255 ? wire.size : 1u + cuts % 70);
		given = input.size;
		while (dot_decode(&decoder, &input, &run))
			MUST(buffer_append(&text, run));
		at += given - input.size;
	}
	faults = decoder.facts.faults;
	MUST(decoder.ended == plain->ended);
	MUST(decoder.facts.eight_bit == plain->eight_bit);
	MUST(decoder.facts.bytes == buffer_size(&text));
	if (plain->ended) {
		MUST(at == plain->read);
		MUST((faults != 0) == plain->faulty);
		MUST(slice_equal(
			buffer_contents(&text), buffer_contents(&plain->text)));
	}
	buffer_finish(&text);
}

static void encode(struct slice text, uint8_t cuts)
{
	struct dot_encoder encoder = {0};
	struct buffer wire = {0};
	struct plain plain = {0};
	struct slice rest = text;
	size_t size = text.size;

	while (rest.size) {
		struct slice input, piece;

		cuts = (uint8_t)(cuts * 5 + 1);
		input = slice_part(rest, 0, 1 + cuts % 70);
		rest = slice_from(rest, input.size);
		while (dot_encode(&encoder, &input, &piece))
			MUST(buffer_append(&wire, piece));
	}
	MUST(dot_needed(&text, 1) == (buffer_size(&wire) > text.size));
	MUST(buffer_append(&wire, dot_encode_end(&encoder)));
	decode_plainly(buffer_contents(&wire), &plain);
	MUST(plain.ended && plain.read == buffer_size(&wire));
	if (size && !slice_ends(text, SLICE("\r\n"))) {
		MUST(slice_ends(buffer_contents(&plain.text), SLICE("\r\n")));
		buffer_truncate(&plain.text, size);
	}
	MUST(slice_equal(buffer_contents(&plain.text), text));
	buffer_finish(&wire);
	buffer_finish(&plain.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plain plain = {0};
	struct slice wire;

	if (!size)
		return 0;
	wire = slice_make(data + 1, size - 1);
	decode_plainly(wire, &plain);
	decode(wire, data[0], &plain);
	decode(wire, 255, &plain);
	encode(wire, data[0]);
	buffer_finish(&plain.text);
	return 0;
}
