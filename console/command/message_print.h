/* Printing a queued message's octets. */
#ifndef RINGPOST_COMMAND_MESSAGE_PRINT_H
#define RINGPOST_COMMAND_MESSAGE_PRINT_H

#include <stdbool.h>

#include "client/client.h"

/* To standard output, window by window. False with a failure. */
bool message_print(struct client *client, const char *id);

#endif
