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

struct path {
	struct link link;	/* of the destination */
	struct link site_link;	/* of the site */
	struct link asked_link; /* of the site, where the queue asked */
	struct destination *destination;
	struct source *source;
	enum tls_variant variant;
	struct site *site; /* held */
};

struct destination {
	struct link recent_link, asked_link;
	struct relay *relay;
	struct slice domain;
	struct list paths;  /* the last used first */
	struct arena arena; /* of what is below */
	bool deliverable;
	struct hosts hosts; /* if it is, or else why not */
	struct terms terms;
	struct verdict verdict;
	int64_t fresh_until_us; /* what is known here */
	unsigned failures;
	bool resolving, discard;
	bool postponed;	     /* the queue was told to wait for the sites */
	struct list waiting; /* entries, while it is being resolved */
	size_t waiting_count;
};

struct destination *destination_find(struct relay *relay, struct slice domain);
size_t destination_wanted(struct relay *relay, struct slice domain);
/* Takes the entry over: to its site, or to wait for one. */
void destination_take(struct relay *relay, struct entry *entry);
void destination_forget_all(struct relay *relay);

/* path.c */
/* The path ENTRY takes to a deliverable destination, made if new. */
struct path *destination_path(struct destination *destination, struct entry *entry);
/* The hosts have been looked up: paths lead to their sites from now on. */
void destination_set_hosts(struct destination *destination, const struct hosts *hosts,
	const struct terms *terms);
void destination_leave_paths(struct destination *destination);
/* How many more entries the sites would like, 0 when all are down; they tell
 * the queue when that changes, where the destination asks them to. */
size_t destination_paths_wanted(struct destination *destination);
void destination_ask_paths(struct destination *destination);
/* A site went down: where no other path is open the queue is told to wait. It
 * serves again: the queue may come. */
void destination_postpone(struct destination *destination);
void destination_resume(struct destination *destination);
/* There is room at a site: paths that were ASKED tell the queue. */
void destination_want(struct relay *relay, struct list *asked);

#endif
