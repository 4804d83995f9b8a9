/*
 * Blocklists in DNS (RFC 5782): whether one of them has an address.
 */
#ifndef RINGPOST_RECEIVE_BLOCKLISTS_H
#define RINGPOST_RECEIVE_BLOCKLISTS_H

#include "base/config_items.h"
#include "verify/resolver.h"

/*
 * The first of LISTS that has ADDRESS; empty: none has, or none says so in time.
 * An answer outside of 127.0.0.0/8, or in 127.255.255.0/24 (where lists say that
 * they may not be asked), is none. Valid as long as LISTS. False only with
 * FAILURE_CANCELLED.
 */
bool blocklists_find(const struct verify_resolver *resolver,
	const struct config_texts *lists, const uint8_t address[16],
	struct slice *list_r, struct deadline deadline);

/* "1.2.0.192.LIST", of IPv6 32 labels (RFC 5782 2.4). TEXT has
 * BLOCKLIST_NAME_SIZE bytes; false: too long. */
#define BLOCKLIST_NAME_SIZE 340
bool blocklist_name(
	const uint8_t address[16], const char *list, char text[BLOCKLIST_NAME_SIZE]);

#endif
