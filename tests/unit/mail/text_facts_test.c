/* Checks of message text: every fault, every cut, and the two block scans. */
#include "mail/text_facts.h"

#include "base/memory.h"
#include "check.h"
#include "mail/text_scan.h"

static struct text_facts checked(struct slice text, size_t cut, size_t limit)
{
	struct text_facts facts = {.line_limit = limit};

	text_check(&facts, slice_part(text, 0, cut));
	text_check(&facts, slice_from(text, cut));
	text_check_end(&facts);
	return facts;
}

CASE("RFC 5321 2.3.8: CR and LF only together; every cut")
{
	static const struct {
		struct slice text;
		unsigned faults, lines, longest, dots;
		bool eight_bit;
	} table[] = {
		{{"", 0}, 0, 0, 0, 0, false},
		{{"a\r\n", 3}, 0, 1, 1, 0, false},
		{{"a\r\n\r\nbcd\r\n", 10}, 0, 3, 3, 0, false},
		{{"abc", 3}, 0, 1, 3, 0, false},
		{{"a\n", 2}, TEXT_BARE_LF, 1, 1, 0, false},
		{{"\n", 1}, TEXT_BARE_LF, 1, 0, 0, false},
		{{"a\rb\r\n", 5}, TEXT_BARE_CR, 1, 3, 0, false},
		{{"a\r\r\n", 4}, TEXT_BARE_CR, 1, 2, 0, false},
		{{"a\r", 2}, TEXT_BARE_CR, 1, 2, 0, false},
		{{"a\n\r", 3}, TEXT_BARE_CR | TEXT_BARE_LF, 2, 1, 0, false},
		{{"a\0b\r\n", 5}, TEXT_NUL, 1, 3, 0, false},
		{{"\xc3\xa9\r\n", 4}, 0, 1, 2, 0, true},
		{{".\r\n.a\r\n", 7}, 0, 2, 2, 2, false},
		{{"a.\r\n..\r\n", 8}, 0, 2, 2, 1, false},
		{{"a\n.b\r\n", 6}, TEXT_BARE_LF, 2, 2, 0, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		for (size_t cut = 0; cut <= table[i].text.size; cut++) {
			struct text_facts facts = checked(table[i].text, cut, 998);

			CHECK_NUMBER(facts.faults, table[i].faults);
			CHECK_NUMBER(facts.lines, table[i].lines);
			CHECK_NUMBER(facts.longest, table[i].longest);
			CHECK_NUMBER(facts.dot_lines, table[i].dots);
			CHECK_NUMBER(facts.bytes, table[i].text.size);
			CHECK(facts.eight_bit == table[i].eight_bit);
		}
	}
}

CASE("RFC 5321 4.5.3.1.6: lines of 998 bytes and no more")
{
	char text[1100];

	for (size_t size = 995; size < 1003; size++) {
		memset(text, 'x', sizeof(text));
		memcpy(text + size, "\r\n", 2);
		for (size_t cut = 0; cut <= size + 2; cut += 7) {
			struct text_facts facts = checked(
				slice_make(text, size + 2), cut, TEXT_LINE_MAX);

			CHECK((facts.faults == TEXT_LONG_LINE) == (size > 998));
			CHECK_NUMBER(facts.longest, size);
		}
	}
	CHECK_NUMBER(checked(slice_make(text, 1004), 5, 0).faults, 0);
	/* A line that has not ended is known to be too long at once. */
	struct text_facts facts = {.line_limit = 10};
	text_check(&facts, SLICE("0123456789\r"));
	CHECK_NUMBER(facts.faults, 0);
	text_check(&facts, SLICE("x"));
	CHECK_NUMBER(facts.faults, TEXT_BARE_CR | TEXT_LONG_LINE);
}

CASE("each fault at each place of some blocks, cut there")
{
	char text[200];
	static const struct {
		char byte;
		unsigned fault;
	} table[] = {{'\r', TEXT_BARE_CR}, {'\n', TEXT_BARE_LF}, {'\0', TEXT_NUL}};

	for (size_t at = 0; at < sizeof(text); at++) {
		for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
			memset(text, 'x', sizeof(text));
			text[at] = table[i].byte;
			for (size_t cut = at ? at - 1 : 0; cut < at + 2; cut++) {
				struct text_facts facts = checked(
					slice_make(text, sizeof(text)), cut, 0);

				CHECK_NUMBER(facts.faults, table[i].fault);
				CHECK(!facts.eight_bit);
			}
		}
		memset(text, 'x', sizeof(text));
		text[at] = (char)0x80;
		CHECK(checked(slice_make(text, sizeof(text)), at, 0).eight_bit);
		if (at + 3 > sizeof(text))
			continue;
		memcpy(text + at, "\r\n.", 3);
		for (size_t cut = at; cut < at + 4; cut++) {
			struct text_facts facts = checked(
				slice_make(text, sizeof(text)), cut, 0);

			CHECK_NUMBER(facts.faults, 0);
			CHECK_NUMBER(facts.lines, 2);
			CHECK_NUMBER(facts.dot_lines, 1);
		}
	}
}

CASE("both block scans see the same")
{
	static const char bytes[] = {'\r', '\n', 0, '.', (char)0x80, (char)0x8d,
		(char)0x8a, (char)0xff, 1, 0x7f, '\t', 'x', 'y'};
	char block[TEXT_BLOCK];
	uint64_t seed = 1;

	for (unsigned run = 0; run < 20000; run++) {
		struct text_masks a, b;

		for (unsigned i = 0; i < TEXT_BLOCK; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			block[i] = bytes[(seed >> 33) % sizeof(bytes)];
		}
		a = text_masks(block);
		b = text_masks_portable(block);
		CHECK(!memcmp(&a, &b, sizeof(a)));
		for (unsigned i = 0; i < TEXT_BLOCK; i++)
			CHECK((a.lf >> i & 1) == (block[i] == '\n'));
	}
}

CASE("the faults have words, the worst first")
{
	CHECK(!text_fault_words(0));
	CHECK_SLICE(slice_of(text_fault_words(TEXT_BARE_CR)), "a CR without LF");
	CHECK_SLICE(slice_of(text_fault_words(TEXT_BARE_LF | TEXT_LONG_LINE)),
		"an LF without CR");
	CHECK_SLICE(slice_of(text_fault_words(15)), "a NUL byte");
	CHECK_SLICE(
		slice_of(text_fault_words(TEXT_LONG_LINE)), "a line that is too long");
}

CHECK_MAIN()
