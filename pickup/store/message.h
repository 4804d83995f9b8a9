/*
 * Messages as they are read: what is kept about them, and their bytes. Read beside
 * the writer, on threads of the pool; nothing here waits for a commit.
 */
#ifndef RINGPOST_STORE_MESSAGE_H
#define RINGPOST_STORE_MESSAGE_H

#include "store/view.h"

/* Of a view's records, in one go. */
#define MESSAGE_FACTS_MAX 1000

/*
 * The facts (mime/facts.h, for facts_read) of COUNT messages at most
 * MESSAGE_FACTS_MAX, FILES as their records have them; each in the arena, empty:
 * it was expunged meanwhile. False: none could be read.
 */
bool view_facts(struct view *view, const uint64_t *files, size_t count,
	struct arena *arena, struct slice *facts_r, struct deadline deadline);

struct message_file {
	int fd;
	uint64_t size;
};
/*
 * A message's bytes, with its facts in the arena (ARENA may be NULL: they are not
 * wanted). STORE_EXPUNGED: it is gone, wholly; one that is open stays readable.
 */
bool message_open(struct view *view, uint64_t file, struct arena *arena,
	struct message_file *message_r, struct slice *facts_r,
	enum store_fault *fault_r, struct deadline deadline);
/* SIZE bytes from OFFSET on; all of them are there, or it fails. */
bool message_read(const struct message_file *message, uint64_t offset, void *at,
	size_t size, struct deadline deadline);
void message_close(struct message_file *message);

#endif
