/* What workers share: messages an hour. */
#include "submit/node.h"

#include <pthread.h>

#include "check.h"

#define SECOND 1000000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

CASE("messages an hour: not one more in any 60 minutes, and when there is room")
{
	struct submission_node *node = submission_node_create();
	int64_t now = 1000 * HOUR + 30 * SECOND;
	unsigned wait_s = 0;

	for (int i = 0; i < 10; i++)
		CHECK(node_count_message(node, SLICE("app"), 20, now, &wait_s));
	for (int i = 0; i < 10; i++)
		CHECK(node_count_message(
			node, SLICE("app"), 20, now + 10 * MINUTE, &wait_s));
	CHECK(!node_count_message(node, SLICE("app"), 20, now + 10 * MINUTE, &wait_s));
	CHECK(node_count_message(node, SLICE("web"), 20, now + 10 * MINUTE, &wait_s));
	CHECK(wait_s > 50 * 60 && wait_s <= 51 * 60);
	now += 10 * MINUTE + (wait_s - 1) * SECOND;
	CHECK(!node_count_message(node, SLICE("app"), 20, now - SECOND, &wait_s));
	now += SECOND;
	for (int i = 0; i < 10; i++)
		CHECK(node_count_message(node, SLICE("app"), 20, now, &wait_s));
	CHECK(!node_count_message(node, SLICE("app"), 20, now, &wait_s));
	/* A lowered limit waits for more than one minute to leave. */
	CHECK(!node_count_message(node, SLICE("app"), 1, now, &wait_s));
	CHECK(wait_s > 59 * 60);
	CHECK(node_count_message(node, SLICE("app"), 20, now + 100 * HOUR, &wait_s));
	submission_node_destroy(&node);
}

CASE("messages an hour, steadily: the limit is reached and kept")
{
	struct submission_node *node = submission_node_create();
	unsigned wait_s, taken[48] = {0};

	for (int s = 0; s < 4 * 3600; s++)
		taken[s / 300] += node_count_message(
			node, SLICE("app"), 1000, 5 * HOUR + s * SECOND, &wait_s);
	for (int i = 0; i + 12 <= 48; i++) {
		unsigned in_hour = 0;

		for (int j = 0; j < 12; j++)
			in_hour += taken[i + j];
		CHECK(in_hour <= 1000 && in_hour > 900);
	}
	submission_node_destroy(&node);
}

#define THREADS 4
#define ROUNDS	20000

static void *hammer(void *arg)
{
	struct submission_node *node = arg;
	unsigned wait_s;

	for (int i = 0; i < ROUNDS; i++) {
		char name[2] = {(char)('a' + i % 7), 0};

		node_count_message(node, slice_of(name), 1u << 30, HOUR, &wait_s);
	}
	return NULL;
}

CASE("threads: every message is counted once")
{
	struct submission_node *node = submission_node_create();
	pthread_t threads[THREADS];
	unsigned wait_s, total = 0;

	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, hammer, node));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (char c = 'a'; c <= 'g'; c++) {
		char name[2] = {c, 0};
		uint64_t most = THREADS * ROUNDS / 7 + THREADS;

		while (node_count_message(node, slice_of(name), most, HOUR, &wait_s))
			total++;
	}
	CHECK_NUMBER(7 * (THREADS * ROUNDS / 7 + THREADS) - total, THREADS * ROUNDS);
	submission_node_destroy(&node);
}

CHECK_MAIN()
