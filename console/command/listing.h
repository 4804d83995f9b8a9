/* Commands that print what the server lists: a table, or its lines as JSON. */
#ifndef RINGPOST_COMMAND_LISTING_H
#define RINGPOST_COMMAND_LISTING_H

#include <stdint.h>

#include "command/commands.h"
#include "report/value.h"
#include "report/words.h"

struct listing {
	const char *const *heads; /* of the columns */
	size_t columns;
	bool words; /* columns are words; else numbers, but for the last */
	/* Adds LINE as a row. */
	void (*add_row)(struct table *table, const struct value *line, int64_t now_ms);
};

/* Asks the server what the command is called, for `NAME [--json]`; the status. All of
 * the answer is printed, or nothing. */
int listing_run(const struct command *command, struct arguments *arguments,
	const struct listing *listing);
/* Asks QUESTION, and takes it over; the rest as above. */
int listing_ask(const struct arguments *arguments, struct value *question, bool json,
	const struct listing *listing);
/* The same, but only the text MEMBER of each line is printed, and wiped from memory: it
 * may be a secret that is told once. NULL: nothing is. */
int listing_ask_text(const struct arguments *arguments, struct value *question,
	bool json, const char *member);
/* The same of what only does something: the answer's last line as JSON, or the
 * sentence. */
int listing_ask_done(const struct arguments *arguments, struct value *question,
	bool json, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
