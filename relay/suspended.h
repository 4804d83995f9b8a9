/*
 * What an operator suspended, kept to by a worker's relay: mail for it stays in
 * the queue and is neither lost nor older for it, but it still expires.
 *
 * A suspended domain is not taken from the queue at all, but for a look now and
 * then at what may have expired. Mail of a suspended tenant, stream or tag is put
 * back when it comes, due when the suspension ends or the mail expires, whichever
 * is first; so it comes once, and no more. Of a suspended source the pool's other
 * sources send; where there is none the mail waits.
 */
#ifndef RINGPOST_RELAY_SUSPENDED_H
#define RINGPOST_RELAY_SUSPENDED_H

#include "base/map.h"
#include "relay/suspension.h"
#include "run/worker.h"

struct relay;
struct entry;
struct destination;

struct suspended {
	struct suspensions *set; /* NULL: none */
	uint64_t version;	 /* of what Redis says */
	struct map looks;	 /* domain: when it is looked at next, in ms */
	struct timer timer;	 /* asks Redis again */
	bool told;		 /* of trouble */
};

/* Looks at Redis from now on each second, where there is one. */
void suspended_start(struct relay *relay);
void suspended_stop(struct relay *relay);
void suspended_finish(struct relay *relay);

/* SET holds from now on; taken over. */
void suspended_use(struct relay *relay, struct suspensions *set);
/* There may be other sources now. */
void suspended_mark_sources(struct relay *relay);
/* Whether DOMAIN is suspended, and *wanted_r entries of it are to be taken all
 * the same. */
bool suspended_wanted(struct relay *relay, struct slice domain, size_t *wanted_r);
/* True: ENTRY is suspended, and taken over. DESTINATION: NULL while it is not
 * known. */
bool suspended_keep(struct relay *relay, struct entry *entry,
	const struct destination *destination);
/* What suspends it, or NULL. */
const struct suspension *suspended_by(const struct relay *relay,
	const struct entry *entry, const struct destination *destination);
/* Says so, and that it is over. WHO: "operator", or "time". */
void suspended_tell(const struct suspension *suspension);
void suspended_tell_end(const struct suspension *suspension, const char *who);

#endif
