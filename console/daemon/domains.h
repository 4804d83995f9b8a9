/*
 * Domains that were given a DKIM key while the server ran: in Redis, hash rp:domains,
 * shared by every node. Their keys sign from when DNS publishes all of them; each node
 * then keeps them as files (dkim/made.h), so that it signs without Redis, too. The
 * configuration's keys go first.
 */
#ifndef RINGPOST_DAEMON_DOMAINS_H
#define RINGPOST_DAEMON_DOMAINS_H

#include "daemon/daemon.h"
#include "dkim/keyring.h"

#define DOMAINS_MAX	      2000
#define DOMAINS_OF_TENANT_MAX 200

struct audit;

struct domain_key {
	struct slice selector, pem;
};

struct domain_record {
	struct slice domain; /* A-labels in lower case */
	struct slice tenant; /* whose it is; empty: nobody's in particular */
	int64_t created_ms;
	bool active;  /* DNS has published its keys: they sign */
	bool removed; /* it was one: nodes take its files away */
	struct domain_key keys[DKIM_KEYS_PER_DOMAIN];
	size_t key_count;
};

/* In ARENA. FAILURE_DATA: there is none, or it was removed; FAILURE_STORE, TIMEOUT,
 * CANCELLED. */
bool domains_read(struct redis *redis, struct slice domain, struct arena *arena,
	struct domain_record *record_r, struct deadline deadline);
/* Those that were not removed, by name. */
bool domains_list(struct redis *redis, struct arena *arena,
	struct domain_record **list_r, size_t *count_r, struct deadline deadline);
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
 * from now on if they are published. In worker 0. AUDIT_R is to be finished, also when
 * this failed.
 */
bool domains_look(struct daemon *daemon, struct slice domain,
	struct domain_record *record, struct arena *arena, struct audit *audit_r,
	struct deadline deadline);

/* A keyring of the record's keys alone; NULL with a failure. */
struct dkim_keyring *domains_keyring(const struct domain_record *record);

/* rekey.c: the keys there are now are read, and sign from now on in all workers. In
 * worker 0. */
bool daemon_rekey(struct daemon *daemon, struct deadline deadline);

#endif
