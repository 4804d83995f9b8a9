/* Dot-stuffing both ways; see dot.h. */
#include "mail/dot.h"

#include <string.h>

#include "mail/text_scan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

enum decoder_state {
	DECODE_TEXT,
	DECODE_DOT,    /* CRLF "." */
	DECODE_DOT_CR, /* CRLF "." CR */
};

enum encoder_state {
	ENCODE_LINE_START,
	ENCODE_INSIDE,
	ENCODE_CR,
};

static bool decode_dot_line(
	struct dot_decoder *decoder, struct slice *input, struct slice *run_r);
static size_t find_dot(const struct dot_encoder *encoder, struct slice input);
static uint8_t state_after(struct slice piece, uint8_t before);

void dot_decoder_init(struct dot_decoder *decoder, size_t line_limit)
{
	*decoder = (struct dot_decoder){.facts.line_limit = line_limit};
}

bool dot_decode(struct dot_decoder *decoder, struct slice *input, struct slice *run_r)
{
	while (input->size && !decoder->ended) {
		size_t size;

		if (decoder->state != DECODE_TEXT) {
			if (decode_dot_line(decoder, input, run_r))
				return true;
			continue;
		}
		size = text_check_to_dot(&decoder->facts, *input);
		if (size) {
			*run_r = (struct slice){input->at, size};
			*input = (struct slice){input->at + size, input->size - size};
			return true;
		}
		decoder->state = DECODE_DOT;
		*input = (struct slice){input->at + 1, input->size - 1};
	}
	return false;
}

bool dot_encode(struct dot_encoder *encoder, struct slice *input, struct slice *piece_r)
{
	size_t dot;

	if (!input->size)
		return false;
	dot = find_dot(encoder, *input);
	if (dot < input->size) {
		*piece_r = (struct slice){input->at, dot + 1};
		*input = (struct slice){input->at + dot, input->size - dot};
		encoder->state = ENCODE_LINE_START;
		encoder->doubled = true;
		return true;
	}
	*piece_r = *input;
	encoder->state = state_after(*input, encoder->state);
	encoder->doubled = false;
	*input = SLICE_EMPTY;
	return true;
}

struct slice dot_encode_end(const struct dot_encoder *encoder)
{
	return encoder->state == ENCODE_LINE_START ? SLICE(".\r\n")
						   : SLICE("\r\n.\r\n");
}

bool dot_needed(const struct slice *pieces, size_t count)
{
	struct dot_encoder encoder = {0};

	for (size_t i = 0; i < count; i++) {
		struct slice input = pieces[i], piece;

		while (dot_encode(&encoder, &input, &piece)) {
			if (encoder.doubled)
				return true;
		}
	}
	return false;
}

/* A dot that began a line was read and not handed out. */
static bool decode_dot_line(
	struct dot_decoder *decoder, struct slice *input, struct slice *run_r)
{
	char byte = *input->at;

	if (decoder->state == DECODE_DOT && byte == '\r') {
		decoder->state = DECODE_DOT_CR;
	} else if (decoder->state == DECODE_DOT_CR && byte == '\n') {
		decoder->ended = true;
	} else if (decoder->state == DECODE_DOT_CR) {
		/* The CR is text after all, and stands alone. */
		*run_r = SLICE("\r");
		text_check(&decoder->facts, *run_r);
		decoder->state = DECODE_TEXT;
		return true;
	} else {
		decoder->facts.inside_line = true;
		decoder->facts.dot_lines += byte == '.';
		decoder->state = DECODE_TEXT;
		return false;
	}
	*input = (struct slice){input->at + 1, input->size - 1};
	return false;
}

#ifdef __x86_64__
/* As text_find_dot_line, with as few instructions for each byte: a dot behind
 * an LF is rare, so the CR is looked for only then. */
__attribute__((target("avx2"))) static size_t find_dot_line_avx2(
	const char *at, size_t size)
{
	const __m256i lf = _mm256_set1_epi8('\n'), dot = _mm256_set1_epi8('.');
	size_t i = 1;

	for (; i + 33 <= size; i += 32) {
		const __m256i *block = (const __m256i *)(const void *)(at + i);
		const __m256i *next = (const __m256i *)(const void *)(at + i + 1);
		__m256i ends = _mm256_cmpeq_epi8(_mm256_loadu_si256(block), lf);
		__m256i dots = _mm256_cmpeq_epi8(_mm256_loadu_si256(next), dot);
		unsigned found = (unsigned)_mm256_movemask_epi8(
			_mm256_and_si256(ends, dots));

		for (; found; found &= found - 1) {
			size_t place = i + (size_t)__builtin_ctz(found);

			if (at[place - 1] == '\r')
				return place + 1;
		}
	}
	return i - 1 + text_find_dot_line(at + i - 1, size - (i - 1));
}

static size_t find_dot_line(const char *at, size_t size)
{
	return size && __builtin_cpu_supports("avx2") ? find_dot_line_avx2(at, size)
						      : text_find_dot_line(at, size);
}
#else
static size_t find_dot_line(const char *at, size_t size)
{
	return text_find_dot_line(at, size);
}
#endif

/* Index of the first dot to double; the input's size when there is none. */
static size_t find_dot(const struct dot_encoder *encoder, struct slice input)
{
	bool begins = encoder->state == ENCODE_LINE_START;

	if (begins && *input.at == '.' && !encoder->doubled)
		return 0;
	if (encoder->state == ENCODE_CR && input.size > 1 && input.at[0] == '\n' &&
		input.at[1] == '.')
		return 1;
	return find_dot_line(input.at, input.size);
}

static uint8_t state_after(struct slice piece, uint8_t before)
{
	char last = piece.at[piece.size - 1];
	bool behind_cr = piece.size > 1 ? piece.at[piece.size - 2] == '\r'
					: before == ENCODE_CR;

	if (last == '\r')
		return ENCODE_CR;
	return last == '\n' && behind_cr ? ENCODE_LINE_START : ENCODE_INSIDE;
}
