/*
 * The words behind a command's name: options, taken out by a table, and what
 * remains.
 */
#ifndef RINGPOST_CLIENT_ARGUMENTS_H
#define RINGPOST_CLIENT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGUMENTS_DEFAULT_CONFIG "/etc/ringpost/ringpost.yaml"
#define ARGUMENTS_TEXTS_MAX	 64 /* of one option that may be repeated */

struct arguments {
	char **words; /* not options, in order; argv's own memory */
	size_t count;
	const char *config; /* -c, RINGPOST_CONFIG, or the default */
	const char *socket; /* --socket; NULL: the configuration's */
};

struct option_texts {
	const char *at[ARGUMENTS_TEXTS_MAX];
	size_t count;
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_TEXTS };

/* "--NAME", "--NAME VALUE" or "--NAME=VALUE". */
struct option {
	const char *name;
	enum option_kind kind;
	void *into;  /* bool, const char *, uint64_t, struct option_texts */
	bool *given; /* set when it was there; may be NULL */
};

/*
 * Takes the options out of ARGUMENTS->words, those every command has among
 * them (-c FILE, --config FILE, --socket PATH), until "--". False with
 * FAILURE_CONFIG and what is wrong in words.
 */
bool arguments_parse(
	struct arguments *arguments, const struct option *options, size_t count);

#endif
