/*
 * A relay on a real queue, two servers to send to, a DNS server, and what the
 * relay says about it: for the tests of the relay as a whole.
 */
#ifndef RINGPOST_TESTS_RELAY_WORLD_H
#define RINGPOST_TESTS_RELAY_WORLD_H

#include "../queue/world.h"
#include "base/config.h"
#include "relay/relay.h"
#include "sink.h"
#include "zone.h"

#define PIPELINING "PIPELINING\nSIZE 1000000\n8BITMIME\nENHANCEDSTATUSCODES"
#define MESSAGE	   "Subject: hello\r\n\r\n.dots\r\n..and more\r\n"

struct relay_world {
	struct server server;
	struct place place;
	struct sink sink, other;
	struct zone zone;
	struct relay_node *node;
	struct relay *relay;
	struct dns *dns;
	struct tls_client *tls;
	struct config *config;
	bool (*sign)(void *context, struct slice header, struct slice body,
		struct buffer *fields, struct deadline deadline);
	struct local_delivery local;
	const char *more;   /* YAML beside the sections; NULL: none */
	int events;	    /* a file with what was said */
	uint16_t sink_port; /* where mail goes in place of `sink`; 0: there */
};

extern struct relay_world world;

/* BODY in a worker with an empty queue and fresh servers. */
void with_world(void (*body)(void));
/*
 * Opens the relay. Mail goes to `sink`, that for example.test to `other`; for
 * dns.test and below DNS is asked, at the sink's port. RELAY is YAML in the
 * section of that name, ROUTE more about the route "*", ", key: value".
 */
void world_open(const char *relay, const char *route);
struct config *world_config(const char *relay, const char *route);
/* One more relay, as another worker's, which the queue gives to from now on. */
struct relay *world_open_second(void);
void world_close(void);
bool world_send(const char *addresses, const char *content);
/* The same with CHANGE made to it before. */
bool world_send_as(const char *addresses, const char *content,
	void (*change)(struct message *message, struct entry *entry));

uint64_t world_taken(void); /* messages */
uint64_t world_taken_by_other(void);
uint64_t world_in_hand(void);
uint64_t world_left(void); /* entries in Redis */
bool world_said(const char *text);
unsigned world_said_times(const char *text);
/* Prints the events, for whoever wonders. */
void world_tell(void);
/* How many events so named there are. */
unsigned world_events(const char *name);
uint64_t world_delivered(void);
uint64_t world_deferred(void);
uint64_t world_bounced(void);
bool sink_got(const struct sink *sink, const char *text);
int world_main(int (*run)(void));

#endif
