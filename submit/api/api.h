/*
 * The HTTP API: who may use it, and its resources as routes (http/router.h). One for
 * each worker.
 *
 * Another resource is a table of routes in a file of its own, added in api_add_routes,
 * with api_admit_send, _read or _admin as their `admit`; its handlers find who asks
 * with api_caller_of, and take only what is of the key's tenant, if it has one.
 */
#ifndef RINGPOST_API_API_H
#define RINGPOST_API_API_H

#include "account/api_key.h"
#include "http/router.h"
#include "submit/submission.h"

struct api;

struct api_figures {
	uint64_t accepted, refused; /* messages */
	uint64_t replayed;	    /* requests answered as before */
	uint64_t keys_refused;
};

/* All of them outlive it. */
struct api *api_open(struct submission *submission, struct redis *redis);
void api_close(struct api **api);
void api_add_routes(struct api *api, struct http_router *router);
struct api_figures api_figures(const struct api *api);

/* --- For the files of this folder --- */

struct api {
	struct submission *submission;
	struct redis *redis;
	struct api_key_cache *keys;
	struct api_figures figures;
};

/* Who asks; as long as the exchange. */
struct api_caller {
	struct api_key key;
	struct account account;
};

static inline struct api_caller *api_caller_of(const struct http_exchange *exchange)
{
	return exchange->user;
}

/* caller.c: a key that is good, of the scope; else 401 or 403. CONTEXT is a struct
 * api *. */
bool api_admit_send(
	struct http_exchange *exchange, void *context, struct deadline deadline);
bool api_admit_read(
	struct http_exchange *exchange, void *context, struct deadline deadline);
bool api_admit_admin(
	struct http_exchange *exchange, void *context, struct deadline deadline);

/* messages.c: POST /v1/messages. */
void api_post_messages(
	struct http_exchange *exchange, void *context, struct deadline deadline);

#endif
