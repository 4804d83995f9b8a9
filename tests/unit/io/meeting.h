/*
 * A TLS client and a TLS server of ours meet in one worker under virtual time,
 * perhaps with somebody in between who cuts, changes or swallows bytes.
 */
#ifndef RINGPOST_TESTS_MEETING_H
#define RINGPOST_TESTS_MEETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "io/stream.h"
#include "io/tls.h"
#include "run/fiber.h"

enum { TO_SERVER, TO_CLIENT };

struct meeting {
	struct tls_server *server;
	struct tls_client *client;
	struct tls_target target;
	const char *said[2];	      /* in the clear and unread, before TLS */
	size_t limit;		      /* bytes in flight; 0: 100,000 */
	int64_t server_ms, client_ms; /* for the handshake; 0: 5 s */

	/* The one in between; step 0: nobody. */
	size_t step;	      /* bytes passed on at a time */
	size_t stop_after[2]; /* bytes passed on in all; 0: no end */
	size_t flip_at[2];    /* the byte there is changed; 0: none */
	bool cut;	      /* hangs up then, instead of falling silent */

	/* What came of it. */
	struct stream *server_end, *client_end;
	struct failure server_failure, client_failure;
	size_t passed[2];
	struct scope scope; /* initialised by the test */
};

/* A CASE in a fiber, under virtual time. Needs check.h. */
#define FIBER_CASE(title)                                      \
	static void CHECK_JOIN(body_, __LINE__)(void *arg);    \
	CASE(title)                                            \
	{                                                      \
		in_meeting(CHECK_JOIN(body_, __LINE__), NULL); \
	}                                                      \
	static void CHECK_JOIN(body_, __LINE__)(void *arg)

void in_meeting(void (*body)(void *arg), void *arg);
/* Shakes hands; both ends or neither need come to be. */
void meet(struct meeting *meeting);
/* Closes what is open and waits for everybody. */
void part(struct meeting *meeting);
/* Later sessions speak TLS 1.2 at the most. */
void at_most_1_2(struct meeting *meeting);

/* What the client sees: names in the server's certificate, its kind of key. */
struct slice names_served(struct meeting *meeting, char text[200]);
bool served_rsa(struct meeting *meeting);
/* A line from one end to the other; false when it did not arrive. */
bool says(struct stream *from, struct stream *to, const char *line);

#endif
