/*
 * Keys that were made while the server ran: files SELECTOR._domainkey.DOMAIN.pem in
 * the folder dkim of the state directory, beside those the configuration names.
 * Everything here blocks.
 */
#ifndef RINGPOST_DKIM_MADE_H
#define RINGPOST_DKIM_MADE_H

#include <stddef.h>

#include "dkim/key.h"

#define DKIM_MADE_MAX 4000

/* All of them, to be freed with dkim_made_free; a file that is no key is passed over.
 * STATE_DIRECTORY may be NULL: there are none. */
struct dkim_key **dkim_made_load(const char *state_directory, size_t *count_r);
void dkim_made_free(struct dkim_key ***keys, size_t count);

/* Writes one, whole or not at all; one that is there is replaced. */
bool dkim_made_write(const char *state_directory, struct slice domain,
	struct slice selector, struct slice pem);
/* Away with it, if it is there. */
void dkim_made_remove(
	const char *state_directory, struct slice domain, struct slice selector);

#endif
