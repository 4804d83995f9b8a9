/*
 * The commands' end of the admin socket: a question, and the lines of its
 * answer. Blocks, within limits.
 */
#ifndef RINGPOST_CLIENT_CLIENT_H
#define RINGPOST_CLIENT_CLIENT_H

#include <stdbool.h>

#include "client/arguments.h"
#include "report/value.h"

#define CLIENT_SOCKET_NAME "admin.sock" /* in the state directory */
#define CLIENT_LINE_MAX	   (16u << 20)	/* of an answer */

struct client;

/* The daemon of SOCKET. NULL with FAILURE_NETWORK: it does not run, or may not
 * be asked by us; says what to do. */
struct client *client_open(const char *socket);
/* The one the arguments mean: --socket, or the configuration's. Also NULL with
 * FAILURE_CONFIG when the configuration is wrong: every line of it. */
struct client *client_open_for(const struct arguments *arguments);
/* After either failed: whether nobody listens there at all. */
bool client_is_nobody_there(void);
void client_close(struct client **client);

/* Asks QUESTION, {"command":…}, and wipes it from memory: it may hold a
 * password. Takes it over. */
bool client_ask(struct client *client, struct value **question);
/*
 * The next line of the answer; release it. *last_r: it is the last. NULL with
 * the failure of the connection, or what the daemon says went wrong.
 */
struct value *client_hear(struct client *client, bool *last_r);

/* The rest of the answer: lines go into LIST, or nowhere (NULL); the last is
 * returned. NULL as above. */
struct value *client_hear_all(struct client *client, struct value *list);

/*
 * QUESTION, which is taken over, asked of the daemon ARGUMENTS mean: the last line of
 * the answer; NULL with a failure. The lines ahead of it go to the end of LIST, or,
 * one after the other, to ITEM; NULL: nowhere.
 */
struct value *client_ask_all(
	const struct arguments *arguments, struct value *question, struct value *list);
struct value *client_ask_each(const struct arguments *arguments, struct value *question,
	void (*item)(void *context, const struct value *line), void *context);

/* The last line of the answer to COMMAND; NULL with a failure. */
struct value *client_ask_once(const char *socket, const char *command);

/* A new question. */
struct value *client_question(const char *command);

#endif
