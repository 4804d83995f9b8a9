/* What the commands of webhooks share. */
#ifndef RINGPOST_COMMAND_WEBHOOK_H
#define RINGPOST_COMMAND_WEBHOOK_H

#include "command/commands.h"
#include "report/value.h"

/* With one word, NAME. NULL: not understood, *status_r says how it ends. */
struct value *webhook_question(const struct command *command,
	struct arguments *arguments, bool *json, int *status_r);

#endif
