/* Builds conversations out of references (RFC 5256 3, steps 1 and 2); see
 * thread.h. */
#include "imap/thread.h"

#include <stdlib.h>

#include "base/memory.h"
#include "imap/thread_core.h"
#include "imap/unicode.h"

struct thread *thread_create(enum imap_thread_by by)
{
	struct thread *thread = NEW(struct thread);

	thread->by = by;
	return thread;
}

void thread_destroy(struct thread **thread)
{
	if (!*thread)
		return;
	map_finish(&(*thread)->ids);
	arena_finish(&(*thread)->arena);
	memory_free(*thread);
	*thread = NULL;
}

struct thread_node *thread_make(struct thread *thread)
{
	struct thread_node *node = ARENA_NEW(&thread->arena, struct thread_node);

	node->other = thread->all;
	thread->all = node;
	return node;
}

void thread_link(struct thread_node *parent, struct thread_node *node)
{
	node->parent = parent;
	node->previous = parent->last;
	node->next = NULL;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

void thread_unlink(struct thread_node *node)
{
	struct thread_node *parent = node->parent;

	if (!parent)
		return;
	if (node->previous)
		node->previous->next = node->next;
	else
		parent->first = node->next;
	if (node->next)
		node->next->previous = node->previous;
	else
		parent->last = node->previous;
	node->parent = node->next = node->previous = NULL;
}

/* The node of ID, which may be of no message yet. NULL: there are too many. */
static struct thread_node *find(struct thread *thread, struct slice id)
{
	struct thread_node *node = map_find(&thread->ids, id);

	if (!node && thread->ids.count < THREAD_IDS) {
		node = thread_make(thread);
		map_set(&thread->ids, id, node);
	}
	return node;
}

/* Whether CHILD may be under PARENT: no loop, and not too deep. */
static bool may_link(const struct thread_node *parent, const struct thread_node *child)
{
	unsigned depth = 0;

	for (; parent; parent = parent->parent) {
		if (parent == child || ++depth == THREAD_DEPTH)
			return false;
	}
	return true;
}

/* A message's own node: of a second message with the same id, one without. */
static struct thread_node *own_node(struct thread *thread, struct slice id)
{
	struct thread_node *node = id.size ? find(thread, id) : NULL;

	return node && !node->number ? node : thread_make(thread);
}

/* Step 1A: each reference under the one before it, where nothing is known. The last
 * one is returned. */
static struct thread_node *add_references(struct thread *thread, struct slice list)
{
	struct thread_node *before = NULL;

	while (list.size) {
		struct slice id = slice_cut(&list, '\n');
		struct thread_node *node;

		node = id.size ? find(thread, id) : NULL;
		if (!node)
			continue;
		if (before && !node->parent && may_link(before, node))
			thread_link(before, node);
		before = node;
	}
	return before;
}

void thread_add(struct thread *thread, uint32_t number,
	const struct search_record *record, const struct facts *facts)
{
	static const struct facts none;
	bool references = thread->by == IMAP_THREAD_REFERENCES;
	struct thread_node *node, *parent;

	facts = facts ? facts : &none;
	node = references ? own_node(thread, facts->message_id) : thread_make(thread);
	node->number = number;
	node->order = thread->count++;
	node->date_ms = facts->has_date ? facts->sent_ms : record->internal_ms;
	node->is_answer = facts->is_answer;
	node->subject = unicode_key(&thread->arena, facts->subject);
	if (!references)
		return;
	parent = add_references(thread, facts->references);
	/* Step 1B: what it says itself goes before what others concluded. */
	thread_unlink(node);
	if (parent && may_link(parent, node))
		thread_link(parent, node);
}

static int by_date(const void *a, const void *b)
{
	const struct thread_node *x = *(struct thread_node *const *)a;
	const struct thread_node *y = *(struct thread_node *const *)b;

	if (x->date_ms != y->date_ms)
		return x->date_ms < y->date_ms ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void thread_sort(struct thread_node *node)
{
	struct thread_node **list;
	size_t count = 0, at = 0;

	for (struct thread_node *child = node->first; child; child = child->next)
		count++;
	if (count < 2)
		return;
	list = memory_allocate_array(count, sizeof(*list));
	for (struct thread_node *child = node->first; child; child = child->next)
		list[at++] = child;
	qsort(list, count, sizeof(*list), by_date);
	node->first = node->last = NULL;
	for (at = 0; at < count; at++)
		thread_link(node, list[at]);
	memory_free(list);
}

/* Of those that are missing: the date, place and subject of the first child. */
static void fill_in(struct thread *thread)
{
	for (struct thread_node *node = thread->root.first; node; node = node->next) {
		const struct thread_node *first = NULL;

		for (const struct thread_node *child = node->first;
			!node->number && child; child = child->next) {
			if (!first || by_date(&child, &first) < 0)
				first = child;
		}
		if (!first)
			continue;
		node->date_ms = first->date_ms;
		node->order = first->order;
		node->subject = first->subject;
	}
}

void thread_write(struct thread *thread, struct buffer *out)
{
	if (thread->by == IMAP_THREAD_ORDEREDSUBJECT) {
		thread_by_subject(thread);
	} else {
		/* Step 2: those without a parent are the threads. */
		for (struct thread_node *node = thread->all; node; node = node->other) {
			if (!node->parent)
				thread_link(&thread->root, node);
		}
		thread_prune(thread);
		fill_in(thread);
		thread_sort(&thread->root);
		thread_gather(thread);
		fill_in(thread);
	}
	for (struct thread_node *node = thread->all; node; node = node->other)
		thread_sort(node);
	thread_sort(&thread->root);
	buffer_append(out, SLICE("* THREAD"));
	if (thread->root.first)
		buffer_append_byte(out, ' ');
	thread_write_all(thread, out);
	buffer_append(out, SLICE("\r\n"));
}
