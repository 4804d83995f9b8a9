/* What the files of threading share: the tree. */
#ifndef RINGPOST_IMAP_THREAD_CORE_H
#define RINGPOST_IMAP_THREAD_CORE_H

#include "base/map.h"
#include "imap/thread.h"

struct thread_node {
	struct thread_node *parent;
	struct thread_node *first, *last; /* children */
	struct thread_node *next, *previous;
	struct thread_node *other; /* in the list of all */
	uint32_t number;	   /* 0: a message that is not here */
	uint32_t order;		   /* of arrival, among those of one date */
	bool is_answer;
	int64_t date_ms;
	struct slice subject; /* of unicode_key; its base */
};

struct thread {
	enum imap_thread_by by;
	struct arena arena;
	struct map ids; /* to nodes */
	struct thread_node *all;
	struct thread_node root; /* its children are the threads */
	uint32_t count;
};

struct thread_node *thread_make(struct thread *thread);
/* Under PARENT, behind its other children; NODE is nobody's. */
void thread_link(struct thread_node *parent, struct thread_node *node);
/* From its parent, if it has one. */
void thread_unlink(struct thread_node *node);
/* CHILDREN of NODE by date; a missing message has the date of its first one. */
void thread_sort(struct thread_node *node);

/* The second half of REFERENCES: what is missing goes, threads of one subject
 * come together (RFC 5256 3, steps 3 to 5). */
void thread_prune(struct thread *thread);
void thread_gather(struct thread *thread);
void thread_by_subject(struct thread *thread);
/* "(3 6 (4 23)(44 7 96))" for each thread. */
void thread_write_all(const struct thread *thread, struct buffer *out);

#endif
