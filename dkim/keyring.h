/*
 * Which keys sign mail from which domain: an immutable snapshot made from the
 * configuration, shared by all workers and counted.
 *
 * A domain's own keys are used (one of each algorithm at most), exactly by
 * name: keys of example.com do not sign for mail.example.com, for a verifier
 * asked to be strict would not take them as its own. Otherwise the keys of "*"
 * do, and the signature says d= the author's domain itself, under their
 * selector: whoever sends from it has to publish the record there (a CNAME to
 * one place does).
 */
#ifndef RINGPOST_DKIM_KEYRING_H
#define RINGPOST_DKIM_KEYRING_H

#include <stddef.h>

#include "base/config.h"
#include "dkim/key.h"

#define DKIM_KEYS_PER_DOMAIN 2

/* One signature to make: this key, in this domain's name (d=). */
struct dkim_signing {
	const struct dkim_key *key;
	struct slice domain;
};

struct dkim_keyring;

/*
 * Takes the COUNT keys over (also when it fails; their places in KEYS become
 * NULL). NULL with FAILURE_CONFIG when a domain has two of one algorithm.
 */
struct dkim_keyring *dkim_keyring_create(struct dkim_key **keys, size_t count);
/*
 * Reads every key file the configuration names, and the keys that were made while the
 * server ran (made.h) for domains whose keys of that algorithm it does not name. NULL with FAILURE_CONFIG or
 * FAILURE_FILE, the text saying where in the configuration. Without any keys
 * the keyring is empty, which is fine. Blocks: at configuration time only.
 */
struct dkim_keyring *dkim_keyring_load(const struct config *config);

/* One more holder / one less; the last one frees it. Thread safe. */
struct dkim_keyring *dkim_keyring_hold(struct dkim_keyring *keyring);
void dkim_keyring_release(struct dkim_keyring **keyring);

/*
 * The signatures due to mail whose From is at DOMAIN, RSA first; 0: it is
 * not signed. Keys are valid as long as the keyring; .domain points into
 * DOMAIN or the keyring. A DOMAIN that is no DNS name (an address literal, a
 * name not in its ASCII form) has none.
 */
size_t dkim_keyring_find(const struct dkim_keyring *keyring, struct slice domain,
	struct dkim_signing signings_r[DKIM_KEYS_PER_DOMAIN]);

size_t dkim_keyring_count(const struct dkim_keyring *keyring);
/* The key at INDEX, sorted by domain, RSA before Ed25519. */
const struct dkim_key *dkim_keyring_at(
	const struct dkim_keyring *keyring, size_t index);

#endif
