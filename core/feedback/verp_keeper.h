/*
 * A worker's copy of the secret that envelope senders are signed with: of a
 * file, or of Redis (rp:feedback:secret), where the first who asks makes it, so
 * that all nodes have the same. Asked for in the background until it is known;
 * then it is in memory, whatever becomes of Redis.
 */
#ifndef RINGPOST_FEEDBACK_VERP_KEEPER_H
#define RINGPOST_FEEDBACK_VERP_KEEPER_H

#include "base/config.h"
#include "feedback/verp.h"
#include "io/redis.h"
#include "run/fiber.h"

#define VERP_SECRET_KEY "rp:feedback:secret"

struct verp_keeper;

struct verp_keeper *verp_keeper_create(void);
/* None of its fibers may run any more. */
void verp_keeper_destroy(struct verp_keeper **keeper);

/*
 * From now on the secret is FROM_FILE (copied), or for NULL that of REDIS, asked
 * for by fibers of SCOPE.
 */
void verp_keeper_use(struct verp_keeper *keeper, const struct verp_secret *from_file,
	struct redis *redis, struct scope *scope);
/* Asks REDIS now, where that has to be: for its `prepare`. False with a failure
 * of REDIS; what it refuses is told as an event, and asked again later. */
bool verp_keeper_load(
	struct verp_keeper *keeper, struct redis *redis, struct deadline deadline);

/* NULL: not known yet, and asked for. Until the next call of _use. KEEPER may be
 * NULL. */
const struct verp_secret *verp_keeper_secret(struct verp_keeper *keeper);

/* The secret of `bounces.secret_file` into *secret_r; FAILURE_FILE or
 * FAILURE_CONFIG, with its place in the text. Blocks. */
bool verp_secret_read(const struct config *config, struct verp_secret *secret_r);

#endif
