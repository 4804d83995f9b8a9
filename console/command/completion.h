/*
 * What may come next on a command line, for the shells (deploy/completion): read from
 * the table of commands and their usage texts, so that it cannot say something else.
 */
#ifndef RINGPOST_COMMAND_COMPLETION_H
#define RINGPOST_COMMAND_COMPLETION_H

#include "base/buffer.h"
#include "command/commands.h"

/* What the shell, or the server, has to add. */
enum completion_rest {
	COMPLETION_NOTHING,
	COMPLETION_FILES, /* names of files */
	COMPLETION_NAMES, /* what `list` lists */
};

struct completion {
	enum completion_rest rest;
	char list[32]; /* COMPLETION_NAMES: the server's command, "user list" */
};

/*
 * COUNT words behind `ringpost`, the last unfinished, maybe empty. Appends a line
 * "WORD\tWHAT IT IS\n" for each that may stand in its place.
 */
void completion_find(char *const *words, size_t count, struct buffer *into,
	struct completion *completion_r);

#endif
