/* Sessions and handshakes, counted; see tally.h. */
#include "metrics/tally.h"

#include <stdatomic.h>

#include "base/memory.h"

static _Atomic uint64_t sessions[CONFIG_ROLES][TALLY_SESSIONS];
static _Atomic uint64_t handshakes[2][TALLY_TLS_KINDS];

static const char *const sides[2] = {"client", "server"};

static void count(_Atomic uint64_t *tally)
{
	atomic_fetch_add_explicit(tally, 1, memory_order_relaxed);
}

static uint64_t read_one(_Atomic uint64_t *tally)
{
	return atomic_load_explicit(tally, memory_order_relaxed);
}

void tally_session(enum config_role role, enum tally_session what)
{
	count(&sessions[role][what]);
}

void tally_tls(bool as_server, enum tally_tls what)
{
	count(&handshakes[as_server][what]);
}

uint64_t tally_sessions(enum config_role role, enum tally_session what)
{
	return read_one(&sessions[role][what]);
}

uint64_t tally_tls_count(bool as_server, enum tally_tls what)
{
	return read_one(&handshakes[as_server][what]);
}

/* What ended is read first: never more than what began. */
static void write_sessions(struct exposition *out)
{
	exposition_family(out, "ringpost_sessions", EXPOSITION_GAUGE,
		"Sessions now, by what the listener is for");
	for (enum config_role role = 0; role < CONFIG_ROLES; role++) {
		uint64_t ended = tally_sessions(role, TALLY_SESSION_ENDED);

		exposition_begin(out, "ringpost_sessions");
		exposition_label(out, "role", slice_of(config_role_names[role]));
		exposition_end(out, tally_sessions(role, TALLY_SESSION_BEGUN) - ended);
	}
	exposition_family(
		out, "ringpost_sessions_total", EXPOSITION_COUNTER, "Sessions begun");
	for (enum config_role role = 0; role < CONFIG_ROLES; role++) {
		exposition_begin(out, "ringpost_sessions_total");
		exposition_label(out, "role", slice_of(config_role_names[role]));
		exposition_end(out, tally_sessions(role, TALLY_SESSION_BEGUN));
	}
}

static void write_refusals(struct exposition *out)
{
	static const struct {
		enum tally_session what;
		const char *name;
	} reasons[] = {{TALLY_SESSION_FORBIDDEN, "network"},
		{TALLY_SESSION_TOO_MANY, "limit"}};

	exposition_family(out, "ringpost_sessions_refused_total", EXPOSITION_COUNTER,
		"Connections turned away at once, by what they broke");
	for (enum config_role role = 0; role < CONFIG_ROLES; role++) {
		for (size_t i = 0; i < ARRAY_COUNT(reasons); i++) {
			exposition_begin(out, "ringpost_sessions_refused_total");
			exposition_label(
				out, "role", slice_of(config_role_names[role]));
			exposition_label(out, "why", slice_of(reasons[i].name));
			exposition_end(out, tally_sessions(role, reasons[i].what));
		}
	}
}

static void write_versions(struct exposition *out)
{
	static const char *const versions[] = {[TALLY_TLS_1_3] = "1.3",
		[TALLY_TLS_1_2] = "1.2",
		[TALLY_TLS_OTHER] = "other"};

	exposition_family(out, "ringpost_tls_handshakes_total", EXPOSITION_COUNTER,
		"TLS handshakes done, as server or client, by version");
	for (int side = 0; side < 2; side++) {
		for (enum tally_tls what = 0; what < ARRAY_COUNT(versions); what++) {
			exposition_begin(out, "ringpost_tls_handshakes_total");
			exposition_label(out, "side", slice_of(sides[side]));
			exposition_label(out, "version", slice_of(versions[what]));
			exposition_end(out, tally_tls_count(side, what));
		}
	}
}

static void write_side(struct exposition *out, enum tally_tls what, const char *family,
	const char *help)
{
	exposition_family(out, family, EXPOSITION_COUNTER, help);
	for (int side = 0; side < 2; side++) {
		exposition_begin(out, family);
		exposition_label(out, "side", slice_of(sides[side]));
		exposition_end(out, tally_tls_count(side, what));
	}
}

void exposition_tallies(struct exposition *out)
{
	write_sessions(out);
	write_refusals(out);
	write_versions(out);
	write_side(out, TALLY_TLS_RESUMED, "ringpost_tls_resumed_total",
		"Of these, sessions that were resumed");
	write_side(out, TALLY_TLS_FAILED, "ringpost_tls_failures_total",
		"TLS handshakes that failed, or showed a certificate that is not good");
}
