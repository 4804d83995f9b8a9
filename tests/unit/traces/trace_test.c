/* Ids of traces and spans: the caller's, and those that follow from a message's. */
#include "check.h"

#include <string.h>

#include "base/memory.h"
#include "traces/trace.h"

#define GOOD "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

CASE("traceparent: W3C Trace Context 2.2")
{
	static const struct {
		const char *field;
		bool good;
	} rows[] = {
		{GOOD, true},
		{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true},
		{"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true},
		{"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true},
		{"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", false},
		{GOOD "-more", false},
		{GOOD " ", false},
		{"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false},
		{"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false},
		{"00-00000000000000000000000000000000-00f067aa0ba902b7-01", false},
		{"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false},
		{"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01", false},
		{"00-4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7-01", false},
		{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", false},
		{"", false},
	};
	char caller[TRACE_CALLER_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		CHECK(trace_caller_read(slice_of(rows[i].field), caller) ==
			rows[i].good);
	for (size_t size = 0; size < strlen(GOOD); size++)
		CHECK(!trace_caller_read(slice_make(GOOD, size), caller));
}

CASE("a caller's trace goes on, and it is the caller who chose")
{
	char caller[TRACE_CALLER_SIZE];
	struct trace trace;

	CHECK(trace_caller_read(SLICE(GOOD), caller));
	trace = trace_of(SLICE("01jd4x8z9k00000a"), slice_make(caller, sizeof(caller)));
	CHECK(memcmp(trace.id,
		      "\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47"
		      "\x36",
		      TRACE_ID_SIZE) == 0);
	CHECK(trace.caller == 0x00f067aa0ba902b7);
	CHECK(trace_is_among(&trace, 0));
	caller[TRACE_CALLER_SIZE - 1] = 2;
	trace = trace_of(SLICE("01jd4x8z9k00000a"), slice_make(caller, sizeof(caller)));
	CHECK(!trace_is_among(&trace, 1000000));
}

CASE("of messages, as many are chosen as were asked for, and the same ones again")
{
	static const uint64_t shares[] = {0, 1000, 10000, 500000, 1000000};
	char id[17];

	for (size_t i = 0; i < ARRAY_COUNT(shares); i++) {
		uint64_t chosen = 0, all = 100000;

		for (uint64_t n = 0; n < all; n++) {
			struct trace one, again;

			snprintf(id, sizeof(id), "01jd4x8z9k%06llx",
				(unsigned long long)n);
			one = trace_of(slice_of(id), SLICE_EMPTY);
			again = trace_of(slice_of(id), SLICE_EMPTY);
			CHECK(memcmp(one.id, again.id, TRACE_ID_SIZE) == 0);
			chosen += trace_is_among(&one, shares[i]);
			/* Who is among few is among more. */
			CHECK(!trace_is_among(&one, shares[i]) ||
				trace_is_among(&one, 1000000));
		}
		CHECK(chosen * 10 >= all * shares[i] / 1000000 * 8);
		CHECK(chosen * 10 <= all * shares[i] / 1000000 * 12);
	}
}

CASE("spans are told apart, and the same on every node")
{
	struct slice id = SLICE("01jd4x8z9k00000a");
	uint64_t ids[] = {trace_root(id), trace_root(SLICE("01jd4x8z9k00000b")),
		trace_attempt(id, "queue", 1), trace_attempt(id, "queue", 2),
		trace_attempt(id, "delivery", 1),
		trace_attempt(SLICE("01jd4x8z9k00000a.1"), "queue", 1),
		trace_child(trace_root(id), "dns", 0),
		trace_child(trace_root(id), "dns", 1),
		trace_child(trace_root(id), "tls", 0),
		trace_child(trace_attempt(id, "queue", 1), "dns", 0)};

	for (size_t i = 0; i < ARRAY_COUNT(ids); i++)
		for (size_t j = 0; j < i; j++)
			CHECK(ids[i] != ids[j]);
	CHECK(trace_root(id) == ids[0]);
	/* What other nodes of another version have made stays their parent. */
	CHECK(ids[0] == 0x36c166d620a25f49);
}

CHECK_MAIN()
