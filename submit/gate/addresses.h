/*
 * The addresses mail leaves from, as the world sees them: written under the
 * gate, or the sources', or this machine's own (unless a route hands all mail to
 * another host); and which of them a message may
 * leave from, by the pool its tenant, its stream or the relay has.
 */
#ifndef RINGPOST_GATE_ADDRESSES_H
#define RINGPOST_GATE_ADDRESSES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"

#define ADDRESSES_MAX 64 /* looked at; sources may have more */

struct gate_address {
	struct in6_addr ip; /* IPv4 mapped */
	char text[INET6_ADDRSTRLEN];
	const char *ehlo; /* said from there; the configuration's */
};

enum addresses_from {
	ADDRESSES_WRITTEN, /* gate.addresses */
	ADDRESSES_SOURCES,
	ADDRESSES_MACHINE,
	ADDRESSES_ROUTE, /* those of the host that all mail goes to: not known */
};

struct gate_addresses {
	struct gate_address list[ADDRESSES_MAX];
	size_t count;
	enum addresses_from from;
	size_t left_out; /* there are so many more */
	bool hidden;	 /* what the world sees is not known, or not all of it */
	uint64_t usual;	 /* those of mail without a pool of its own; bits */
	uint64_t *pools; /* those of each pool, in the configuration's order */
};

/* A few system calls at most. To be finished. CONFIG must last as long. */
void addresses_find(const struct config *config, struct gate_addresses *addresses_r);
void addresses_finish(struct gate_addresses *addresses);

/* Bits of those that mail of TENANT and STREAM may leave from. */
uint64_t addresses_of(const struct gate_addresses *addresses,
	const struct config *config, struct slice tenant, struct slice stream);

#endif
