/* Between the files of the source: the run, and a worker's part of it. */
#ifndef RINGPOST_BENCH_SOURCE_CORE_H
#define RINGPOST_BENCH_SOURCE_CORE_H

#include <stdatomic.h>

#include "base/clock.h"
#include "io/tls.h"
#include "mail/capability.h"

#include "bench/audience.h"
#include "bench/crew.h"
#include "bench/draft.h"
#include "bench/endpoint.h"
#include "bench/ledger.h"
#include "bench/pace.h"
#include "bench/sizes.h"
#include "bench/source_options.h"
#include "bench/tally.h"

#define SOURCE_ID_SIZE	24
#define SOURCE_TEXT_MAX 160

struct source {
	struct source_options options;
	struct endpoints targets;
	struct audience *audience, *senders;
	struct sizes sizes;
	uint64_t seed;
	char run[9]; /* what its ids begin with */
	struct filler *filler;
	struct tls_client *tls;
	char *password;
	char *key; /* of the API */
	struct pace pace;
	int ledger_fd;
	struct crew *crew;
	struct source_worker *workers;
	atomic_uint gave_up; /* sessions */
	atomic_bool ledger_failed;
};

struct source_worker {
	struct source *source;
	struct tally *tally;
	struct ledger ledger;
	struct scope sessions;
	struct source_session *list; /* all of this worker's */
	struct condition stopped;
	bool stopping;
	struct timer patience;
	struct list again; /* struct again, those that are due first */
	size_t again_count;
	char date[CLOCK_TEXT_SIZE];
	int64_t date_s;
};

/* A message that is due again, if any: its number, when it began. */
struct again {
	struct link link;
	uint64_t number;
	unsigned attempts;
	int64_t began_us, at_us;
};

#endif
