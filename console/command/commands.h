/*
 * The commands of `ringpost`: a table of names that read like sentences, and
 * what is said when a sentence is not understood.
 */
#ifndef RINGPOST_COMMAND_COMMANDS_H
#define RINGPOST_COMMAND_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

#include "client/arguments.h"
#include "report/exit_status.h"

struct command {
	const char *name;    /* "queue list" */
	const char *summary; /* one line */
	const char *usage;   /* "[--json]\n\nWhat it does …\n" */
	int (*run)(const struct command *command, struct arguments *arguments);
	bool internal; /* programs use it: not listed, and all words are its own */
};

/* One in each file of the folder; which there are says table.def. */
#define COMMANDS_OF(heading)
#define COMMAND(name) extern const struct command command_##name;
#include "command/table.def"
#undef COMMANDS_OF
#undef COMMAND

/* Carries out `ringpost WORD …` (argv[0] is the program); the exit status. */
int commands_main(int argc, char **argv);

/* The command that the first of COUNT words name, and in *words_r by how many
 * of them; NULL: none. */
const struct command *commands_find(char *const *words, size_t count, size_t *words_r);
/* The one at *at, 0 for the first, which goes on behind it; NULL: no more. *heading_r
 * is what it and those behind it are about, where others begin; may be NULL. */
const struct command *commands_next(size_t *at, const char **heading_r);
/* The name most like the words; NULL when nothing is near. */
const char *commands_suggest(char *const *words, size_t count);
/* Appends the list of commands; those whose first word is GROUP only, unless
 * it is NULL. False: there is none such. */
bool commands_print_list(struct buffer *into, const char *group);
/* Appends what `ringpost help NAME` says. */
void command_print_help(const struct command *command, struct buffer *into);
/* Says on standard error what is wrong with the words and how it goes;
 * EXIT_USAGE. */
int command_refuse(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says "ringpost: " and the current failure on standard error; EXIT_FAILED, or
 * EXIT_CONFIG where it is one of the configuration. */
int command_fail(void);

struct value;
/* VALUE as a line of JSON on standard output. */
void command_print_json(const struct value *value);
/*
 * The end of a command that does something: ANSWER as a line of JSON, or the sentence;
 * releases it. Returns the status; without an answer it says the failure.
 */
int command_tell(struct value **answer, bool json, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
