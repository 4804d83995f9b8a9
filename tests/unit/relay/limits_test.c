/* Counts that workers share. */
#include "check.h"
#include "relay/limits.h"

CASE("one site, as long as anybody holds it")
{
	struct relay_node *node = relay_node_create();
	struct site_limits *a = limits_hold(node, SLICE("mx.test")),
			   *b = limits_hold(node, SLICE("mx.test")),
			   *c = limits_hold(node, SLICE("mx2.test"));

	CHECK(a == b && a != c);
	CHECK(limits_connect(a, 2));
	CHECK(limits_connect(b, 2));
	CHECK(!limits_connect(a, 2));
	CHECK(limits_connect(c, 2));
	limits_disconnect(a);
	CHECK(limits_connect(b, 2));
	limits_release(node, SLICE("mx.test"), &a);
	CHECK(!a);
	CHECK(!limits_connect(b, 2));
	limits_release(node, SLICE("mx.test"), &b);
	limits_release(node, SLICE("mx2.test"), &c);
	relay_node_destroy(&node);
	CHECK(!node);
}

CASE("all sites together")
{
	struct relay_node *node = relay_node_create();

	CHECK(limits_connect_any(node, 1));
	CHECK(!limits_connect_any(node, 1));
	limits_disconnect_any(node);
	CHECK(limits_connect_any(node, 1));
	relay_node_destroy(&node);
}

CASE("messages a second")
{
	struct site_limits limits = {.holders = 1};
	int64_t now = 1000000000;
	unsigned sent = 0;

	for (int64_t t = 0; t < 1000000; t += 100)
		sent += limits_send(&limits, 50, now + t);
	CHECK(sent >= 50 && sent <= 51);
	CHECK(!limits_send(&limits, 50, now + 999999));
	CHECK(limits_wait_us(&limits, 50, now + 999999) > 0);
	CHECK_NUMBER(limits_wait_us(&limits, 50, now + 2000000), 0);
	/* A pause is not made up for. */
	sent = 0;
	for (int64_t t = 0; t < 1000000; t += 100)
		sent += limits_send(&limits, 50, now + 60000000 + t);
	CHECK(sent >= 50 && sent <= 51);
	CHECK(limits_send(&limits, 0, now));
	CHECK_NUMBER(limits_wait_us(&limits, 0, now), 0);
}

CHECK_MAIN()
