/*
 * Other programs, run as children. Everything here blocks: on the pool.
 */
#ifndef RINGPOST_QUEUE_PROGRAM_H
#define RINGPOST_QUEUE_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/slice.h"

/*
 * Starts ARGV[0] (found in PATH) in a session of its own, with no signal
 * blocked, its output appended to LOG (a path; NULL: thrown away). False with
 * FAILURE_RESOURCE.
 */
bool program_start(char *const argv[], const char *log, pid_t *pid_r);
/*
 * Runs it to its end with INPUT on its standard input; what it prints, up to
 * OUTPUT's cap, goes there. *status_r is its exit status, or 128 + the signal
 * that ended it.
 */
bool program_run(
	char *const argv[], struct slice input, struct buffer *output, int *status_r);

#endif
