/* Addresses of DNS servers as written in a configuration. Pure. */
#ifndef RINGPOST_IO_DNS_SERVER_H
#define RINGPOST_IO_DNS_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/config_network.h"

struct dns_server {
	int family;		 /* AF_INET, AF_INET6 */
	unsigned char bytes[16]; /* 4 of them for AF_INET, network order */
	unsigned short port;	 /* 53 unless written */
};

/* "192.0.2.1", "192.0.2.1:5353", "::1", "[::1]", "[::1]:5353". */
bool dns_server_parse(const char *text, struct dns_server *server_r);
/* On this machine, or in TRUSTED (or NULL). ADDRESS as inet_pton gives it. */
bool dns_server_is_trusted(
	int family, const void *address, const struct config_networks *trusted);

#endif
