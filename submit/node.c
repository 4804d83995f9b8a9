/*
 * What the workers of a process share about submission.
 *
 * Losing any of it costs little: somebody may send a little more. So the tables
 * forget what is oldest when they are full.
 */
#include "submit/node.h"

#include "account/table.h"
#include "base/hourly.h"
#include "base/memory.h"
#include "gate/gate.h"

struct submission_node {
	struct table *allowances, *suspicious;
	struct gate_node *gate;
};

struct submission_node *submission_node_create(void)
{
	struct submission_node *node = NEW(struct submission_node);

	node->allowances = table_create(ALLOWANCES_MAX, sizeof(struct hourly));
	node->suspicious = table_create(ALLOWANCES_MAX, sizeof(struct hourly));
	node->gate = gate_node_create();
	return node;
}

void submission_node_destroy(struct submission_node **node)
{
	struct submission_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	gate_node_destroy(&old->gate);
	table_destroy(&old->allowances);
	table_destroy(&old->suspicious);
	memory_free(old);
}

struct gate_node *node_gate(struct submission_node *node)
{
	return node->gate;
}

/* ---- Messages an hour ---- */

static bool count_hourly(struct table *table, struct slice account, uint64_t per_hour,
	int64_t now_us, unsigned *wait_s_r)
{
	struct table_key key = table_key(table, &account, 1);
	struct hourly *sent = table_lock(table, key, now_us, true);
	bool room = hourly_take(sent, per_hour, now_us, wait_s_r);

	table_unlock(table, key);
	return room;
}

bool node_count_message(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r)
{
	return count_hourly(node->allowances, account, per_hour, now_us, wait_s_r);
}

bool node_count_suspicious(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r)
{
	return count_hourly(node->suspicious, account, per_hour, now_us, wait_s_r);
}
