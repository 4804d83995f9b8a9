/* Files that are named on a command line. */
#ifndef RINGPOST_CLIENT_FILE_H
#define RINGPOST_CLIENT_FILE_H

#include <stdbool.h>

#include "base/buffer.h"

/* All of PATH, of "-" standard input, behind what INTO holds. False with FAILURE_FILE:
 * it cannot be read, or has more than MOST bytes. */
bool file_read(const char *path, size_t most, struct buffer *into);

#endif
