/* DELIVERBY, RFC 2852: who may have a message, when it is over, who is told. */
#include "relay/deliver_by.h"

#include "check.h"

static struct envelope by(enum deliver_by kind, int64_t ms)
{
	return (struct envelope){.deliver_by = kind, .deliver_by_ms = ms};
}

CASE("over, and looked at by then")
{
	struct envelope none = by(DELIVER_BY_NONE, 0), r = by(DELIVER_BY_RETURN, 5000),
			n = by(DELIVER_BY_NOTIFY, 5000);

	CHECK(!deliver_by_is_over(&none, 9000) && !deliver_by_is_over(&n, 9000));
	CHECK(!deliver_by_is_over(&r, 4999) && deliver_by_is_over(&r, 5000));
	CHECK_NUMBER(deliver_by_due_ms(&none, 1000, 9000), 9000);
	CHECK_NUMBER(deliver_by_due_ms(&r, 1000, 9000), 5000);
	CHECK_NUMBER(deliver_by_due_ms(&n, 1000, 9000), 5000);
	CHECK_NUMBER(deliver_by_due_ms(&r, 1000, 4000), 4000);
	CHECK_NUMBER(deliver_by_due_ms(&n, 6000, 9000), 9000);
}

CASE("RFC 2852 4.1.4: R goes to who knows it and can do it")
{
	struct envelope r = by(DELIVER_BY_RETURN, 100000), n = by(DELIVER_BY_NOTIFY, 1);
	struct capabilities old = {.esmtp = true}, any = {.deliver_by = true},
			    slow = {.deliver_by = true, .deliver_by_min_s = 60};

	CHECK(!deliver_by_admits(&r, &old, 0) && deliver_by_admits(&n, &old, 9000));
	CHECK(deliver_by_admits(&r, &any, 0) && deliver_by_admits(&r, &any, 99000));
	CHECK(!deliver_by_admits(&r, &any, 99001) &&
		!deliver_by_admits(&r, &any, 200000));
	CHECK(deliver_by_admits(&r, &slow, 40000) &&
		!deliver_by_admits(&r, &slow, 40001));
}

CASE("what is left, in whole seconds")
{
	struct envelope r = by(DELIVER_BY_RETURN, 10000),
			n = by(DELIVER_BY_NOTIFY, 10000);
	char text[BY_TEXT_SIZE];
	struct smtp_extensions left = deliver_by_left(&r, 2500);

	CHECK_SLICE(extension_print_by(&left, text), "7;R");
	left = deliver_by_left(&r, 9500);
	CHECK_SLICE(extension_print_by(&left, text), "1;R");
	n.deliver_by_trace = true;
	left = deliver_by_left(&n, 12000);
	CHECK_SLICE(extension_print_by(&left, text), "-2;NT");
}

CASE("RFC 2852 4.1.4, 4.2: who is told of a delay, of a relay")
{
	static const struct {
		unsigned notify;
		bool delay, relay_old, relay_trace;
	} rows[] = {{NOTIFY_UNSET, true, true, true},
		{NOTIFY_NEVER, false, false, false}, {NOTIFY_DELAY, true, true, true},
		{NOTIFY_FAILURE, false, false, true},
		{NOTIFY_SUCCESS | NOTIFY_DELAY, true, true, true}};
	struct envelope n = by(DELIVER_BY_NOTIFY, 5000), trace = n,
			none = by(DELIVER_BY_NONE, 0), r = by(DELIVER_BY_RETURN, 5000);

	trace.deliver_by_trace = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct recipient to = {.notify = rows[i].notify};

		CHECK(!deliver_by_tells_delay(&n, &to, 4999));
		CHECK_NUMBER(deliver_by_tells_delay(&n, &to, 5000), rows[i].delay);
		CHECK(!deliver_by_tells_delay(&r, &to, 6000));
		CHECK_NUMBER(deliver_by_tells_relay(&n, &to, false), rows[i].relay_old);
		CHECK(!deliver_by_tells_relay(&n, &to, true));
		CHECK_NUMBER(
			deliver_by_tells_relay(&trace, &to, true), rows[i].relay_trace);
		CHECK(!deliver_by_tells_relay(&none, &to, false));
		to.delay_told = true;
		CHECK(!deliver_by_tells_delay(&n, &to, 5000));
	}
}

CHECK_MAIN()
