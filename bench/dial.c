/* Connecting, and TLS on top of it, each timed into a tally. */
#include "bench/dial.h"

#include <stdio.h>
#include <string.h>

#include "run/worker.h"

struct stream *dial_connect(const struct dial *dial, struct deadline deadline)
{
	int64_t began_us = worker_now_us();
	const struct stream_facts *facts;
	struct stream *stream = stream_connect(
		(const struct sockaddr *)&dial->target->address, NULL, deadline);

	if (!stream)
		return NULL;
	/* Who calls a dead port of this machine often enough is given that very
	 * port to call from, and answers himself. */
	facts = stream_facts(stream);
	if (strcmp(facts->local, facts->peer) == 0) {
		stream_close(&stream);
		fail(FAILURE_NETWORK, "nobody listens: connected to itself");
		return NULL;
	}
	tally_time(dial->tally, TALLY_CONNECT, worker_now_us() - began_us);
	return stream;
}

bool dial_tls(const struct dial *dial, struct stream **stream, struct deadline deadline)
{
	char key[sizeof(dial->target->text) + 24];
	struct tls_target target = {
		.name = dial->tls_name ? dial->tls_name : dial->target->host,
		.verify = dial->verify,
		.session_key = dial->resume ? key : "",
	};
	int64_t began_us = worker_now_us();

	snprintf(key, sizeof(key), "%s %u", dial->target->text, dial->number);
	*stream = tls_connect(stream, dial->tls, &target, deadline);
	if (!*stream)
		return false;
	tally_time(dial->tally, TALLY_TLS, worker_now_us() - began_us);
	tally_count(dial->tally, TALLY_RESUMED, stream_facts(*stream)->tls_resumed);
	return true;
}
