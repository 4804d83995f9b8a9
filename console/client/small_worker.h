/* A worker for a moment, in commands that ask the network something. */
#ifndef RINGPOST_CLIENT_SMALL_WORKER_H
#define RINGPOST_CLIENT_SMALL_WORKER_H

#include <stdbool.h>

/* Runs BODY(ARG) as the first fiber of a worker of its own until it has ended.
 * False with FAILURE_RESOURCE; it did not run. */
bool small_worker_run(void (*body)(void *arg), void *arg);

#endif
