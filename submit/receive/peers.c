/*
 * Two bounded tables: the deeds of addresses by the hour, and what was said of
 * mailboxes. Losing a record costs a question more, or believes a stranger once
 * more.
 */
#include "receive/peers.h"

#include <string.h>

#include "account/table.h"
#include "base/hourly.h"
#include "base/memory.h"

struct receiving_node {
	struct table *peers;  /* of struct peer */
	struct table *probes; /* of struct probe */
};

struct peer {
	struct hourly deeds[PEER_DEEDS];
};

struct probe {
	int64_t until_us;
	enum probe_answer answer;
};

struct receiving_node *receiving_node_create(void)
{
	struct receiving_node *node = NEW(struct receiving_node);

	node->peers = table_create(PEERS_KNOWN_MAX, sizeof(struct peer));
	node->probes = table_create(PROBES_KNOWN_MAX, sizeof(struct probe));
	return node;
}

void receiving_node_destroy(struct receiving_node **node)
{
	struct receiving_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	table_destroy(&old->peers);
	table_destroy(&old->probes);
	memory_free(old);
}

/* One customer of a provider has a /64 of IPv6 at the least. */
static struct table_key key_of(const struct table *table, const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct slice network = slice_make(
		address, memcmp(address, mapped, sizeof(mapped)) == 0 ? 16 : 8);

	return table_key(table, &network, 1);
}

bool peer_may(struct receiving_node *node, const uint8_t address[16],
	enum peer_deed deed, uint64_t most, int64_t now_us, unsigned *wait_s_r)
{
	struct table_key key;
	struct peer *peer;
	bool may;

	if (!most)
		return true;
	key = key_of(node->peers, address);
	peer = table_lock(node->peers, key, now_us, true);
	may = hourly_take(&peer->deeds[deed], most, now_us, wait_s_r);
	table_unlock(node->peers, key);
	return may;
}

void peer_did(struct receiving_node *node, const uint8_t address[16],
	enum peer_deed deed, int64_t now_us)
{
	struct table_key key = key_of(node->peers, address);
	struct peer *peer = table_lock(node->peers, key, now_us, true);

	hourly_add(&peer->deeds[deed], now_us);
	table_unlock(node->peers, key);
}

uint64_t peer_deeds(struct receiving_node *node, const uint8_t address[16],
	enum peer_deed deed, int64_t now_us)
{
	struct table_key key = key_of(node->peers, address);
	struct peer *peer = table_lock(node->peers, key, now_us, false);
	uint64_t deeds = peer ? hourly_total(&peer->deeds[deed], now_us) : 0;

	table_unlock(node->peers, key);
	return deeds;
}

enum probe_answer probe_recall(struct receiving_node *node, struct slice domain,
	struct slice address, int64_t now_us)
{
	struct slice texts[] = {domain, address};
	struct table_key key = table_key(node->probes, texts, ARRAY_COUNT(texts));
	const struct probe *probe = table_lock(node->probes, key, now_us, false);
	enum probe_answer answer = probe && now_us < probe->until_us ? probe->answer
								     : PROBE_UNKNOWN;

	table_unlock(node->probes, key);
	return answer;
}

void probe_note(struct receiving_node *node, struct slice domain, struct slice address,
	enum probe_answer answer, int64_t now_us, int64_t keep_ms)
{
	struct slice texts[] = {domain, address};
	struct table_key key = table_key(node->probes, texts, ARRAY_COUNT(texts));
	struct probe *probe = table_lock(node->probes, key, now_us, true);

	*probe = (struct probe){.until_us = now_us + keep_ms * 1000, .answer = answer};
	table_unlock(node->probes, key);
}
