/*
 * Messages as they are read: what is kept about them, and their bytes. Read beside
 * the writer, on threads of the pool; nothing here waits for a commit.
 */
#ifndef RINGPOST_STORE_MESSAGE_H
#define RINGPOST_STORE_MESSAGE_H

#include "store/view.h"

/* A message's bytes; those of a small one are in memory from the beginning. */
struct message_file {
	int fd; /* -1: all of it is in memory, or it is closed */
	uint64_t size;
	char *head; /* its first bytes */
	size_t head_size;
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

/* --- Many, for the price of one --- */

#define MESSAGES_MAX 1000 /* in one go */

/* Of each; more than one by OR. */
enum message_wanted {
	MESSAGE_FACTS = 1,
	MESSAGE_HEADER = 2, /* its file open, its header in memory */
	MESSAGE_BYTES = 4,  /* its file open, all of it in memory if it is small */
};

enum message_found { MESSAGE_THERE, MESSAGE_GONE, MESSAGE_UNREAD };

struct stored_message {
	uint64_t file; /* as its record has it */
	enum message_found found;
	struct slice facts;	   /* in the arena; made anew, and kept, where they are
				      of another version */
	struct message_file bytes; /* the caller closes it */
	const char *folder, *path; /* private */
	bool renewed;		   /* private: its facts */
};

/*
 * COUNT messages at most MESSAGES_MAX, all else of LIST zeroed. EACH, if there
 * is one, is called for them in their order on the thread of the pool that reads
 * them: it may take its time, and nothing of the worker's. False: none could be read.
 */
struct message_reading {
	struct stored_message *list;
	size_t count;
	unsigned wanted; /* of enum message_wanted */
	struct arena *arena;
	void (*each)(void *context, struct stored_message *message);
	void *context;
};
bool view_read(struct view *view, const struct message_reading *reading,
	struct deadline deadline);
/* For EACH: opens MESSAGE, with its first MOST bytes in memory. False: `found` says
 * why. */
bool message_load(struct stored_message *message, uint64_t most);

/* Bytes of messages that the process has in memory at once; beyond that they are
 * read when they are wanted. */
#define MESSAGE_HEADS_MAX ((uint64_t)256 << 20)
#define MESSAGE_SMALL	  ((uint64_t)128 << 10)

#endif
