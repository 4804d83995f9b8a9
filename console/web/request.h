/* A request over HTTP into one for an admin command. */
#ifndef RINGPOST_WEB_REQUEST_H
#define RINGPOST_WEB_REQUEST_H

#include "web/errand.h"
#include "web/resource.h"

/*
 * WISH has the command's request and how much of a list is wanted; TENANT is the key's.
 * False with a problem as the answer: names that are not taken, values of another kind,
 * all at once; another tenant.
 */
bool web_request_read(struct http_exchange *exchange,
	const struct web_resource *resource, struct slice tenant,
	struct errand_wish *wish);

#endif
