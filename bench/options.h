/*
 * Command lines: a table says which options there are, and is the help text.
 *
 * Options are "--name VALUE" or "--name=VALUE"; what does not begin with two
 * dashes is an operand, as is everything behind "--".
 */
#ifndef RINGPOST_BENCH_OPTIONS_H
#define RINGPOST_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Strings of the command line, in order. Zeroed memory is an empty one. */
struct texts {
	const char **at;
	size_t count;
};

void texts_add(struct texts *texts, const char *text);
void texts_finish(struct texts *texts);

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_NUMBER, /* uint64_t, within least … most */
	OPTION_SIZE,   /* uint64_t, "64k", within least … most */
	OPTION_TIME,   /* int64_t microseconds, "200ms" */
	OPTION_RATE,   /* double, "500/s" */
	OPTION_TEXT,   /* const char * */
	OPTION_TEXTS,  /* struct texts; may be given several times */
};

struct option {
	const char *name;  /* "sessions" */
	const char *value; /* what stands for the value in the help: "N" */
	enum option_kind kind;
	size_t offset; /* where its value goes in the struct of values */
	uint64_t least, most;
	const char *help; /* lines apart by '\n' */
};

struct options {
	const char *command; /* "source" */
	const char *usage;   /* "TARGET…" */
	const char *about;   /* lines, for the top of the help */
	const struct option *at;
	size_t count;
};

/*
 * Reads ARGUMENTS (without program and command) into VALUES. False with
 * FAILURE_CONFIG, which names the option and says what is allowed.
 */
bool options_read(const struct options *options, char **arguments, void *values,
	struct texts *operands);
/* The first line of the file PATH, to be forgotten; false with FAILURE_FILE. */
bool options_read_secret(const char *path, char **secret_r);
void options_forget_secret(char **secret);
void options_help(const struct options *options, FILE *to);

#endif
