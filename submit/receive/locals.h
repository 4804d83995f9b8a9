/*
 * The domains of ours and who has a mailbox there, as the configuration says:
 * an index of it, a worker's.
 */
#ifndef RINGPOST_RECEIVE_LOCALS_H
#define RINGPOST_RECEIVE_LOCALS_H

#include <stdbool.h>

#include "base/config.h"
#include "base/slice.h"

struct locals;

/* Holds CONFIG. */
struct locals *locals_create(struct config *config);
struct locals *locals_hold(struct locals *locals);
void locals_release(struct locals **locals);

/* The entry that DOMAIN (lower case, A-labels) falls under: its own, else that of
 * the longest ".suffix". NULL: it is none of ours. Valid as long as LOCALS. */
const struct config_local *locals_find(
	const struct locals *locals, struct slice domain);
/* Whether LOCAL's list has the mailbox, whatever the case of its letters: as it
 * stands, or without its detail. */
bool locals_lists(const struct locals *locals, const struct config_local *local,
	struct slice mailbox);
/* MAILBOX without what stands behind the separator; all of it where it begins
 * with one, or there is none. */
struct slice local_without_detail(
	const struct config_local *local, struct slice mailbox);

#endif
