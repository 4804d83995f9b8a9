/*
 * The schema of the configuration: one row a key, saying where its value goes,
 * what it is when nothing is written, and what may be written.
 */
#ifndef RINGPOST_BASE_CONFIG_SCHEMA_H
#define RINGPOST_BASE_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define CONFIG_KEYS_MAX	    40 /* of one section */
#define CONFIG_ALLOWED_SIZE 320
#define CONFIG_KEYS_SIZE    600

enum config_type {
	CONFIG_TEXT,	  /* char *, of a form */
	CONFIG_NAME,	  /* the same in lower case */
	CONFIG_PATH,	  /* char *, made absolute */
	CONFIG_WORD,	  /* char *, one of words */
	CONFIG_CHOICE,	  /* enum, its value is the word's index */
	CONFIG_TRUTH,	  /* bool */
	CONFIG_NUMBER,	  /* uint64_t in a range */
	CONFIG_SIZE,	  /* uint64_t, bytes in a range */
	CONFIG_DURATION,  /* int64_t, milliseconds in a range */
	CONFIG_TEXTS,	  /* struct config_texts, each of a form */
	CONFIG_WORDS,	  /* struct config_texts, each one of words */
	CONFIG_NETWORKS,  /* struct config_networks */
	CONFIG_DURATIONS, /* int64_t * and a count, each in a range */
	CONFIG_ITEMS,	  /* struct * and a count: a list of mappings */
	CONFIG_SECTION,	  /* a mapping */
};

struct config_section;

struct config_key {
	const char *name;
	enum config_type type;
	size_t offset;	      /* in the section's object */
	size_t count_offset;  /* CONFIG_DURATIONS, CONFIG_ITEMS */
	const char *fallback; /* as it would be written, elements with spaces
				 between them; NULL: zeroes */
	bool required;
	uint64_t least, most;	  /* the range; for lists, most elements */
	uint64_t longest;	  /* CONFIG_DURATIONS: of one, in ms */
	const char *const *words; /* NULL behind the last */
	bool (*form)(const char *text);
	const char *allowed; /* what FORM is, one line */
	const struct config_section *section;
};

struct config_section {
	const char *name; /* "submission", "a listener" */
	const struct config_key *keys;
	size_t key_count;
	size_t size; /* of an item; each begins with its struct config_mark */
};

extern const struct config_section config_schema;
extern const struct config_section config_source_section, config_pool_section;

const struct config_key *config_key_find(
	const struct config_section *section, struct slice name);

/* What may be written for KEY, one line. Returns TEXT. */
const char *config_key_allowed(
	const struct config_key *key, char text[CONFIG_ALLOWED_SIZE]);
/*
 * The key of SECTION that NAME was probably meant to be, or NULL: at most two
 * letters wrong, missing, too many or swapped, and less than half of it.
 */
const struct config_key *config_key_nearest(
	const struct config_section *section, struct slice name);
/*
 * The section that has a key NAME, as the top level calls it ("relay",
 * "listeners"); NULL when none or several do.
 */
const char *config_key_home(struct slice name);
/* The names of all keys of SECTION, with commas, into TEXT. Returns TEXT. */
const char *config_section_keys(
	const struct config_section *section, char text[CONFIG_KEYS_SIZE]);

#endif
