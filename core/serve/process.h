/*
 * What a server process does to itself before it serves: limits, privileges,
 * signals. All of it before workers start.
 */
#ifndef RINGPOST_SERVE_PROCESS_H
#define RINGPOST_SERVE_PROCESS_H

#include <stdbool.h>

#include "base/config.h"

/* No core files with mail in them, as many descriptors as allowed, files
 * readable by us alone; SIGPIPE ignored. */
void process_set_limits(void);
/*
 * Makes the state directory for the user the configuration names, or
 * `ringpost` where that exists and none is named; then becomes that user, for
 * good, without any capability, and may never gain privileges again
 * (NoNewPrivs). Not being root, it only checks that the directory is ours.
 * False with FAILURE_CONFIG and the place.
 */
bool process_drop_privileges(const struct config *config);
/* Blocks SIGTERM, SIGINT, SIGHUP, SIGUSR1 in this and later threads and gives
 * a descriptor to read them from (struct signalfd_siginfo); -1 on failure. */
int process_signals(void);

#endif
