/*
 * Stored templates: subject, text and HTML with {{names}} in them, by tenant and
 * name. In Redis, hash rp:api:templates, field "TENANT/NAME", as JSON.
 *
 * What is stored was checked, so that a message does not fail of it: one line of
 * subject, UTF-8, and nothing in double braces but {{name}} and {{{name}}}.
 */
#ifndef RINGPOST_API_TEMPLATES_H
#define RINGPOST_API_TEMPLATES_H

#include "api/message.h"
#include "io/redis.h"

#define TEMPLATE_NAME_MAX	63
#define TEMPLATE_SIZE_MAX	(256u << 10) /* subject, text and HTML together */
#define TEMPLATES_MAX		5000
#define TEMPLATES_OF_TENANT_MAX 1000

struct template
{
	struct slice tenant; /* whose it is; empty: of mail without a tenant */
	struct slice name;
	struct slice subject, text, html; /* at NULL: messages say theirs */
	int64_t created_ms, changed_ms;
};

/* Whether it may be stored; else what is wrong, in PROBLEMS. */
bool template_check(const struct template *template, struct problems *problems);

/* Slices of it in ARENA. FAILURE_DATA: there is none; FAILURE_STORE, TIMEOUT,
 * CANCELLED. */
bool template_read(struct redis *redis, struct slice tenant, struct slice name,
	struct arena *arena, struct template *template_r, struct deadline deadline);
/* CREATE: FAILURE_DATA when there is one of its name already, FAILURE_LIMIT when
 * there are too many. It has been checked. */
bool template_write(struct redis *redis, const struct template *template, bool create,
	struct deadline deadline);
/* FAILURE_DATA: there was none. */
bool template_remove(struct redis *redis, struct slice tenant, struct slice name,
	struct deadline deadline);

/* Names of a list: of TENANT, or of all where that has no place (at NULL); sorted by
 * tenant and name, in ARENA. */
struct template_key {
	struct slice tenant, name;
};
bool template_list(struct redis *redis, struct slice tenant, struct arena *arena,
	struct template_key **list_r, size_t *count_r, struct deadline deadline);

/*
 * Gives each message of REQUEST that names a template what it does not say itself.
 * One that is not there is told among the request's problems. False: Redis cannot be
 * asked (the fiber's failure).
 */
bool templates_use(
	struct redis *redis, struct api_request *request, struct deadline deadline);

#endif
