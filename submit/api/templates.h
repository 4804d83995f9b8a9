/*
 * Stored templates: subject, text and HTML with {{names}} in them, by tenant and
 * name. In Redis, hash rp:api:templates, field "TENANT/NAME", as JSON.
 */
#ifndef RINGPOST_API_TEMPLATES_H
#define RINGPOST_API_TEMPLATES_H

#include "api/message.h"
#include "io/redis.h"

/*
 * Gives each message of REQUEST that names a template what it does not say itself.
 * One that is not there is told among the request's problems. False: Redis cannot be
 * asked (the fiber's failure).
 */
bool templates_use(
	struct redis *redis, struct api_request *request, struct deadline deadline);

#endif
