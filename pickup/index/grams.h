/*
 * Texts as sets of three bytes that follow each other, of the form in which texts
 * are compared (imap/unicode.h): a text that has a key has all of the key's.
 *
 * Each is written as a word of six letters and digits, the first one saying where in
 * a message it is, with a space behind.
 */
#ifndef RINGPOST_INDEX_GRAMS_H
#define RINGPOST_INDEX_GRAMS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"

#define GRAM_SIZE 3

/* Where: the word's first letter. */
enum gram_place {
	GRAM_FROM = 'f',
	GRAM_TO = 't',
	GRAM_SUBJECT = 's',
	GRAM_IDS = 'i',
	GRAM_HEADER = 'h',
	GRAM_PARTS = 'p',
};

/* Which ones a place has so far: two megabytes. */
struct grams;
struct grams *grams_create(void);
void grams_destroy(struct grams **grams);
/* The words of TEXT (any, UTF-8 or not) that the place has not had yet, to OUT. */
void grams_write(struct grams *grams, enum gram_place place, struct slice text,
	struct buffer *out);
/* The next place; nothing of it was written. */
void grams_begin(struct grams *grams);

#define GRAMS_OF_KEY_MAX 24 /* that are asked for: spread over it */

/* Words that all texts have that have KEY (of unicode_key); false: KEY is too short. */
bool grams_of_key(enum gram_place place, struct slice key, struct buffer *out);

#endif
