/* What the commands of webhooks share. */
#ifndef RINGPOST_COMMAND_WEBHOOK_H
#define RINGPOST_COMMAND_WEBHOOK_H

#include "command/commands.h"
#include "report/value.h"

/* The answer's last line to QUESTION, which is taken over; the others go to ITEM. NULL
 * with a failure. */
struct value *webhook_ask(const struct arguments *arguments, struct value *question,
	void (*item)(const struct value *line, bool json), bool json);
/* With one word, NAME. NULL: not understood, *status_r says how it ends. */
struct value *webhook_question(const struct command *command,
	struct arguments *arguments, bool *json, int *status_r);
/* A line of JSON. */
void webhook_print(const struct value *value);

#endif
