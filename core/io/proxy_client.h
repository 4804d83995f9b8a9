/*
 * Connecting through a proxy: SOCKS5 (RFC 1928, RFC 1929), or a header of the
 * PROXY protocol, version 2, ahead of all else.
 */
#ifndef RINGPOST_IO_PROXY_CLIENT_H
#define RINGPOST_IO_PROXY_CLIENT_H

#include <stdbool.h>

#include "io/stream.h"

struct sockaddr;

struct proxy_login {
	const char *user, *password; /* 1 to 255 octets each, or both NULL */
};

/*
 * Has the SOCKS5 server at the other end of STREAM connect it to ADDRESS: what
 * is written from now on goes there. False: FAILURE_PROTOCOL, NETWORK, TIMEOUT,
 * CANCELLED, and *proxy_broken_r says whether the proxy is to blame, or the way
 * from it to ADDRESS.
 */
bool proxy_socks5(struct stream *stream, const struct sockaddr *address,
	const struct proxy_login *login, bool *proxy_broken_r,
	struct deadline deadline);

/* Writes the header: a connection from SOURCE (of any port) to ADDRESS, of the
 * same family. */
void proxy_write_header(struct stream *stream, const struct sockaddr *source,
	const struct sockaddr *address);

#endif
