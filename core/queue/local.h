/*
 * Who puts mail into mailboxes of ours, as the relay sees him: an entry in, a word
 * about each of its recipients out.
 */
#ifndef RINGPOST_QUEUE_LOCAL_H
#define RINGPOST_QUEUE_LOCAL_H

#include "base/arena.h"
#include "queue/message.h"
#include "run/deadline.h"

struct config_capture;

enum local_kind { LOCAL_DELIVERED, LOCAL_LATER, LOCAL_NEVER };

struct local_answer {
	enum local_kind kind;
	const char *status;  /* "2.0.0", static */
	struct slice reason; /* for people, one line; in the arena or static */
};

struct local_delivery {
	/*
	 * Delivers ENTRY to its recipients' mailboxes, or to CAPTURE (or NULL), and
	 * says what became of each; those that are DELIVERED are on the disk. The
	 * same entry again does not deliver twice. False only with CANCELLED: nobody
	 * knows, and it has to come again.
	 */
	bool (*deliver)(void *context, const struct entry *entry,
		const struct config_capture *capture, struct arena *arena,
		struct local_answer *answers, struct deadline deadline);
	/* Whether there is somebody called ADDRESS. False: it cannot be told now. */
	bool (*knows)(void *context, struct slice address, bool *known_r,
		struct deadline deadline);
	void *context;
};

#endif
