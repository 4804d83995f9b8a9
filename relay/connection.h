/*
 * A connection to a site, in a fiber of its own: made, used, idle, used again.
 */
#ifndef RINGPOST_RELAY_CONNECTION_H
#define RINGPOST_RELAY_CONNECTION_H

#include "relay/job.h"
#include "relay/outcome.h"
#include "relay/site.h"
#include "relay/tls_account.h"
#include "relay/tlsa.h"

#define CONNECTION_LABEL_SIZE 360

/* What is no fault of the site. */
enum connection_fault {
	FAULT_NONE,
	FAULT_SOURCE, /* its address is gone, or its proxy */
	FAULT_FAMILY, /* it has no address of the hosts' family */
};

struct connection {
	struct link link;	   /* of the site */
	struct link idle_link;	   /* of the site's idle ones */
	struct link any_idle_link; /* of the relay's */
	struct site *site;	   /* held */
	struct fiber *fiber;
	struct smtp_client *client;
	struct host *host;
	bool coming; /* counted so: made or called, and has taken nothing yet */
	bool dismissed;
	enum connection_fault fault;
	struct tls_decision tls;
	struct tls_account account;
	int64_t tls_until_us;	    /* what that stands on holds so long */
	const char *only_for;	    /* the domain whose name would do, too; NULL: any */
	struct limits *yields_to;   /* whose place others wait for; or NULL */
	int64_t connect_us;	    /* how long it took */
	struct timing_steps *steps; /* of that, where messages are traced; or NULL */
	uint64_t messages;
	int64_t answered_us; /* the last of them */
	uint64_t looked_at;  /* whether it is wanted elsewhere: after so many */
	struct list flight;  /* jobs sent as a whole, oldest first */
	size_t in_flight;
	struct list spare; /* jobs without an entry */
	struct job *ahead; /* whose envelope alone is on its way already */
	struct arena arena;
	char label[CONNECTION_LABEL_SIZE]; /* "mx1.example.com[192.0.2.1]:25" */
};

/* connect.c: through the site's hosts and addresses until one takes us. False:
 * none does, and the verdict says why (in ARENA), or CANCELLED. */
bool connection_open(struct connection *connection, struct verdict *verdict_r);
/* connect_tell.c, where transcript_wanted(): what waits for a site's connection (a
 * struct site); HOST could not be reached at TO. */
void connection_tell_waiting(struct transcript *transcript, const void *waiting);
void connection_tell_unreached(const struct connection *connection,
	const struct host *host, const union host_address *to);
/* connect_tls.c: decides which TLS HOST must give, with its TLSA records if they
 * are asked for. False: it is not to be used, and the verdict says why (kind
 * NONE: CANCELLED). */
bool connection_decide_tls(struct connection *connection, const struct host *host,
	const struct host_addresses *addresses, struct tlsa *tlsa_r,
	struct verdict *verdict_r, struct deadline deadline);
/* It came to nothing so: the verdict in words that name the policy. */
void connection_judge_tls(struct connection *connection,
	const struct smtp_opening *opening, struct verdict *verdict);
/* Whether TLS failed, or was missing, where plain text would do: it is not
 * tried again for a while, by any worker. */
bool connection_may_go_plain(struct connection *connection, const struct host *host,
	const struct smtp_opening *opening, struct slice reason);
/* Whether what its certificate was checked by is good for all the site's mail. */
bool connection_is_for_all(const struct connection *connection);
/* Whether that was so lately. */
bool connection_goes_plain(
	const struct connection *connection, const struct host *host);
/* Whether it failed for what we lack: descriptors, memory. */
bool connection_is_short(const struct verdict *verdict);

/* It has taken what it came for: others may be sent for. */
void connection_came(struct connection *connection);
/* Others wait for its place, and it is the one to give it up. */
bool connection_should_yield(struct connection *connection);

/* deliver.c: hands over the next entry, or more. False: the connection is of no
 * more use. *idle_r: there was none to hand over. */
bool connection_deliver_next(struct connection *connection, bool *idle_r);
/* One message after the other is begun while this holds, MORE of them. */
bool connection_may_begin(struct connection *connection, uint64_t more);
#define PACE_MS 10000 /* that a connection waits for its next transaction */
/*
 * After a transaction of JOB, MORE recipients being left: where each travels alone
 * he is a message, which limits have to allow; waits for that. False: not now, so
 * they come again.
 */
bool connection_may_continue(struct connection *connection, const struct job *job,
	bool more, struct deadline deadline);
struct job *connection_spare_job(struct connection *connection);
/* The job's transaction is over: settles it, or puts it back where what broke is
 * nobody's failure. */
void connection_conclude(struct connection *connection, struct job *job);
/* What was begun and cannot be finished here goes back. */
void connection_put_back(struct connection *connection, struct job *job);

/* flight.c: JOB, and more behind it as long as there are some that can be sent
 * without waiting. False: as above. */
bool connection_deliver_flight(struct connection *connection, struct job *job);

#endif
