/*
 * Whose access tokens are taken as a login (OAUTHBEARER, XOAUTH2). Member names
 * are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_OAUTH_H
#define RINGPOST_BASE_CONFIG_OAUTH_H

#include <stdbool.h>

#include "base/config_items.h"

struct config_oauth {
	struct config_mark mark;
	char *issuer;	     /* "iss" of its tokens, to the letter */
	char *jwks;	     /* URL of its keys (RFC 7517); or NULL */
	char *introspection; /* URL to ask about a token (RFC 7662); or NULL */
	char *client_id;     /* who asks there */
	char *client_secret_file;
	char *audience;		/* "aud" must name it; NULL: it is not looked at */
	char *scope;		/* "scope" must hold it; NULL: any */
	char *account_claim;	/* which claim is the account's name */
	char *ca_file;		/* instead of the system's authorities; or NULL */
	bool private_addresses; /* its servers are in a network of one's own */
};

struct config_section;
/* config_schema_oauth.c */
extern const struct config_section oauth_section;

#endif
