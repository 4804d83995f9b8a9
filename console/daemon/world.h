/*
 * A world: a configuration with everything it names read and found good
 * (certificates, keys, secrets), as one immutable snapshot. A reload makes a
 * new one; who still works with the old one holds it.
 */
#ifndef RINGPOST_DAEMON_WORLD_H
#define RINGPOST_DAEMON_WORLD_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/config.h"
#include "deliver/rules.h"
#include "dkim/keyring.h"
#include "events/webhook_set.h"
#include "feedback/category.h"
#include "feedback/verp.h"
#include "io/tls.h"
#include "shaping/shaping.h"

struct world {
	_Atomic unsigned holders;
	struct config *config;
	struct tls_server *tls_server; /* NULL: no certificates configured */
	struct tls_client *tls_client;
	struct dkim_keyring *keyring;
	struct shaping *shaping;
	struct classifier *classifier;
	struct rules *rules; /* of delivery */
	struct webhook_set *webhooks;
	int64_t certificates_end_ms; /* the first of them; 0: there are none */
	struct world *base;	     /* held: whose all is but the keyring; or NULL */
	struct verp_secret verp;     /* of bounces.secret_file, if there is one */
};

/*
 * Reads PATH and all it names. NULL when anything is wrong: every error is
 * then a line "path:line:column: …" in ERRORS. What is suspicious but works
 * (a certificate that ends soon) is a line in WARNINGS. Blocks.
 */
struct world *world_load(
	const char *path, struct buffer *errors, struct buffer *warnings);
/* The same for a configuration that was read; holds it. */
struct world *world_create(
	struct config *config, struct buffer *errors, struct buffer *warnings);
/* Sessions that OLD's tickets resume go on with NEW_WORLD's certificates. */
void world_succeed(struct world *new_world, struct world *old);
/* The same with other keys, which are taken over. */
struct world *world_with_keys(struct world *world, struct dkim_keyring *keyring);
struct world *world_hold(struct world *world);
void world_release(struct world **world);

#endif
