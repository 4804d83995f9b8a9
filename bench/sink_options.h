/* What `ringpost-bench sink` is told on its command line. */
#ifndef RINGPOST_BENCH_SINK_OPTIONS_H
#define RINGPOST_BENCH_SINK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/capability.h"

#include "bench/options.h"

struct sink_options {
	bool help, starttls, tls, auth, ledger_sync, quiet;
	const char *certificate, *key, *without, *hostname, *rules, *ledger, *save,
		*json;
	uint64_t size_max, recipients_max, messages, connections, workers;
	int64_t duration_us, timeout_us;
	struct texts rule, addresses;
	struct capabilities offered;
};

/* False with FAILURE_CONFIG. Members that were not given have their defaults. */
bool sink_options_read(char **arguments, struct sink_options *options_r);
void sink_options_finish(struct sink_options *options);
void sink_options_help(FILE *to);

#endif
