/* Commands that print what the server lists: a table, or its lines as JSON. */
#ifndef RINGPOST_COMMAND_LISTING_H
#define RINGPOST_COMMAND_LISTING_H

#include <stdint.h>

#include "command/commands.h"
#include "report/value.h"
#include "report/words.h"

struct listing {
	const char *const *heads; /* of the columns; numbers but for the last */
	size_t columns;
	/* Adds LINE as a row. */
	void (*add_row)(struct table *table, const struct value *line, int64_t now_ms);
};

/* Asks the server what the command is called, for `NAME [--json]`; the status. All of
 * the answer is printed, or nothing. */
int listing_run(const struct command *command, struct arguments *arguments,
	const struct listing *listing);

#endif
