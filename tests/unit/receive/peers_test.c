/* What addresses did in the last hour, and what was said of mailboxes. */
#include "receive/peers.h"

#include "check.h"

#define MINUTE INT64_C(60000000)

static const uint8_t four[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [15] = 1};
static const uint8_t next[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [15] = 2};
static const uint8_t six[16] = {0x20, 0x01, [7] = 1, [15] = 1};
static const uint8_t six_same[16] = {0x20, 0x01, [7] = 1, [8] = 9, [15] = 2};
static const uint8_t six_other[16] = {0x20, 0x01, [7] = 2, [15] = 1};

CASE("deeds are counted apart, of each address, of each /64")
{
	struct receiving_node *node = receiving_node_create();
	int64_t now = 1000 * MINUTE;
	unsigned wait_s = 0;

	CHECK(peer_may(node, four, PEER_MESSAGE, 0, now, &wait_s));
	CHECK(peer_may(node, four, PEER_MESSAGE, 1, now, &wait_s));
	CHECK(!peer_may(node, four, PEER_MESSAGE, 1, now, &wait_s));
	CHECK(wait_s > 0 && wait_s <= 3661);
	CHECK(peer_may(node, four, PEER_RECIPIENT, 1, now, &wait_s));
	CHECK(peer_may(node, next, PEER_MESSAGE, 1, now, &wait_s));
	peer_did(node, six, PEER_ERROR, now);
	peer_did(node, six_same, PEER_ERROR, now + MINUTE);
	CHECK_NUMBER(peer_deeds(node, six, PEER_ERROR, now + MINUTE), 2);
	CHECK_NUMBER(peer_deeds(node, six_other, PEER_ERROR, now + MINUTE), 0);
	CHECK_NUMBER(peer_deeds(node, six, PEER_MESSAGE, now), 0);
	CHECK_NUMBER(peer_deeds(node, six, PEER_ERROR, now + 61 * MINUTE), 1);
	CHECK(peer_may(node, four, PEER_MESSAGE, 1, now + 62 * MINUTE, &wait_s));
	receiving_node_destroy(&node);
}

CASE("a million strangers find no more room than there is, and the last are known")
{
	struct receiving_node *node = receiving_node_create();
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};

	for (uint32_t i = 0; i < 1000000; i++) {
		memcpy(address + 12, &i, sizeof(i));
		peer_did(node, address, PEER_ERROR, i);
	}
	CHECK_NUMBER(peer_deeds(node, address, PEER_ERROR, 1000000), 1);
	receiving_node_destroy(&node);
}

CASE("what was said of a mailbox holds so long, for that mailbox")
{
	struct receiving_node *node = receiving_node_create();
	struct slice domain = SLICE("a.b"), bob = SLICE("bob@a.b");

	CHECK_NUMBER(probe_recall(node, domain, bob, 0), PROBE_UNKNOWN);
	probe_note(node, domain, bob, PROBE_GOOD, 0, 60000);
	CHECK_NUMBER(probe_recall(node, domain, bob, MINUTE - 1), PROBE_GOOD);
	CHECK_NUMBER(probe_recall(node, domain, bob, MINUTE), PROBE_UNKNOWN);
	CHECK_NUMBER(probe_recall(node, domain, SLICE("eve@a.b"), 0), PROBE_UNKNOWN);
	CHECK_NUMBER(probe_recall(node, SLICE("c.d"), bob, 0), PROBE_UNKNOWN);
	probe_note(node, domain, bob, PROBE_BAD, MINUTE, 60000);
	CHECK_NUMBER(probe_recall(node, domain, bob, MINUTE), PROBE_BAD);
	receiving_node_destroy(&node);
}

CHECK_MAIN()
