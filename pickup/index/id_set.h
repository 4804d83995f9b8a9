/* Sets of numbers of messages' files, in pages of bits. Zeroed memory is an empty one.
 */
#ifndef RINGPOST_INDEX_ID_SET_H
#define RINGPOST_INDEX_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SET_MAX (UINT64_C(1) << 32) /* ids are below */

struct id_set {
	uint64_t **pages; /* NULL: nothing of it */
	size_t page_count;
};

/* False: the number is too large. */
bool id_set_add(struct id_set *set, uint64_t id);
bool id_set_has(const struct id_set *set, uint64_t id);
void id_set_finish(struct id_set *set);

#endif
