/*
 * Errands: what commands have in common that ask the network by themselves, and
 * not the running server.
 */
#ifndef RINGPOST_CLIENT_ERRAND_H
#define RINGPOST_CLIENT_ERRAND_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/slice.h"

#include "client/arguments.h"

/* The configuration the words name, held; NULL: what is wrong with it stands on
 * standard error, and the status is EXIT_CONFIG. */
struct config *errand_config(const struct arguments *arguments);

struct errand {
	struct buffer out;	/* what is to be said */
	struct failure failure; /* why there is nothing */
};

/*
 * Runs BODY(ARG) on a small worker, then prints ERRAND's text: true. False, and
 * its failure is the current one, where BODY noted one or could not run. The
 * buffer is finished either way.
 */
bool errand_run(struct errand *errand, void (*body)(void *arg), void *arg);
/* In BODY: the current failure is the errand's. */
void errand_fail(struct errand *errand);

/* "<user@example.com>" is as good as without the brackets. */
struct slice errand_address(const char *word);

#endif
