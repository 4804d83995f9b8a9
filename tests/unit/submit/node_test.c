/* What workers share: verified passwords, failures, allowances, sessions. */
#include "submit/node.h"

#include <pthread.h>

#include "check.h"
#include "account/table.h"

#define SECOND 1000000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const uint8_t v4[16] = {
	[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 1};
static const uint8_t v4_next[16] = {
	[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 2};
static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1};
static const uint8_t v6_same[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9, 9, 9};
static const uint8_t v6_other[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1};

CASE("a table forgets what was not used for longest, and keeps the rest")
{
	struct table *table = table_create(8, sizeof(int64_t));
	struct table_key keys[9];

	for (int64_t i = 0; i < 9; i++) {
		struct slice text = slice_make(&i, sizeof(i));
		int64_t *record;

		keys[i] = table_key(table, &text, 1);
		record = table_lock(table, keys[i], i, false);
		CHECK(!record);
		table_unlock(table, keys[i]);
		record = table_lock(table, keys[i], i, true);
		CHECK_NUMBER(*record, 0);
		*record = i + 100;
		table_unlock(table, keys[i]);
		/* The first one stays in use. */
		record = table_lock(table, keys[0], i, false);
		CHECK_NUMBER(*record, 100);
		table_unlock(table, keys[0]);
	}
	for (int64_t i = 0; i < 9; i++) {
		int64_t *record = table_lock(table, keys[i], 9, false);

		CHECK((record != NULL) == (i != 1));
		CHECK(!record || *record == i + 100);
		table_unlock(table, keys[i]);
	}
	table_destroy(&table);
	table_destroy(&table);
	CHECK(!table);
}

CASE("keys tell texts apart, also by where one ends and the next begins")
{
	struct table *table = table_create(8, 1);
	struct slice one[] = {SLICE("ab"), SLICE("c")},
		     two[] = {SLICE("a"), SLICE("bc")},
		     three[] = {SLICE("abc"), SLICE_EMPTY};
	struct table_key a = table_key(table, one, 2), b = table_key(table, two, 2),
			 c = table_key(table, three, 2),
			 again = table_key(table, one, 2);

	CHECK(a.low == again.low && a.high == again.high);
	CHECK(a.low != b.low && b.low != c.low && a.low != c.low);
	CHECK(a.high != b.high && b.high != c.high && a.high != c.high);
	table_destroy(&table);
}

CASE("a verified password: this account, this password, this hash, ten minutes")
{
	struct submission_node *node = submission_node_create();
	struct slice name = SLICE("app"), right = SLICE("secret"), hash = SLICE("$y$1");
	int64_t now = HOUR;

	CHECK(!node_password_is_verified(node, name, right, hash, now));
	node_password_was_verified(node, name, right, hash, now);
	CHECK(node_password_is_verified(node, name, right, hash, now));
	CHECK(!node_password_is_verified(node, name, SLICE("secreT"), hash, now));
	CHECK(!node_password_is_verified(node, SLICE("apq"), right, hash, now));
	CHECK(!node_password_is_verified(node, name, right, SLICE("$y$2"), now));
	now += VERIFIED_FOR_MS * 1000LL - 1;
	CHECK(node_password_is_verified(node, name, right, hash, now));
	CHECK(!node_password_is_verified(node, name, right, hash, now + 1));
	submission_node_destroy(&node);
}

CASE("failures: twice as long each time, by address and by account, to 15 s")
{
	struct submission_node *node = submission_node_create();
	struct slice app = SLICE("app"), web = SLICE("web");
	int64_t now = HOUR;

	CHECK_NUMBER(node_count_failure(node, v4, app, 2000, now), 2000);
	CHECK_NUMBER(node_count_failure(node, v4, web, 2000, now), 4000);
	CHECK_NUMBER(node_count_failure(node, v4_next, app, 2000, now), 4000);
	CHECK_NUMBER(node_count_failure(node, v4, SLICE_EMPTY, 2000, now), 8000);
	CHECK_NUMBER(node_count_failure(node, v4, app, 2000, now), 15000);
	CHECK_NUMBER(node_count_failure(node, v4, app, 0, now), 0);
	/* Five of the address: after two half-lives 1.25 of them count. */
	now += 2 * FAILURE_HALF_LIFE_MS * 1000LL;
	CHECK(node_count_failure(node, v4, SLICE_EMPTY, 2000, now) < 5700);
	now += 24 * HOUR;
	CHECK_NUMBER(node_count_failure(node, v4, app, 2000, now), 2000);
	submission_node_destroy(&node);
}

CASE("failures: IPv6 by its /64")
{
	struct submission_node *node = submission_node_create();

	CHECK_NUMBER(node_count_failure(node, v6, SLICE_EMPTY, 1000, HOUR), 1000);
	CHECK_NUMBER(node_count_failure(node, v6_same, SLICE_EMPTY, 1000, HOUR), 2000);
	CHECK_NUMBER(node_count_failure(node, v6_other, SLICE_EMPTY, 1000, HOUR), 1000);
	CHECK_NUMBER(node_count_failure(node, v4, SLICE_EMPTY, 1000, HOUR), 1000);
	submission_node_destroy(&node);
}

CASE("too many failures block an address, and only it, until they fade")
{
	struct submission_node *node = submission_node_create();
	int64_t now = HOUR;

	for (int i = 0; i < FAILURES_TOLERATED; i++) {
		CHECK(!node_address_is_blocked(node, v4, now));
		node_count_failure(node, v4, SLICE_EMPTY, 2000, now);
	}
	CHECK(node_address_is_blocked(node, v4, now));
	CHECK(!node_address_is_blocked(node, v4_next, now));
	CHECK(!node_address_is_blocked(node, v4, now + MINUTE));
	submission_node_destroy(&node);
}

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

CASE("sessions of an account")
{
	struct submission_node *node = submission_node_create();

	CHECK(node_session_begin(node, SLICE("app"), 2));
	CHECK(node_session_begin(node, SLICE("app"), 2));
	CHECK(!node_session_begin(node, SLICE("app"), 2));
	CHECK(node_session_begin(node, SLICE("web"), 2));
	CHECK(node_session_begin(node, SLICE("app"), 0));
	node_session_end(node, SLICE("app"));
	CHECK(!node_session_begin(node, SLICE("app"), 2));
	node_session_end(node, SLICE("app"));
	CHECK(node_session_begin(node, SLICE("app"), 2));
	node_session_end(node, SLICE("web"));
	node_session_end(node, SLICE("web")); /* not there: nothing happens */
	submission_node_destroy(&node);
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

		if (node_session_begin(node, slice_of(name), 3))
			node_session_end(node, slice_of(name));
		node_count_message(node, slice_of(name), 1u << 30, HOUR, &wait_s);
		node_password_was_verified(
			node, slice_of(name), SLICE("x"), SLICE("y"), i);
		node_count_failure(node, v4, slice_of(name), 1, i);
	}
	return NULL;
}

CASE("threads: every message is counted once, and no session is left")
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
		CHECK(node_session_begin(node, slice_of(name), 1));
	}
	CHECK_NUMBER(7 * (THREADS * ROUNDS / 7 + THREADS) - total, THREADS * ROUNDS);
	submission_node_destroy(&node);
}

CHECK_MAIN()
