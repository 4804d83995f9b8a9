/* Prunes, gathers and writes conversations (RFC 5256 3, steps 3 to 6); see
 * thread.h. */
#include "imap/thread_core.h"

#include <inttypes.h>

/* The children take the node's place at the end of PARENT's. */
static void promote(struct thread_node *node, struct thread_node *parent)
{
	thread_unlink(node);
	while (node->first) {
		struct thread_node *child = node->first;

		thread_unlink(child);
		thread_link(parent, child);
	}
}

/* Step 3: a message that is not here goes; its children stay, but for several
 * that would be threads of their own. */
void thread_prune(struct thread *thread)
{
	struct thread_node *root = &thread->root;

	for (struct thread_node *node = thread->all; node; node = node->other) {
		struct thread_node *parent = node->parent;

		if (node->number || node->parent == NULL)
			continue;
		if (parent != root || !node->first || !node->first->next)
			promote(node, parent);
	}
	/* What had several children may have lost all but one to no one: count again.
	 */
	for (struct thread_node *node = root->first, *next; node; node = next) {
		next = node->next;
		if (!node->number && (!node->first || !node->first->next))
			promote(node, root);
	}
}

static bool is_dummy(const struct thread_node *node)
{
	return !node->number;
}

static void move(struct thread_node *node, struct thread_node *parent)
{
	thread_unlink(node);
	thread_link(parent, node);
}

/* Step 5C: NODE joins the thread of the same subject. */
static void join(struct thread *thread, struct map *subjects, struct thread_node *node,
	struct thread_node *other)
{
	struct thread_node *both;

	if (is_dummy(node) && is_dummy(other)) {
		promote(node, other);
	} else if (is_dummy(other) || (node->is_answer && !other->is_answer)) {
		move(node, other);
	} else {
		both = thread_make(thread);
		both->subject = other->subject;
		both->is_answer = other->is_answer;
		thread_link(&thread->root, both);
		move(other, both);
		move(node, both);
		map_set(subjects, node->subject, both);
	}
}

/* Step 5: threads whose first messages have one subject become one. */
void thread_gather(struct thread *thread)
{
	struct map subjects = {0};
	struct thread_node *node, *next;

	for (node = thread->root.first; node; node = node->next) {
		struct thread_node *other;

		if (!node->subject.size)
			continue;
		other = map_find(&subjects, node->subject);
		if (!other || (!is_dummy(other) &&
				      (is_dummy(node) ||
					      (other->is_answer && !node->is_answer))))
			map_set(&subjects, node->subject, node);
	}
	/* Those made on the way stand behind and find themselves. */
	for (node = thread->root.first; node; node = next) {
		struct thread_node *other;

		next = node->next;
		other = node->subject.size ? map_find(&subjects, node->subject) : NULL;
		if (next == other && next) /* it may go, too */
			next = other->next;
		if (other && other != node)
			join(thread, &subjects, node, other);
	}
	map_finish(&subjects);
}

/* ORDEREDSUBJECT: the first of a subject, the others under it, by their dates. */
void thread_by_subject(struct thread *thread)
{
	struct map subjects = {0};
	struct thread_node *node, *next;

	for (node = thread->all; node; node = node->other)
		thread_link(&thread->root, node);
	thread_sort(&thread->root);
	for (node = thread->root.first; node; node = next) {
		struct thread_node *first = map_find(&subjects, node->subject);

		next = node->next;
		if (first)
			move(node, first);
		else
			map_set(&subjects, node->subject, node);
	}
	map_finish(&subjects);
}

/* Whether NODE is written in parentheses of its own. */
static bool begins_group(const struct thread *thread, const struct thread_node *node)
{
	return node->parent == &thread->root || node->previous || node->next;
}

static void open_node(
	const struct thread *thread, const struct thread_node *node, struct buffer *out)
{
	if (begins_group(thread, node))
		buffer_append_byte(out, '(');
	if (node->number)
		buffer_append_format(out, "%" PRIu32, node->number);
	if (node->number && node->first)
		buffer_append_byte(out, ' ');
}

/* No recursion: a thread is as deep as its references say. */
void thread_write_all(const struct thread *thread, struct buffer *out)
{
	const struct thread_node *node = thread->root.first;

	while (node) {
		open_node(thread, node, out);
		if (node->first) {
			node = node->first;
			continue;
		}
		while (node != &thread->root) {
			if (begins_group(thread, node))
				buffer_append_byte(out, ')');
			if (node->next)
				break;
			node = node->parent;
		}
		node = node->next;
	}
}
