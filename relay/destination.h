/*
 * Destinations: a domain, what is known about it, and the paths its mail takes.
 *
 * A path is a source and a TLS variant. Messages that leave from different
 * addresses, or may not share a connection for what TLS they demand, go to
 * different sites, though the hosts are the same. Each path holds its site; a
 * destination has as many as are in use.
 */
#ifndef RINGPOST_RELAY_DESTINATION_H
#define RINGPOST_RELAY_DESTINATION_H

#include "relay/relay_core.h"
#include "relay/source.h"

struct pool;
struct choice;

/* Mail of one pool that goes to a destination. */
struct way {
	struct link link;
	struct pool *pool;
	struct choice *choice; /* held; NULL: one source alone */
};

struct path {
	struct link link;      /* of the destination */
	struct link site_link; /* of the site */
	struct destination *destination;
	struct source *source;
	enum tls_variant variant;
	struct site *site; /* held */
};

struct destination {
	struct link recent_link;
	struct relay *relay;
	struct slice key; /* the domain, or "domain route" */
	struct slice domain;
	struct slice route; /* an operator's; empty: the one that holds */
	struct list paths, ways;
	struct arena arena; /* of what is below */
	bool deliverable;
	struct hosts hosts; /* if it is, or else why not */
	struct terms terms;
	struct slice names; /* of the hosts */
	struct pool *pool;  /* of its route, or NULL */
	struct verdict verdict;
	int64_t fresh_until_us;	   /* what is known here */
	int64_t asked_us, told_us; /* when it was looked up */
	unsigned failures;
	bool resolving, discard, local;
	const struct config_capture *capture; /* of local mail, while it is fresh */
	bool own_site;	     /* verified by its own name: it shares no connection */
	bool postponed;	     /* the queue was told to wait for the sites */
	struct list waiting; /* entries, while it is being resolved */
	size_t waiting_count, waiting_urgent; /* the others, and those that are */
};

struct destination *destination_find(struct relay *relay, struct slice domain);
/* Where ENTRY goes: its domain, or that by an operator's route. NULL: not known. */
struct destination *destination_of(struct relay *relay, const struct entry *entry);
size_t destination_wanted(struct relay *relay, struct slice domain, struct slice flow,
	struct taker_room *room_r);
/* Takes the entry over: to its site, or to wait for one. */
void destination_take(struct relay *relay, struct entry *entry);
void destination_forget_all(struct relay *relay);

/* path.c */
/* The hosts have been looked up: paths lead to their sites from now on. */
void destination_set_hosts(struct destination *destination, const struct hosts *hosts,
	const struct terms *terms);
/* The path of that kind, or NULL; made if there is none. */
struct path *path_find(const struct destination *destination,
	const struct source *source, enum tls_variant variant);
struct path *path_to(struct destination *destination, struct source *source,
	enum tls_variant variant);
void destination_leave_paths(struct destination *destination);
/* How many more entries of the class the sites would like; 0 when all are down. */
struct flow_class;
size_t destination_paths_wanted(struct destination *destination,
	const struct flow_class *class, struct taker_room *room_r);
/* path_choice.c */
/* The path ENTRY takes to a deliverable destination, made if new. NULL: no
 * source of its pool may send there now; it is put off. */
struct path *destination_path(struct destination *destination, struct entry *entry);
void destination_renew_ways(struct destination *destination);
void destination_leave_ways(struct destination *destination);
/* When mail may go there again, in ms since 1970; 0: now. */
int64_t destination_shut_until(const struct destination *destination);
/* path.c */
/* A site went down: where no other path is open the queue is told to wait. It
 * serves again: the queue may come. */
void destination_postpone(struct destination *destination);
void destination_resume(struct destination *destination);

#endif
