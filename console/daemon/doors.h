/* What is opened over the daemon by the layers above it: who may ask it, and how. */
#ifndef RINGPOST_DAEMON_DOORS_H
#define RINGPOST_DAEMON_DOORS_H

#include "run/deadline.h"

struct admin;
struct api;
struct daemon;
struct daemon_worker;
struct http_router;
struct web;

struct daemon_doors {
	/* The admin socket, of worker 0 (admin/admin.h). */
	struct admin *(*admin_open)(struct daemon *daemon);
	void (*admin_close)(struct admin *admin);
	void (*admin_destroy)(struct admin **admin);
	/* What a worker serves over HTTP besides mail (web/web.h): its routes enter
	 * ROUTER, which goes first. */
	struct web *(*web_open)(struct daemon_worker *worker, struct api *api,
		struct http_router *router);
	void (*web_close)(struct web **web, struct deadline deadline);
};

#endif
