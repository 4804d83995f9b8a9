/*
 * Where a worker's events go: collected in memory, written through the ring a
 * few times a second, so that the log never stands in a message's way.
 */
#ifndef RINGPOST_DAEMON_LOG_H
#define RINGPOST_DAEMON_LOG_H

#include <stdbool.h>

#include "base/config.h"
#include "run/deadline.h"

struct log_writer;

/* Opens the file the configuration names for this process's events ("-":
 * standard error) and sets their level; again at each reload, so that a rotated
 * file is let go. False with FAILURE_CONFIG. Blocks. */
bool log_open(const struct config *config);

/* In a worker, on its first fiber: from now on its events are deferred. */
struct log_writer *log_writer_open(void);
/* Writes what is pending; events are then written at once again. */
void log_writer_close(struct log_writer **writer, struct deadline deadline);

#endif
