/* What `ringpost-bench source` is told on its command line. */
#ifndef RINGPOST_BENCH_SOURCE_OPTIONS_H
#define RINGPOST_BENCH_SOURCE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/options.h"

#define SOURCE_SESSIONS_MAX 100000
#define SOURCE_AHEAD_MAX    64
#define SOURCE_BATCH_MAX    1000
/* More replies on their way than a peer and we could hold between us would
 * have both wait for the other to read. */
#define SOURCE_RECIPIENTS_MAX 10000

struct source_options {
	bool help, starttls, tls, verify, no_resume;
	bool pipelining, chunking, lockstep, overlap, persist, retry_unknown, hold;
	bool quiet;
	bool http; /* targets are URLs of the API */
	const char *ca, *tls_name, *user, *password_file, *mechanism, *hostname, *size,
		*from, *ledger, *json, *key_file;
	uint64_t sessions, messages, per_session, ahead, recipients, users, domains,
		workers, batch;
	uint64_t places; /* messages in flight on one connection, at most */
	double rate;
	int64_t duration_us, timeout_us, retry_after_us;
	struct texts to, targets;
};

/* False with FAILURE_CONFIG. Members that were not given have their defaults. */
bool source_options_read(char **arguments, struct source_options *options_r);
void source_options_finish(struct source_options *options);
void source_options_help(FILE *to);

#endif
