/* Every way to scan text that this processor has sees what a look at each byte
 * sees. The files are included, as which way is taken is their own business. */
#include "check.h"

#include "../../../core/mail/dot.c"
#include "../../../core/mail/text_facts.c"

#define RUNS 20000
#define MOST 200

static uint64_t seed = 1;

static unsigned chance(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

/* Lines, mostly good ones; sometimes anything. */
static size_t make_text(char *text)
{
	static const char bytes[] = {'\r', '\n', 0, '.', (char)0x80, (char)0x8d,
		(char)0x8a, (char)0xff, 1, 0x7f, '\t', 'x', 'y'};
	size_t size = chance(MOST);
	bool wild = chance(4) == 0;

	for (size_t i = 0; i < size; i++) {
		text[i] = wild ? bytes[chance(sizeof(bytes))] : 'x';
		if (!wild && i && chance(8) == 0) {
			text[i - 1] = '\r';
			text[i] = '\n';
		} else if (!wild && chance(8) == 0) {
			text[i] = '.';
		}
	}
	return size;
}

static struct text_facts by_byte(const char *text, size_t size)
{
	struct text_facts facts = {.line_limit = 20, .bytes = size};

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '.' && !facts.inside_line)
			facts.dot_lines++;
		facts.eight_bit |= (unsigned char)text[i] > 127;
		facts.faults |= text[i] == 0 ? TEXT_NUL : 0u;
		if (facts.after_cr && text[i] != '\n')
			facts.faults |= TEXT_BARE_CR;
		if (text[i] == '\n' && !facts.after_cr)
			facts.faults |= TEXT_BARE_LF;
		facts.line++;
		facts.inside_line = text[i] != '\n' || !facts.after_cr;
		if (text[i] == '\n')
			end_line(&facts, !facts.after_cr);
		facts.after_cr = text[i] == '\r';
	}
	if (facts.line > facts.line_limit + 1)
		facts.faults |= TEXT_LONG_LINE;
	return facts;
}

static void compare(const struct text_facts *a, const struct text_facts *b)
{
	CHECK_NUMBER(a->bytes, b->bytes);
	CHECK_NUMBER(a->lines, b->lines);
	CHECK_NUMBER(a->line, b->line);
	CHECK_NUMBER(a->longest, b->longest);
	CHECK_NUMBER(a->dot_lines, b->dot_lines);
	CHECK_NUMBER(a->eight_bit, b->eight_bit);
	CHECK_NUMBER(a->after_cr, b->after_cr);
	CHECK_NUMBER(a->inside_line, b->inside_line);
	CHECK_NUMBER(a->faults & ~(unsigned)TEXT_LONG_LINE,
		b->faults & ~(unsigned)TEXT_LONG_LINE);
}

/* A long line may be noticed while it goes on, or when it ends. */
static void check_text(const char *text, size_t size)
{
	struct text_facts want = by_byte(text, size);
	struct text_facts got = {.line_limit = 20};
	size_t cut = chance((unsigned)size + 1);

	text_check(&got, slice_make(text, cut));
	text_check(&got, slice_make(text + cut, size - cut));
	compare(&got, &want);
#ifdef __x86_64__
	got = (struct text_facts){.line_limit = 20};
	check_with(&got, slice_make(text, cut), false, scan_sse2);
	check_with(&got, slice_make(text + cut, size - cut), false, scan_sse2);
	compare(&got, &want);
#endif
}

CASE("the facts of a text, whichever way it is scanned")
{
	char text[MOST];

	for (unsigned run = 0; run < RUNS; run++) {
		size_t size = make_text(text);

		check_text(text, size);
	}
}

CASE("the lines of a block, whichever way it is scanned")
{
	char text[MOST + TEXT_BLOCK];

	memset(text, 'x', sizeof(text));
	for (unsigned run = 0; run < RUNS; run++) {
		struct text_masks want;

		make_text(text);
		want = text_masks_portable(text);
#ifdef __x86_64__
		for (unsigned wide = 0; wide < 2; wide++) {
			struct line_masks got;

			if (wide && !__builtin_cpu_supports("avx2"))
				break;
			got = wide ? scan_avx2(text) : scan_sse2(text);
			CHECK(got.lf == want.lf && got.cr == want.cr);
			CHECK_NUMBER(got.odd, (want.nul | want.high) != 0);
		}
#endif
		CHECK(want.lf == text_masks(text).lf);
	}
}

CASE("the first dot that begins a line, whichever way it is looked for")
{
	char text[MOST];

	for (unsigned run = 0; run < RUNS; run++) {
		size_t size = make_text(text), want = size;

		for (size_t i = 2; i < size && want == size; i++)
			if (text[i] == '.' && text[i - 1] == '\n' &&
				text[i - 2] == '\r')
				want = i;
		CHECK_NUMBER(find_dot_line(text, size), want);
		CHECK_NUMBER(text_find_dot_line(text, size), want);
	}
}

CHECK_MAIN()
