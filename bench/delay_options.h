/* What `ringpost-bench delay` is told on its command line. */
#ifndef RINGPOST_BENCH_DELAY_OPTIONS_H
#define RINGPOST_BENCH_DELAY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/options.h"

struct delay_options {
	bool help, quiet;
	const char *rate, *json;
	uint64_t bits_per_second; /* 0: no limit */
	uint64_t window, connections, workers;
	int64_t rtt_us, duration_us;
	struct texts addresses; /* LISTEN, TARGET */
};

/* False with FAILURE_CONFIG. Members that were not given have their defaults. */
bool delay_options_read(char **arguments, struct delay_options *options_r);
void delay_options_finish(struct delay_options *options);
void delay_options_help(FILE *to);

#endif
