/*
 * Tenants and streams of the configuration: who shares this relay, and which
 * kinds of mail there are. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_TENANTS_H
#define RINGPOST_BASE_CONFIG_TENANTS_H

#include "base/config_bounces.h"
#include "base/config_delivery.h"
#include "base/config_items.h"
#include "base/config_sources.h"
#include "base/slice.h"

#define CONFIG_WEIGHT 10 /* of who is not told another */

struct config_tenant {
	struct config_mark mark;
	char *name; /* lower case */
	uint64_t weight;
	struct config_limits limits; /* of its mail, wherever it goes */
	char *pool;		     /* of sources; NULL: the stream's, else relay's */
	char *stream;	       /* of mail that says none; NULL: none in particular */
	char *bounce_domain;   /* of its envelope senders; NULL: that of bounces */
	enum config_verp verp; /* that of bounces unless verp_set */
	bool verp_set;
	struct config_capture capture; /* of all its mail */
	char *outcomes; /* the account that has its bounces and complaints; or NULL */
};

struct config_stream {
	struct config_mark mark;
	char *name;  /* lower case */
	bool urgent; /* before all that is not */
	uint64_t weight;
	char *pool; /* where the tenant has none; NULL: relay's */
};

struct config;
struct config_section;

/* config_schema_tenants.c */
extern const struct config_section tenant_section, stream_section;

/* NULL: there is none of that name. A tenant is found in a sorted index. */
const struct config_tenant *config_tenant_find(
	const struct config *config, struct slice name);
const struct config_stream *config_stream_find(
	const struct config *config, struct slice name);

#endif
