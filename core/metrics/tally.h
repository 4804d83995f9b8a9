/*
 * What happens to connections, counted for the whole process: sessions by the
 * listener's role, TLS by side and version. A connection costs far more than the
 * atomic that counts it.
 */
#ifndef RINGPOST_METRICS_TALLY_H
#define RINGPOST_METRICS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config_role.h"
#include "metrics/exposition.h"

enum tally_session {
	TALLY_SESSION_BEGUN,
	TALLY_SESSION_ENDED, /* of those */
	TALLY_SESSION_FORBIDDEN,
	TALLY_SESSION_TOO_MANY,
	TALLY_SESSIONS
};

enum tally_tls {
	TALLY_TLS_1_3,
	TALLY_TLS_1_2,
	TALLY_TLS_OTHER,
	TALLY_TLS_RESUMED, /* of those, by a ticket or a session of before */
	TALLY_TLS_FAILED,
	TALLY_TLS_KINDS
};

/* On any thread. */
void tally_session(enum config_role role, enum tally_session what);
void tally_tls(bool as_server, enum tally_tls what);
uint64_t tally_sessions(enum config_role role, enum tally_session what);
uint64_t tally_tls_count(bool as_server, enum tally_tls what);

/* All of them, as families. */
void exposition_tallies(struct exposition *out);

#endif
