/* The webhooks of a configuration, with their secrets: an immutable snapshot. */
#ifndef RINGPOST_EVENTS_WEBHOOK_SET_H
#define RINGPOST_EVENTS_WEBHOOK_SET_H

#include <stdatomic.h>

#include "events/webhook.h"

struct webhook_set {
	_Atomic unsigned holders;
	struct arena arena;
	struct webhook *list;
	size_t count;
};

/* Of CONFIG, which outlives it. Empty yet. */
struct webhook_set *webhook_set_create(const struct config *config);
/* FROM, with its secret read. False with FAILURE_FILE, DATA. Blocks. */
bool webhook_set_add(struct webhook_set *set, const struct config *config,
	const struct config_webhook *from);
struct webhook_set *webhook_set_hold(struct webhook_set *set);
void webhook_set_release(struct webhook_set **set);
/* Those that nothing is known of begin with what happens from now on: on each new
 * connection, before mail is taken. False with a failure. */
bool webhook_set_begin(
	const struct webhook_set *set, struct redis *redis, struct deadline deadline);
/* NULL: there is none of that name. */
const struct webhook *webhook_set_find(
	const struct webhook_set *set, struct slice name);

#endif
