/* What workers share of logins: verified passwords, failures, sessions. */
#include "account/logins.h"

#include <pthread.h>

#include "account/table.h"
#include "check.h"

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
	struct logins *logins = logins_create();
	struct slice name = SLICE("app"), right = SLICE("secret"), hash = SLICE("$y$1");
	int64_t now = HOUR;

	CHECK(!logins_password_is_verified(logins, name, right, hash, now));
	logins_password_was_verified(logins, name, right, hash, now);
	CHECK(logins_password_is_verified(logins, name, right, hash, now));
	CHECK(!logins_password_is_verified(logins, name, SLICE("secreT"), hash, now));
	CHECK(!logins_password_is_verified(logins, SLICE("apq"), right, hash, now));
	CHECK(!logins_password_is_verified(logins, name, right, SLICE("$y$2"), now));
	now += VERIFIED_FOR_MS * 1000LL - 1;
	CHECK(logins_password_is_verified(logins, name, right, hash, now));
	CHECK(!logins_password_is_verified(logins, name, right, hash, now + 1));
	logins_destroy(&logins);
}

CASE("failures: twice as long each time, by address and by account, to 15 s")
{
	struct logins *logins = logins_create();
	struct slice app = SLICE("app"), web = SLICE("web");
	int64_t now = HOUR;

	CHECK_NUMBER(logins_count_failure(logins, v4, app, 2000, now), 2000);
	CHECK_NUMBER(logins_count_failure(logins, v4, web, 2000, now), 4000);
	CHECK_NUMBER(logins_count_failure(logins, v4_next, app, 2000, now), 4000);
	CHECK_NUMBER(logins_count_failure(logins, v4, SLICE_EMPTY, 2000, now), 8000);
	CHECK_NUMBER(logins_count_failure(logins, v4, app, 2000, now), 15000);
	CHECK_NUMBER(logins_count_failure(logins, v4, app, 0, now), 0);
	/* Five of the address: after two half-lives 1.25 of them count. */
	now += 2 * FAILURE_HALF_LIFE_MS * 1000LL;
	CHECK(logins_count_failure(logins, v4, SLICE_EMPTY, 2000, now) < 5700);
	now += 24 * HOUR;
	CHECK_NUMBER(logins_count_failure(logins, v4, app, 2000, now), 2000);
	logins_destroy(&logins);
}

CASE("failures: IPv6 by its /64")
{
	struct logins *logins = logins_create();

	CHECK_NUMBER(logins_count_failure(logins, v6, SLICE_EMPTY, 1000, HOUR), 1000);
	CHECK_NUMBER(
		logins_count_failure(logins, v6_same, SLICE_EMPTY, 1000, HOUR), 2000);
	CHECK_NUMBER(
		logins_count_failure(logins, v6_other, SLICE_EMPTY, 1000, HOUR), 1000);
	CHECK_NUMBER(logins_count_failure(logins, v4, SLICE_EMPTY, 1000, HOUR), 1000);
	logins_destroy(&logins);
}

CASE("too many failures block an address, and only it, until they fade")
{
	struct logins *logins = logins_create();
	int64_t now = HOUR;

	for (int i = 0; i < FAILURES_TOLERATED; i++) {
		CHECK(!logins_address_is_blocked(logins, v4, now));
		logins_count_failure(logins, v4, SLICE_EMPTY, 2000, now);
	}
	CHECK(logins_address_is_blocked(logins, v4, now));
	CHECK(!logins_address_is_blocked(logins, v4_next, now));
	CHECK(!logins_address_is_blocked(logins, v4, now + MINUTE));
	logins_destroy(&logins);
}

CASE("sessions of an account, for each scope")
{
	struct logins *logins = logins_create();

	CHECK(logins_session_begin(logins, ACCOUNT_SUBMIT, SLICE("app"), 2));
	CHECK(logins_session_begin(logins, ACCOUNT_SUBMIT, SLICE("app"), 2));
	CHECK(!logins_session_begin(logins, ACCOUNT_SUBMIT, SLICE("app"), 2));
	CHECK(logins_session_begin(logins, ACCOUNT_SUBMIT, SLICE("web"), 2));
	CHECK(logins_session_begin(logins, ACCOUNT_SUBMIT, SLICE("app"), 0));
	logins_session_end(logins, ACCOUNT_SUBMIT, SLICE("app"));
	CHECK(!logins_session_begin(logins, ACCOUNT_SUBMIT, SLICE("app"), 2));
	logins_session_end(logins, ACCOUNT_SUBMIT, SLICE("app"));
	CHECK(logins_session_begin(logins, ACCOUNT_SUBMIT, SLICE("app"), 2));
	CHECK(logins_session_begin(logins, ACCOUNT_PICKUP, SLICE("app"), 1));
	CHECK(!logins_session_begin(logins, ACCOUNT_PICKUP, SLICE("app"), 1));
	logins_session_end(logins, ACCOUNT_SUBMIT, SLICE("web"));
	logins_session_end(
		logins, ACCOUNT_SUBMIT, SLICE("web")); /* not there: nothing happens */
	logins_destroy(&logins);
	logins_destroy(&logins);
}

#define THREADS 4
#define ROUNDS	20000

static void *hammer(void *arg)
{
	struct logins *logins = arg;

	for (int i = 0; i < ROUNDS; i++) {
		char name[2] = {(char)('a' + i % 7), 0};

		if (logins_session_begin(logins, ACCOUNT_SUBMIT, slice_of(name), 3))
			logins_session_end(logins, ACCOUNT_SUBMIT, slice_of(name));
		logins_password_was_verified(
			logins, slice_of(name), SLICE("x"), SLICE("y"), i);
		logins_count_failure(logins, v4, slice_of(name), 1, i);
	}
	return NULL;
}

CASE("threads: no session is left")
{
	struct logins *logins = logins_create();
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, hammer, logins));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (char c = 'a'; c <= 'g'; c++) {
		char name[2] = {c, 0};

		CHECK(logins_session_begin(logins, ACCOUNT_SUBMIT, slice_of(name), 1));
	}
	logins_destroy(&logins);
}

CHECK_MAIN()
