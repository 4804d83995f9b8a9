/* Connecting, and TLS on top of it, each timed into a tally. */
#ifndef RINGPOST_BENCH_DIAL_H
#define RINGPOST_BENCH_DIAL_H

#include "io/stream.h"
#include "io/tls.h"

#include "bench/endpoint.h"
#include "bench/tally.h"

struct dial {
	const struct endpoint *target;
	struct tally *tally;
	struct tls_client *tls;
	const char *tls_name; /* for SNI and to verify; NULL: the target as written */
	bool verify;
	bool resume;
	unsigned
		number; /* of the session: each resumes its own, a ticket serves once */
};

/* NULL with a failure. */
struct stream *dial_connect(const struct dial *dial, struct deadline deadline);
/* TLS over *stream, which is the new stream then; NULL with a failure. */
bool dial_tls(
	const struct dial *dial, struct stream **stream, struct deadline deadline);

#endif
