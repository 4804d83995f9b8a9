/* Sessions are counted by address and account, each apart, and not beyond a limit. */
#include "session/attendance.h"

#include <pthread.h>

#include "check.h"

static const char six[] = "\x20\x01\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\1";
static const char six_too[] =
	"\x20\x01\x0d\xb8\0\0\0\1\xff\xff\xff\xff\xff\xff\xff\xff";
static const char six_else[] = "\x20\x01\x0d\xb8\0\0\0\2\0\0\0\0\0\0\0\1";
static const char four[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1";
static const char four_else[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\2";

CASE("addresses: IPv4 each, IPv6 by /64")
{
	struct attendance *all = attendance_create();
	struct slice a = slice_make(six, 16), b = slice_make(six_too, 16),
		     c = slice_make(six_else, 16), d = slice_make(four, 16),
		     e = slice_make(four_else, 16);

	CHECK(attendance_enter(all, ATTENDANCE_ADDRESS, a, 2));
	CHECK(attendance_enter(all, ATTENDANCE_ADDRESS, b, 2));
	CHECK(!attendance_enter(all, ATTENDANCE_ADDRESS, a, 2));
	CHECK(attendance_enter(all, ATTENDANCE_ADDRESS, c, 2));
	CHECK(attendance_enter(all, ATTENDANCE_ADDRESS, d, 1));
	CHECK(attendance_enter(all, ATTENDANCE_ADDRESS, e, 1));
	CHECK(!attendance_enter(all, ATTENDANCE_ADDRESS, e, 1));
	CHECK_NUMBER(attendance_count(all, ATTENDANCE_ADDRESS, b), 2);
	attendance_leave(all, ATTENDANCE_ADDRESS, b);
	CHECK(attendance_enter(all, ATTENDANCE_ADDRESS, a, 2));
	attendance_leave(all, ATTENDANCE_ADDRESS, a);
	attendance_leave(all, ATTENDANCE_ADDRESS, a);
	attendance_leave(all, ATTENDANCE_ADDRESS, c);
	attendance_leave(all, ATTENDANCE_ADDRESS, d);
	attendance_leave(all, ATTENDANCE_ADDRESS, e);
	CHECK_NUMBER(attendance_count(all, ATTENDANCE_ADDRESS, a), 0);
	attendance_destroy(&all);
	CHECK(!all);
}

CASE("kinds are apart, and 0 is no limit")
{
	struct attendance *all = attendance_create();

	for (int i = 0; i < 100; i++)
		CHECK(attendance_enter(all, ATTENDANCE_ACCOUNT, SLICE("jo"), 0));
	CHECK(attendance_enter(all, ATTENDANCE_MAILDROP, SLICE("jo"), 1));
	CHECK(!attendance_enter(all, ATTENDANCE_MAILDROP, SLICE("jo"), 1));
	for (int i = 0; i < 100; i++)
		attendance_leave(all, ATTENDANCE_ACCOUNT, SLICE("jo"));
	attendance_leave(all, ATTENDANCE_MAILDROP, SLICE("jo"));
	attendance_destroy(&all);
}

static struct attendance *shared;
static _Atomic unsigned inside, most;

static void *come_and_go(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		unsigned now;

		if (!attendance_enter(shared, ATTENDANCE_ACCOUNT, SLICE("jo"), 2))
			continue;
		now = ++inside;
		if (now > most)
			most = now;
		inside--;
		attendance_leave(shared, ATTENDANCE_ACCOUNT, SLICE("jo"));
	}
	return NULL;
}

CASE("never more than the limit, whoever comes and goes at once")
{
	pthread_t threads[4];

	shared = attendance_create();
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, come_and_go, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK(most >= 1 && most <= 2);
	CHECK_NUMBER(attendance_count(shared, ATTENDANCE_ACCOUNT, SLICE("jo")), 0);
	attendance_destroy(&shared);
}

CHECK_MAIN()
