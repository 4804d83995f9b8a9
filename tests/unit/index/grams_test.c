/* Words of texts and keys: what a text has, its words have; sets of numbers. */
#include "index/grams.h"

#include "base/memory.h"
#include "check.h"
#include "imap/unicode.h"
#include "index/id_set.h"

static struct grams *grams;
static struct arena arena;

static bool has_word(struct slice words, struct slice word)
{
	while (words.size) {
		if (slice_equal(slice_cut(&words, ' '), word))
			return true;
	}
	return false;
}

/* Whether the index takes TEXT for one that has KEY. */
static bool may_have(struct slice text, struct slice key)
{
	struct buffer words = {0}, wanted = {0};
	struct slice rest;
	bool all = true;

	grams_begin(grams);
	grams_write(grams, GRAM_PARTS, text, &words);
	if (grams_of_key(GRAM_PARTS, key, &wanted)) {
		rest = buffer_contents(&wanted);
		while (rest.size)
			all = has_word(
				      buffer_contents(&words), slice_cut(&rest, ' ')) &&
			      all;
	}
	buffer_finish(&words);
	buffer_finish(&wanted);
	return all;
}

CASE("what has a key has its words; case, accents and other alphabets")
{
	static const struct {
		const char *text, *key;
		bool may;
	} table[] = {
		{"Hello world", "LO WO", true},
		{"Hello world", "lo-wo", false},
		{"Hello", "hello!", false},
		{"Hello", "xy", true}, /* too short to be told */
		{"Gr\xc3\xbc\xc3\x9f"
		 "e",
			"gr\xc3\x9c", true},
		{"Stra\xc3\x9f"
		 "e",
			"\xc3\x9f", true},
		{"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
			"\xd0\xbf\xd1\x80\xd0\xb8", true},
		{"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", "\xd0\xb6\xd0\xb6",
			false},
		/* One character is three bytes. */
		{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xe6\x9c\xac", true},
		{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xe6\x9c\xad", false},
		{"a\xff\xfe\xc3(b", "\xff\xfe\xc3(B", true},
		{"", "abc", false},
	};

	grams = grams_create();
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice key = unicode_key(&arena, slice_of(table[i].key));

		if (!CHECK(may_have(slice_of(table[i].text), key) == table[i].may))
			fprintf(stderr, "«%s» in «%s»\n", table[i].key, table[i].text);
	}
	arena_finish(&arena);
	grams_destroy(&grams);
}

CASE("each word once; another place has its own")
{
	struct buffer words = {0};

	grams = grams_create();
	grams_write(grams, GRAM_HEADER, SLICE("aaaaaa"), &words);
	grams_write(grams, GRAM_HEADER, SLICE("AAAA"), &words);
	CHECK_NUMBER(buffer_size(&words), 7);
	grams_begin(grams);
	grams_write(grams, GRAM_PARTS, SLICE("aaaaaa"), &words);
	CHECK_NUMBER(buffer_size(&words), 14);
	CHECK(!slice_equal(slice_part(buffer_contents(&words), 0, 7),
		slice_part(buffer_contents(&words), 7, 7)));
	buffer_finish(&words);
	grams_destroy(&grams);
}

static uint64_t seed = 88172645463325252u;

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

/* Characters of one to four bytes, bytes that are none, and of all of them many. */
static struct slice make_text(struct buffer *out, size_t size)
{
	static const char *const pieces[] = {"a", "b", "\xc3\xa9", "\xc7\x86",
		"\xef\xac\x81", "\xf0\x9f\x98\x80", "\xff", "\xe2\x82", "\xcc\x81", " ",
		"Q", "\xed\xa0\x80"};

	buffer_clear(out);
	while (buffer_size(out) < size)
		buffer_append(out, slice_of(pieces[draw(ARRAY_COUNT(pieces))]));
	return buffer_contents(out);
}

CASE("any part of any text is found, also where a text is read in pieces")
{
	struct buffer out = {0};

	grams = grams_create();
	for (int i = 0; i < 200; i++) {
		struct slice text = make_text(&out, i % 4 ? 60 : 8300);
		size_t around = i % 4 ? 30 : 4096;
		size_t from = around - draw(12), size = 3 + draw(20);
		struct slice key = unicode_key(&arena, slice_part(text, from, size));

		/* A part that begins within a character is another text. */
		if (unicode_has(text, key))
			CHECK(may_have(text, key));
		arena_reset(&arena);
	}
	arena_finish(&arena);
	buffer_finish(&out);
	grams_destroy(&grams);
}

CASE("of a long key words are taken all over it")
{
	struct buffer words = {0};
	char key[2000];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (char)('A' + i % 26);
	CHECK(grams_of_key(GRAM_FROM, slice_make(key, sizeof(key)), &words));
	CHECK(buffer_size(&words) <= 7 * GRAMS_OF_KEY_MAX);
	CHECK(buffer_size(&words) > 7 * GRAMS_OF_KEY_MAX / 2);
	CHECK(!grams_of_key(GRAM_FROM, SLICE("AB"), &words));
	buffer_finish(&words);
}

CASE("sets of numbers")
{
	static const uint64_t in[] = {
		0, 1, 63, 64, 32767, 32768, 5000000, ID_SET_MAX - 1};
	struct id_set set = {0};

	CHECK(!id_set_has(&set, 0));
	for (size_t i = 0; i < ARRAY_COUNT(in); i++)
		CHECK(id_set_add(&set, in[i]));
	CHECK(!id_set_add(&set, ID_SET_MAX));
	for (size_t i = 0; i < ARRAY_COUNT(in); i++) {
		CHECK(id_set_has(&set, in[i]));
		CHECK(in[i] == 0 || in[i] == 1 || in[i] == 64 || in[i] == 32768 ||
			!id_set_has(&set, in[i] - 1));
	}
	CHECK(!id_set_has(&set, UINT64_MAX));
	id_set_finish(&set);
	CHECK(!id_set_has(&set, 64));
}

CHECK_MAIN()
