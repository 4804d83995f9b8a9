/*
 * Queries on their way: c-ares behind a few calls, its sockets polled on the
 * ring, its time-outs driven by a timer. c-ares decides when a query is sent
 * again, to which server, and over TCP when the answer was cut off.
 */
#ifndef RINGPOST_IO_DNS_CHANNEL_H
#define RINGPOST_IO_DNS_CHANNEL_H

#include "base/list.h"
#include "io/dns.h"
#include "io/dns_name.h"

/* Queries with the servers at once; the rest wait their turn. Large, so that
 * names nobody answers for do not hold up the others. */
#define DNS_QUERIES_MAX 4096
/* Sent in one go, a millisecond apart: what a socket's buffer takes. */
#define DNS_BURST_MAX 128

struct dns_channel;

struct dns_request {
	struct link link;
	struct dns_channel *channel;
	unsigned char query[DNS_QUERY_SIZE]; /* filled by the asker */
	size_t query_size;
	/*
	 * Once for each ask, on the worker's own stack (or that of the fiber
	 * that destroys the channel), never from inside dns_channel_ask.
	 * PACKET is valid during the call; TROUBLE says why there is none.
	 */
	void (*answered)(
		struct dns_request *request, struct slice packet, const char *trouble);
};

/* NULL with FAILURE_CONFIG or FAILURE_RESOURCE. */
struct dns_channel *dns_channel_create(const struct dns_options *options);
/* Requests that are open are answered first, without a packet. */
void dns_channel_destroy(struct dns_channel **channel);
/* REQUEST stays where it is until it is answered. */
void dns_channel_ask(struct dns_channel *channel, struct dns_request *request);
/* Every server is this machine's own or of TRUSTED (or NULL). */
bool dns_channel_is_trusted(
	struct dns_channel *channel, const struct config_networks *trusted);
/* Queries handed to c-ares so far. */
uint64_t dns_channel_sent(const struct dns_channel *channel);

#endif
