/* What `ringpost-bench client` is told on its command line. */
#ifndef RINGPOST_BENCH_CLIENT_OPTIONS_H
#define RINGPOST_BENCH_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/options.h"

#define CLIENT_SESSIONS_MAX 100000
#define CLIENT_STEPS_MAX    64

struct client_options {
	bool help, pop3, starttls, tls, verify, no_resume, logout, hold, examine, quiet;
	bool unchecked;
	const char *ca, *tls_name, *user, *password_file, *mailbox, *into, *size, *json;
	uint64_t sessions, operations, users, batch, seed, workers;
	double rate;
	int64_t duration_us, timeout_us;
	struct texts steps, targets;
};

/* False with FAILURE_CONFIG. Members that were not given have their defaults. */
bool client_options_read(char **arguments, struct client_options *options_r);
void client_options_finish(struct client_options *options);
void client_options_help(FILE *to);

#endif
