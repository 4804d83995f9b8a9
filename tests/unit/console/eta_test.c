/* When what is queued will be out. */
#include "report/eta.h"

#include "base/memory.h"
#include "check.h"

#define NOW    INT64_C(1000000000000)
#define MINUTE 60000

CASE("from what is known")
{
	static const struct {
		struct eta_facts facts;
		int64_t ready, all; /* from now; -1: no telling */
		enum eta_basis basis;
		bool limited;
	} cases[] = {
		/* Nothing. */
		{{.ready = 0}, -1, -1, ETA_ASSUMED, false},
		/* Measured: 120 a minute. */
		{{.ready = 240, .sent = 120, .sent_in_ms = MINUTE}, 2 * MINUTE,
			2 * MINUTE, ETA_MEASURED, false},
		/* Others wait in the same line. */
		{{.ready = 240, .ahead = 120, .sent = 120, .sent_in_ms = MINUTE},
			3 * MINUTE, 3 * MINUTE, ETA_MEASURED, false},
		/* One in a minute, for there was no more. */
		{{.ready = 1, .sent = 1, .sent_in_ms = MINUTE, .connections = 10}, 100,
			100, ETA_ASSUMED, false},
		/* A measurement that has just begun is no rate of infinity. */
		{{.ready = 10, .sent = 5}, 2000, 2000, ETA_MEASURED, false},
		{{.ready = 600, .connections = 10}, MINUTE, MINUTE, ETA_ASSUMED, false},
		{{.ready = 1200}, MINUTE, MINUTE, ETA_ASSUMED, false},
		{{.ready = 60, .rate = 0.5, .connections = 10}, 2 * MINUTE, 2 * MINUTE,
			ETA_LEARNED, false},
		/* What is learned is a limit, and no promise. */
		{{.ready = 60, .rate = 100, .sent = 60, .sent_in_ms = MINUTE}, MINUTE,
			MINUTE, ETA_MEASURED, false},
		/* Left alone first. */
		{{.ready = 120,
			 .sent = 120,
			 .sent_in_ms = MINUTE,
			 .shut_until_ms = NOW + MINUTE},
			2 * MINUTE, 2 * MINUTE, ETA_MEASURED, false},
		/* A day's limit. */
		{{.ready = 1200, .limit_ms = {600 * MINUTE, 600 * MINUTE}},
			600 * MINUTE, 600 * MINUTE, ETA_ASSUMED, true},
		/* Some are tried again later. */
		{{.ready = 1200, .deferred = 3, .last_due_ms = NOW + 30 * MINUTE},
			MINUTE, 30 * MINUTE + 1000, ETA_ASSUMED, false},
		{{.deferred = 3,
			 .last_due_ms = NOW + 30 * MINUTE,
			 .limit_ms = {0, 10 * MINUTE}},
			-1, 30 * MINUTE + 1000, ETA_ASSUMED, false},
		{{.ready = 1, .stopped = true}, -1, -1, ETA_ASSUMED, false},
		{{.ready = 1, .limit_ms = {INT64_MAX, INT64_MAX}}, -1, -1, ETA_ASSUMED,
			true},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct eta_facts facts = cases[i].facts;
		struct eta eta;

		facts.now_ms = NOW;
		eta = eta_of(&facts);
		CHECK_NUMBER(eta.ready_ms ? eta.ready_ms - NOW : -1, cases[i].ready);
		CHECK_NUMBER(eta.all_ms ? eta.all_ms - NOW : -1, cases[i].all);
		CHECK_NUMBER(eta.basis, cases[i].basis);
		CHECK_NUMBER(eta.limited, cases[i].limited);
	}
}

CHECK_MAIN()
