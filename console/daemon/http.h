/* HTTP of a worker: the routes there are, and its connections. */
#ifndef RINGPOST_DAEMON_HTTP_H
#define RINGPOST_DAEMON_HTTP_H

#include "api/api.h"
#include "daemon/daemon.h"
#include "http/server.h"

struct daemon_http;

/* Of a worker whose other parts are open; here every table of routes is added. */
struct daemon_http *daemon_http_open(struct daemon_worker *worker);
void daemon_http_close(struct daemon_http **http, struct deadline deadline);
/* A connection to a listener of role http, to its end. */
void daemon_http_session(struct daemon_http *http, const struct session_start *start);
struct http_figures daemon_http_figures(const struct daemon_http *http);
struct api_figures daemon_api_figures(const struct daemon_http *http);
/* Every table of routes there is. */
const struct http_router *daemon_http_router(const struct daemon_http *http);

#endif
