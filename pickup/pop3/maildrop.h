/*
 * A maildrop: the messages of a mailbox as they were when the session began, and
 * which of them it wants gone. What stands behind it is the store, or a test's
 * memory.
 *
 * A message is always told by its place in the snapshot, from 0. That others add and
 * remove messages meanwhile changes nothing here; what they removed cannot be opened
 * any more.
 */
#ifndef RINGPOST_POP3_MAILDROP_H
#define RINGPOST_POP3_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "run/deadline.h"

struct maildrop;

struct maildrop_message {
	uint32_t uid;  /* never that of another one, for one uidvalidity */
	uint32_t size; /* bytes, with its CRLFs */
};

struct maildrop_kind {
	struct maildrop_message (*message)(
		const struct maildrop *maildrop, size_t index);
	/* Opens a message to be read from its first byte, one at a time. False:
	 * FAILURE_DATA: it is gone; else it cannot be read now. */
	bool (*open)(struct maildrop *maildrop, size_t index, struct deadline deadline);
	/* The next bytes, valid until the next call; none at its end. *last_r: there
	 * are no more behind these. */
	bool (*read)(struct maildrop *maildrop, struct slice *bytes_r, bool *last_r,
		struct deadline deadline);
	void (*shut)(struct maildrop *maildrop);
	/* Removes those that are deleted, all or none; true: they are gone for good. */
	bool (*remove)(struct maildrop *maildrop, struct deadline deadline);
	/* Frees it, and ends with maildrop_finish. */
	void (*close)(struct maildrop *maildrop);
};

/* Embedded as the first member by those who implement one. */
struct maildrop {
	const struct maildrop_kind *kind;
	size_t count;
	uint64_t size;
	uint32_t uidvalidity;
	/* The session's: */
	uint8_t *deleted; /* bits; NULL: none */
	size_t deleted_count;
	uint64_t deleted_size;
};

struct maildrop_message maildrop_message(const struct maildrop *maildrop, size_t index);
bool maildrop_is_deleted(const struct maildrop *maildrop, size_t index);
/* It was not yet. */
void maildrop_delete(struct maildrop *maildrop, size_t index);
void maildrop_keep_all(struct maildrop *maildrop);
/* The end of the session: removes what is deleted. True at once if there is none. */
bool maildrop_update(struct maildrop *maildrop, struct deadline deadline);
/* NULL is fine. */
void maildrop_close(struct maildrop **maildrop);
/* For `close`: what the common part holds. */
void maildrop_finish(struct maildrop *maildrop);

#endif
