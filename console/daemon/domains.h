/*
 * Domains that were given a DKIM key while the server ran: in Redis, hash rp:domains,
 * shared by every node. Their keys sign from when DNS publishes all of them; each node
 * then keeps them as files (dkim/made.h), so that it signs without Redis, too. The
 * configuration's keys go first.
 *
 * Others take their place when every server of DNS that is asked publishes those; the
 * private part of the old ones is gone then, and their names are kept for as long as
 * somebody has to be told when they may leave DNS.
 */
#ifndef RINGPOST_DAEMON_DOMAINS_H
#define RINGPOST_DAEMON_DOMAINS_H

#include "daemon/daemon.h"
#include "dkim/keyring.h"

#define DOMAINS_MAX	      2000
#define DOMAINS_OF_TENANT_MAX 200
#define DOMAIN_OLD_MAX	      8

struct audit;

struct domain_key {
	struct slice selector, pem;
};

/* Signs no more; mail that is under way has its signatures until then. */
struct domain_old {
	struct slice selector;
	int64_t until_ms;
};

struct domain_record {
	struct slice domain; /* A-labels in lower case */
	struct slice tenant; /* whose it is; empty: nobody's in particular */
	int64_t created_ms;
	bool active;  /* DNS has published its keys: they sign */
	bool removed; /* it was one: nodes take its files away */
	struct domain_key keys[DKIM_KEYS_PER_DOMAIN];
	size_t key_count;
	struct domain_key next[DKIM_KEYS_PER_DOMAIN]; /* wait for DNS */
	size_t next_count;
	int64_t next_ms; /* when they were made */
	struct domain_old old[DOMAIN_OLD_MAX];
	size_t old_count;
	uint64_t stored; /* what was read, as a hash; 0: there was none */
};

/* In ARENA. FAILURE_DATA: there is none, or it was removed; FAILURE_STORE, TIMEOUT,
 * CANCELLED. */
bool domains_read(struct redis *redis, struct slice domain, struct arena *arena,
	struct domain_record *record_r, struct deadline deadline);
/* Those that were not removed, by name. */
bool domains_list(struct redis *redis, struct arena *arena,
	struct domain_record **list_r, size_t *count_r, struct deadline deadline);
/* In place of what was read (.stored). FAILURE_DATA: there is something else by now;
 * the others as above. */
bool domains_write(struct redis *redis, const struct domain_record *record,
	struct deadline deadline);

/* Follows what is in Redis; in worker 0, which has all its parts. */
bool domains_follow(struct daemon_worker *worker);
/* When no worker runs any more. */
void domains_destroy(struct daemon *daemon);
/* What was written is followed at once, and has been when this returns (true). */
bool domains_catch_up(struct daemon *daemon, struct deadline deadline);

/*
 * What DNS says of DOMAIN; RECORD: with its keys (NULL: those that sign), which sign
 * from now on if they are published; those that are to sign next, too (RECORD then says
 * so). In worker 0. AUDIT_R is to be finished, also when this failed.
 */
bool domains_look(struct daemon *daemon, struct slice domain,
	struct domain_record *record, struct arena *arena, struct audit *audit_r,
	struct deadline deadline);

/* A keyring of these keys alone; NULL with a failure. */
struct dkim_keyring *domains_keyring(
	struct slice domain, const struct domain_key *keys, size_t count);

/* rekey.c: the keys there are now are read, and sign from now on in all workers. In
 * worker 0. */
bool daemon_rekey(struct daemon *daemon, struct deadline deadline);

#endif
