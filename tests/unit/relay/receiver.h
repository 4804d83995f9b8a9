/*
 * A receiver with limits, and a sender that goes by what it learns, in virtual
 * time: how much of what was allowed was used, and for how many refusals.
 */
#ifndef RINGPOST_TESTS_RECEIVER_H
#define RINGPOST_TESTS_RECEIVER_H

#include <stddef.h>
#include <stdint.h>

#define RECEIVER_CONNECTIONS_MAX 200

/* 0: no such limit. */
struct receiver_limits {
	double rate, burst; /* a bucket: messages a second, so many at once */
	uint64_t window;    /* messages … */
	int64_t window_us;  /* … in each such time */
	size_t connections;
	uint64_t per_connection; /* then it hangs up */
};

struct sending {
	size_t connections; /* at most */
	int64_t reply_us;   /* how long a message takes */
	double demand;	    /* messages a second that there are; 0: any number */
	int64_t seconds;    /* how long all this goes on */
	/* From here on the limits are OTHER; 0: never. */
	int64_t change_s;
	struct receiver_limits other;
};

struct receiver_report {
	uint64_t accepted, refused; /* messages */
	uint64_t connects, refused_connects, cut;
	double ideal; /* messages that the limits allow in that time */
	/* In the last half alone. */
	uint64_t late_accepted, late_refused;
	double late_ideal;
};

struct receiver_report receiver_run(
	const struct receiver_limits *limits, const struct sending *sending);

#endif
