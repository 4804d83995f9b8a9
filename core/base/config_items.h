/*
 * The entries of the configuration's lists: listeners, certificates, DKIM
 * keys, routes. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_ITEMS_H
#define RINGPOST_BASE_CONFIG_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config_bounces.h"
#include "base/config_delivery.h"
#include "base/config_network.h"
#include "base/config_role.h"
#include "base/config_texts.h"
#include "base/config_tls.h"

struct config_mark {
	unsigned line, column; /* from 1; 0: not in the file, a default */
};

struct config_listener {
	struct config_mark mark;
	char *address;			 /* "[::]:587", "127.0.0.1:2525"; but for
					    role submission "[::]", too */
	struct config_endpoint endpoint; /* the same, parsed */
	enum config_role role;
	enum config_tls tls;
	struct config_networks networks; /* who may connect; none: anyone, but
					    for tls none: loopback only */
	bool require_auth;
	bool auth_without_tls;
	struct config_texts mechanisms;	       /* upper case */
	uint64_t sessions;		       /* cap on this listener, all workers */
	struct config_networks proxy_protocol; /* who says it, on each connection */
	struct config_networks xclient;	       /* who may say whose session it is */
	char *tenant; /* of who sends without a login; or NULL */
	struct config_texts serves; /* role http: config_services */
};

struct config_certificate {
	struct config_mark mark;
	char *certificate, *key; /* PEM files; the first pair is the default */
};

struct config_dkim {
	struct config_mark mark;
	char *domain;	/* lower case; "*": any without a key of its own */
	char *selector; /* lower case */
	char *key;	/* PEM file: RSA or Ed25519 */
};

struct config_route {
	struct config_mark mark;
	char *domain;		       /* lower case "example.com", ".example.com" (and
					  all below it), "*" */
	char *host;		       /* a name or "[192.0.2.1]", asked without MX;
					  NULL: the domain's MX */
	uint64_t port;		       /* 25; 465 with tls_implicit */
	bool discard;		       /* accept and drop, as delivered */
	bool mailbox;		       /* to mailboxes of accounts of ours */
	struct config_capture capture; /* all of it to one */
	bool private_addresses;	       /* may be loopback, private or our own */
	enum config_tls_level tls;     /* relay.tls unless tls_set */
	bool tls_set;
	bool dane, mta_sts;	    /* false: whatever relay says */
	bool tls_implicit;	    /* TLS from the first byte */
	char *pool;		    /* mail leaves from; NULL: as without */
	char *tls_name;		    /* to verify; NULL: the host's or MX's name */
	char *user, *password_file; /* SMTP AUTH toward the host; or NULL */
	uint64_t connections, messages_per_connection, messages_per_second, ahead;
	/* unless written: relay's */
	enum config_verp verp; /* the tenant's or bounces' unless verp_set */
	bool verp_set;
};

#endif
