/*
 * Sites: sets of hosts that take mail for one or many domains. A site has a
 * line of entries, connections, limits, and a back-off when it is down.
 */
#ifndef RINGPOST_RELAY_SITE_H
#define RINGPOST_RELAY_SITE_H

#include "relay/relay_core.h"

#define SITE_AGAIN_MS 200 /* after what no limit's end tells of */

struct path;

/* The site of these hosts under these terms on the source and variant of PATH,
 * made if new; held. */
struct site *site_hold(struct relay *relay, const struct hosts *hosts,
	const struct terms *terms, const struct path *path);
void site_release(struct site **site);

/* Hosts by rank, "a,b;c", in ARENA. */
struct slice site_names(const struct hosts *hosts, struct arena *arena);

/* site_line.c */
/* What the queue asks about: a flow, without the priority in its name. */
struct flow_class {
	struct slice name; /* "tenant/stream", or empty */
	int priority;
	bool urgent;
};
struct flow_class flow_class_of(const struct relay *relay, struct slice flow);
/* How many more entries it would like; if none, where to wait for room, unless it
 * is down. */
size_t site_wanted(const struct site *site, const struct flow_class *class,
	struct taker_room *room_r);
/* At the end of its flow / at its front, without asking for anything. */
void site_add(struct site *site, struct entry *entry);
void site_put_back(struct site *site, struct entry *entry);
/* The next entry; NULL: none. */
struct entry *site_first(struct site *site);
/* The next entry, if there is one and the rate allows it; else NULL. */
struct entry *site_take(struct site *site);
/* The same if it is EXPECTED, which came first when somebody looked. */
struct entry *site_take_this(struct site *site, const struct entry *expected);
/* Sees to it that those who wait are taken: calls idle connections, opens
 * more. Never suspends. */
void site_serve(struct site *site);
void site_serve_soon(struct site *site);
/* There is room again for all that the queue has. */
void site_want(struct site *site);
/* The first in line, without asking; there is one. */
struct entry *site_drop_first(struct site *site);
/* Whose mail is the next in line; false: nobody's. */
bool site_first_domain(struct site *site, struct slice *domain_r);
/* The entries that wait, for somebody else. */
void site_empty(struct site *site, struct list *into);
/* Those of them whose time is over are returned. */
void site_expire(struct site *site);

/* Its source cannot be used (any more), or not for this site (UNFIT): what waits
 * is handed out anew. */
void site_hand_over(struct site *site);
void site_unfit(struct site *site, const struct verdict *verdict);

/* site_warmup.c: whether it must wait for more of what its source's warm-up
 * allows, which is then asked for; takes one message of that. */
bool site_awaits_warmup(struct site *site);
bool site_take_warmup(struct site *site);

/* Whether to leave it alone now; ms since 1970 until when, or 0. */
bool site_is_down(const struct site *site);
int64_t site_backoff_ms(const struct site *site);
/* A connection could not be made, or was of no use: VERDICT says why. A site
 * with other connections gets no more of them for a while; one without is left
 * alone, and what waits is put off. */
void site_failed(struct site *site, const struct verdict *verdict, struct slice host,
	const struct timing_steps *steps);
/* A delivery broke for the host's sake: many in a row are a failure. */
void site_troubled(struct site *site, const struct verdict *verdict, struct slice host);
/* If it is down: the back-off ends, one connection tries. */
void site_try_now(struct site *site);
/* It took a message, or said no to one: it works. */
void site_worked(struct site *site);

/* site_ahead.c: how many messages may be in flight over one connection; 0: not
 * even the next one's envelope may travel behind a content. */
size_t site_ahead(struct site *site);
/* It got that wrong: at most MOST for an hour, longer each time. */
void site_lower_ahead(struct site *site, size_t most, const char *reason);

/* site_limits.c */
void site_hold_limits(struct site *site);
/* How long a limit keeps it from sending anything, 0: none does; it is served
 * again when that may have changed. The same for a connection's REFUSAL. */
int64_t site_limited_us(struct site *site);
void site_await_connection(struct site *site, const struct limit_refusal *refusal);
/* What keeps it waiting, if a limit does. */
bool site_binding_limit(struct site *site, struct limit_refusal *refusal_r);
/* Takes one message of all limits, or of none. It was not sent after all. */
bool site_may_send(struct site *site);
void site_give_back(struct site *site, int64_t taken_us);

/* connection.c: one more connection, in a fiber of its own. */
bool connection_start(struct site *site);
/* Wakes an idle connection of the site; false: there is none. */
bool connection_call(struct site *site);
/* Of a struct relay: idle connections end whose place somebody waits for. */
void connection_yield_idle(void *relay);
/* Asks idle connections to end: the longest idle one of any site; all. */
bool connection_make_room(struct relay *relay);
void connection_dismiss_idle(struct relay *relay);
/* The longest idle one of a site. */
bool connection_dismiss_one(struct site *site);
/* Those still being made are given up, others end after their message. */
void connection_dismiss_opening(struct site *site);
/* The same, and idle ones end at once. */
void connection_dismiss_all(struct site *site);

#endif
