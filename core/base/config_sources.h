/*
 * Where mail leaves from: sources, and the pools they form. Member names are
 * the YAML's; what each means says deploy/ringpost.yaml.
 */
#ifndef RINGPOST_BASE_CONFIG_SOURCES_H
#define RINGPOST_BASE_CONFIG_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config_items.h"

struct config_limits { /* 0: no limit */
	uint64_t connections, messages_per_second, messages_per_minute,
		messages_per_hour, messages_per_day;
};

/* Messages a day, growing by day; afterwards without limit. */
struct config_warmup {
	struct config_mark mark;
	char *provider; /* NULL: all that no other schedule is for, together */
	struct config_texts messages; /* of each day; or else … */
	uint64_t start; /* … so many on the first, FACTOR times as many */
	char *factor;	/* on the next, for DAYS days */
	uint64_t days;
	char *from;	   /* "2026-11-21", the first day; NULL: when first used */
	int64_t spread_ms; /* a day's messages take at least so long */
	/* Filled in: */
	uint64_t *amounts; /* of each of DAYS days */
	int64_t from_day;  /* days since 1970; -1: when first used */
};

enum config_proxy_kind { CONFIG_PROXY_NONE, CONFIG_PROXY_SOCKS5, CONFIG_PROXY_HAPROXY };

struct config_proxy {
	enum config_proxy_kind kind;
	char *host; /* a name, or an address without brackets */
	uint16_t port;
	char *user, *password; /* of SOCKS5; or NULL */
};

struct config_source {
	struct config_mark mark;
	char *name;
	char *address, *address6; /* IPv4, IPv6; or NULL */
	char *ehlo;		  /* NULL: hostname */
	char *proxy;		  /* "socks5://…", "haproxy://…"; NULL: none */
	char *proxy_password_file;
	struct config_limits limits;
	struct config_warmup *warmup;
	size_t warmup_count;
	/* Filled in: */
	struct config_proxy via;
	uint8_t ipv4[16], ipv6[16]; /* of address, address6 */
};

struct config_pool_member {
	struct config_mark mark;
	char *source;
	uint64_t weight;
	size_t place; /* of the source; filled in */
};

struct config_pool {
	struct config_mark mark;
	char *name;
	struct config_pool_member *members;
	size_t member_count;
	char *overflow; /* a pool's name, or NULL */
};

struct config;
struct config_section;

extern const struct config_section limits_section; /* config_schema_sources.c */

/* NULL: there is none of that name. */
const struct config_pool *config_pool_find(
	const struct config *config, const char *name);

#endif
