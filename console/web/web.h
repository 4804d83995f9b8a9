/*
 * What a worker serves over HTTP besides taking mail: every table of routes of this
 * layer enters the worker's router here.
 */
#ifndef RINGPOST_WEB_WEB_H
#define RINGPOST_WEB_WEB_H

#include "daemon/daemon.h"
#include "http/router.h"

struct api;
struct web; /* a worker's */

struct web *web_open(
	struct daemon_worker *worker, struct api *api, struct http_router *router);
void web_close(struct web **web, struct deadline deadline);

#endif
