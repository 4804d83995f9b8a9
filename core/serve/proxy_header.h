/*
 * The header of the PROXY protocol, versions 1 (a line of text) and 2 (binary):
 * what a proxy says in front of everything about the connection it passes on.
 * Pure: fed as it grows.
 */
#ifndef RINGPOST_SERVE_PROXY_HEADER_H
#define RINGPOST_SERVE_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Of version 1 as the protocol has it, of version 2 with what may stand behind
 * the addresses (TLVs, which are passed over). */
#define PROXY_LINE_MAX	 107
#define PROXY_HEADER_MAX 2048

enum proxy_verdict { PROXY_MORE, PROXY_DONE, PROXY_MALFORMED };

struct proxy_header {
	size_t size; /* of the header: what is behind it is the client's */
	bool local;  /* the proxy speaks for itself (a health check) */
	uint8_t address[16], local_address[16]; /* IPv4 mapped */
	uint16_t port, local_port;
};

/*
 * BYTES from the connection's first on. PROXY_MORE: it is not all there.
 * PROXY_MALFORMED also for a client whose address the proxy does not tell
 * (UNKNOWN, a unix socket): nothing could be decided by it.
 */
enum proxy_verdict proxy_header_parse(
	struct slice bytes, struct proxy_header *header_r);

#endif
