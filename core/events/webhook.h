/*
 * Webhooks: who wants which events, where they are sent, what is known of it.
 *
 * Those of the configuration, and those made by calls, which are in Redis
 * (WEBHOOKS_KEY, by name). What became of each is in Redis too, at
 * "rp:events:hook:NAME", so that every node can tell.
 */
#ifndef RINGPOST_EVENTS_WEBHOOK_H
#define RINGPOST_EVENTS_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "events/cursor.h"
#include "events/line.h"
#include "io/redis.h"
#include "run/deadline.h"

#define WEBHOOKS_KEY	   "rp:events:hooks"
#define WEBHOOKS_MAX	   1000
#define WEBHOOK_NAME_MAX   63
#define WEBHOOK_SECRET_MAX 256
#define WEBHOOK_WHY_MAX	   200

/* Slices in whatever arena it was read into. */
struct webhook {
	struct slice name, url, secret;
	uint32_t kinds;	      /* of events_kind, 1u << each */
	struct slice tenants; /* words with one space between; empty: all */
	uint64_t batch;
	int64_t timeout_ms, retry_for_ms;
	struct slice ca_file; /* of the configuration only */
	bool private_addresses;
	bool configured; /* not made by a call */
	bool disabled;
};

/* What holds where a call says nothing else: all events, of everybody's mail. */
struct webhook webhook_default(void);
/* Whether all of it is as it must be. False with FAILURE_DATA and why. */
bool webhook_check(const struct webhook *webhook);
bool webhook_equal(const struct webhook *a, const struct webhook *b);
bool webhook_wants(const struct webhook *webhook, const struct events_line *line);
/* Of the configuration; reads the secret. False with FAILURE_FILE. Blocks. */
bool webhook_configured(const struct config *config, const struct config_webhook *from,
	struct arena *arena, struct webhook *webhook_r);

/* As it is kept in Redis, and back; false with FAILURE_DATA. */
struct slice webhook_pack(const struct webhook *webhook, struct arena *arena);
bool webhook_unpack(struct slice name, struct slice packed, struct arena *arena,
	struct webhook *webhook_r);

/* ---- Those in Redis ---- */

/* All of them, in ARENA. */
bool webhooks_read(struct redis *redis, struct arena *arena, struct webhook **list_r,
	size_t *count_r, struct deadline deadline);
/* Makes or changes one; checked. FAILURE_LIMIT at WEBHOOKS_MAX. */
bool webhooks_write(
	struct redis *redis, const struct webhook *webhook, struct deadline deadline);
/* With all that is known of it, its dead letters too. */
bool webhooks_remove(
	struct redis *redis, struct slice name, bool *was_r, struct deadline deadline);

/* ---- What became of one ---- */

struct webhook_state {
	bool known;	      /* it was sent from, or waits to be */
	struct cursor cursor; /* everything ahead of it is done with */
	uint64_t sent, failed, dead, missed;
	int64_t sent_ms;	       /* the last request that was taken */
	int64_t failing_ms;	       /* since when none is; 0: all is well */
	unsigned status;	       /* of the last answer; 0: there was none */
	char why[WEBHOOK_WHY_MAX + 1]; /* the last failure */
};

bool webhook_state_read(struct redis *redis, struct slice name,
	struct webhook_state *state_r, struct deadline deadline);
bool webhook_state_write(struct redis *redis, struct slice name,
	const struct webhook_state *state, struct deadline deadline);
/* "rp:events:hook:NAME", "rp:events:dead:NAME" */
struct slice webhook_key(const char *prefix, struct slice name, struct arena *arena);
#define WEBHOOK_STATE "rp:events:hook:"
#define WEBHOOK_DEAD  "rp:events:dead:"

#endif
