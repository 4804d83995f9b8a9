/* What a process's workers have told already, so that each thing is told once. */
#include <pthread.h>

#include "base/memory.h"
#include "gate/memory.h"

struct gate_node {
	pthread_mutex_t lock; /* for one look-up; once for a domain an hour */
	struct map told;      /* name → struct told; none where nothing is amiss */
};

struct told {
	uint32_t missed;
};

struct gate_node *gate_node_create(void)
{
	struct gate_node *node = NEW(struct gate_node);

	pthread_mutex_init(&node->lock, NULL);
	return node;
}

void gate_node_destroy(struct gate_node **node)
{
	struct gate_node *old = *node;
	struct map_cursor cursor = {0};
	struct slice name;
	void *told;

	*node = NULL;
	if (!old)
		return;
	while (map_next(&old->told, &cursor, &name, &told))
		memory_free(told);
	map_finish(&old->told);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

bool gate_node_note(struct gate_node *node, struct slice name, uint32_t missed,
	uint32_t unknown, uint32_t *all_r)
{
	struct told *told;
	bool news;

	pthread_mutex_lock(&node->lock);
	told = map_find(&node->told, name);
	if (told)
		missed |= told->missed & unknown;
	*all_r = missed;
	news = missed != (told ? told->missed : 0);
	if (news && missed == 0) {
		memory_free(map_remove(&node->told, name));
	} else if (news) {
		/* Full, it is told more often. */
		if (!told && node->told.count < GATE_TOLD_MAX) {
			told = NEW(struct told);
			map_set(&node->told, name, told);
		}
		if (told)
			told->missed = missed;
	}
	pthread_mutex_unlock(&node->lock);
	return news;
}
