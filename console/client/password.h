/* Where a command gets a password from: never from the command line. */
#ifndef RINGPOST_CLIENT_PASSWORD_H
#define RINGPOST_CLIENT_PASSWORD_H

#include <stdbool.h>

#include "base/buffer.h"

#define PASSWORD_MAX 1024

/*
 * The first line of FILE; without FILE (NULL) asked for twice on the terminal,
 * or the first line of standard input where that is none. Into the empty
 * PASSWORD; release it with password_finish. False with FAILURE_DATA or FILE.
 */
bool password_read(const char *file, struct buffer *password);
void password_finish(struct buffer *password);

#endif
