/*
 * Slices: a pointer and a length, for bytes that somebody else owns.
 *
 * Every byte that comes from a peer travels as a slice; nothing here needs or
 * writes a terminating NUL. A slice is valid as long as the memory it points
 * into, which the function that hands it out must say.
 */
#ifndef RINGPOST_BASE_SLICE_H
#define RINGPOST_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *at;
	size_t size;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
#define SLICE_EMPTY    ((struct slice){NULL, 0})

/* For printf: "%.*s", SLICE_PRINT(s). Cut at INT_MAX; NUL ends it early. */
#define SLICE_PRINT(s) (int)((s).size > 4096 ? 4096 : (s).size), (s).at ? (s).at : ""

/* Inline is what runs hundreds of times a message. */

/* The slice over a C string, without its NUL; NULL gives the empty slice. */
struct slice slice_of(const char *text);

static inline struct slice slice_make(const void *at, size_t size)
{
	return (struct slice){(const char *)at, size};
}

bool slice_equal(struct slice a, struct slice b);
/* Equal but for the case of ASCII letters. */
bool slice_equal_nocase(struct slice a, struct slice b);
/* Byte order, like memcmp, a prefix before what it prefixes. */
int slice_compare(struct slice a, struct slice b);

bool slice_starts(struct slice s, struct slice prefix);
bool slice_starts_nocase(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
bool slice_ends_nocase(struct slice s, struct slice suffix);

/* Index of the first/last BYTE or of NEEDLE; s.size when there is none. */
size_t slice_index(struct slice s, char byte);
size_t slice_index_last(struct slice s, char byte);
size_t slice_find(struct slice s, struct slice needle);

/* The part from FROM (clamped), of SIZE bytes at the most. */
static inline struct slice slice_from(struct slice s, size_t from)
{
	if (from == 0)
		return s;
	if (from > s.size)
		from = s.size;
	return (struct slice){s.at ? s.at + from : NULL, s.size - from};
}

static inline struct slice slice_part(struct slice s, size_t from, size_t size)
{
	s = slice_from(s, from);
	if (s.size > size)
		s.size = size;
	return s;
}

/* Without leading and trailing spaces and tabs (and CR, LF in _all). */
struct slice slice_trim(struct slice s);
struct slice slice_trim_all(struct slice s);

/*
 * Cuts S at the first BYTE: the part before is returned, S becomes the part
 * after. Without one, all of S is returned and S becomes empty with at=NULL,
 * so that a loop `while (s.at)` visits every field, empty ones too.
 */
struct slice slice_cut(struct slice *s, char byte);

/* A decimal number that fits and nothing else; false leaves *value_r alone. */
bool slice_to_u64(struct slice s, uint64_t *value_r);
bool slice_to_i64(struct slice s, int64_t *value_r);

/*
 * Copies S with a NUL behind it into TEXT of SIZE bytes; false (and an empty
 * string) when it does not fit or holds a NUL.
 */
bool slice_to_text(struct slice s, char *text, size_t size);

/* ASCII only, whatever the locale. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool ascii_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alnum(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

#endif
