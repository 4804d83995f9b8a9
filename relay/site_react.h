/*
 * A site and what was learned of its receiver: the reactions in force for it,
 * its provider and its source, and the rate it takes. See reacts.h.
 */
#ifndef RINGPOST_RELAY_SITE_REACT_H
#define RINGPOST_RELAY_SITE_REACT_H

#include "react/reacts.h"
#include "relay/site.h"

void site_hold_reacts(struct site *site);
void site_release_reacts(struct site *site);

/* Until when nothing may be sent, milliseconds since 1970; 0: it may. */
int64_t site_suspended_ms(const struct site *site);
/* Something changed since the site was last refreshed. */
bool site_is_stale(const struct site *site);
/* Limits are lowered or not any more; what waits for one that is suspended is put
 * off, and comes back when it is not. The caller holds the site. */
void site_refresh(struct site *site);

/* Not tried: back to the queue until the site may be used. */
void site_put_off(struct site *site, struct entry *entry);
/* Puts back what is first in line as long as its domain or tenant is held back
 * here; true: there was some. */
bool site_withhold(struct site *site);
/* How many messages a connection may carry, as rules say and as learned; 0: any. */
uint64_t site_stint(const struct site *site);
/* The rate learned: how long a message has to wait; takes one. */
int64_t site_tempo_us(struct site *site);
bool site_is_paced(const struct site *site);
bool site_tempo_take(struct site *site);

/* hear.c: an answer, about ENTRY (or NULL) begun at BEGAN_US. True: it was about
 * how we send, and what can be done about that was done. */
bool site_hear(struct site *site, const struct entry *entry,
	const struct verdict *verdict, int64_t began_us, struct slice host);
/* It took a message. */
void site_hear_accepted(struct site *site, int64_t began_us);
/* It ended a connection that had carried so many, with more to come; a connection
 * carried so many. */
void site_hear_cut(struct site *site, uint64_t messages);
/* What is in force for it and what was learned, for people. */
void site_say_reactions(struct site *site, struct buffer *text);
void site_hear_carried(struct site *site, uint64_t messages);
/* As many connections as it takes, it seems, for a while. */
void site_tell_ceiling(struct site *site, struct slice reason);

/* The keys of a domain and of a tenant at this receiver. */
struct slice site_domain_key(
	const struct site *site, struct slice domain, char text[REACT_KEY_MAX]);
struct slice site_tenant_key(
	const struct site *site, struct slice tenant, char text[REACT_KEY_MAX]);

/* relay_react.c: in a worker, the steps up when they are due, and what is kept in
 * Redis. Something is in force: look after it. */
void relay_watch_reactions(struct relay *relay);
/* Every site that is stale is refreshed. */
void relay_refresh_sites(struct relay *relay);
/* Every site looks whether it can send something. */
void relay_serve_sites(struct relay *relay);
void relay_load_reactions(struct relay *relay, struct deadline deadline);
void relay_stop_reactions(struct relay *relay);

#endif
