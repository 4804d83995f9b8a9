/*
 * Messages as conversations (RFC 5256): THREAD=REFERENCES and
 * THREAD=ORDEREDSUBJECT.
 */
#ifndef RINGPOST_IMAP_THREAD_H
#define RINGPOST_IMAP_THREAD_H

#include <stdint.h>

#include "base/buffer.h"
#include "imap/search.h"

/* What is deeper begins a thread of its own: no conversation is, and each link is
 * looked at for loops. */
#define THREAD_DEPTH 1000
#define THREAD_IDS   4000000 /* different ids; others are not looked at */

struct thread;

struct thread *thread_create(enum imap_thread_by by);
void thread_destroy(struct thread **thread);
/* NUMBER stands for the message in the answer; in the order of sequence numbers.
 * FACTS NULL: it has none. */
void thread_add(struct thread *thread, uint32_t number,
	const struct search_record *record, const struct facts *facts);
/* Appends "* THREAD (2)(3 6 (4 23)(44 7 96))" and the line's end; once. */
void thread_write(struct thread *thread, struct buffer *out);

#endif
