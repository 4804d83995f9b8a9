/*
 * Commands that ask for a mailbox task: of the server, or, where none runs, done
 * by themselves on the same files.
 */
#ifndef RINGPOST_COMMAND_MAILBOX_ASK_H
#define RINGPOST_COMMAND_MAILBOX_ASK_H

#include "command/commands.h"
#include "report/value.h"

struct mailbox_ask {
	const struct arguments *arguments;
	bool json; /* lines are printed as they are; the last, where there are no others
		    */
	/* Each line but the last, as it comes; NULL: there are none. */
	void (*hear)(void *context, const struct value *line);
	void *context;
};

/* Takes QUESTION over. The last line of the answer, or NULL with a failure. */
struct value *mailbox_ask(const struct mailbox_ask *ask, struct value *question);

/* "60 % of 2 GiB, 12 % of 10,000 messages" of what LINE says. */
void mailbox_words_quota(struct buffer *cell, const struct value *line);
/* WORD as the server understands it, from the root; to be freed. NULL: a failure. */
char *mailbox_folder_of(const char *word);

#endif
