/* When what is queued for a domain will be out. */
#include "report/eta.h"

/* Where nothing was measured: a message a second over each connection there may be,
 * but not over more than these. A guess, and told as one. */
#define ASSUMED_MOST 20

const char *eta_basis_name(enum eta_basis basis)
{
	static const char *const names[] = {"measured", "learned", "assumed"};

	return names[basis];
}

static double assumed(const struct eta_facts *facts)
{
	return facts->connections && facts->connections < ASSUMED_MOST
		       ? (double)facts->connections
		       : ASSUMED_MOST;
}

static double measured(const struct eta_facts *facts)
{
	int64_t period = facts->sent_in_ms > 1000 ? facts->sent_in_ms : 1000;

	return (double)facts->sent * 1000 / (double)period;
}

/* What was sent says how fast it goes only while there was a line: else there may
 * just have been no more to send. */
static void choose_rate(const struct eta_facts *facts, struct eta *eta)
{
	eta->basis = ETA_ASSUMED;
	eta->rate = assumed(facts);
	if (facts->sent &&
		(facts->ahead || facts->ready > 1 || measured(facts) > eta->rate)) {
		eta->basis = ETA_MEASURED;
		eta->rate = measured(facts);
	}
	if (facts->rate > 0 && facts->rate < eta->rate) {
		eta->basis = ETA_LEARNED;
		eta->rate = facts->rate;
	}
}

/* When the last of COUNT is out that may go from START on. */
static int64_t out_ms(const struct eta_facts *facts, struct eta *eta, uint64_t count,
	int64_t start_ms, int64_t limit_ms)
{
	int64_t by_rate = start_ms +
			  (int64_t)((double)(count + facts->ahead) * 1000 / eta->rate);
	int64_t by_limit = facts->now_ms + limit_ms;

	if (by_limit <= by_rate)
		return by_rate;
	eta->limited = true;
	return by_limit;
}

struct eta eta_of(const struct eta_facts *facts)
{
	struct eta eta = {.limited = false};
	int64_t start = facts->shut_until_ms > facts->now_ms ? facts->shut_until_ms
							     : facts->now_ms;
	int64_t last = facts->last_due_ms + 1000;

	choose_rate(facts, &eta);
	if (facts->stopped || facts->limit_ms[1] == INT64_MAX) {
		eta.limited = !facts->stopped;
		return eta;
	}
	if (facts->ready)
		eta.ready_ms = out_ms(
			facts, &eta, facts->ready, start, facts->limit_ms[0]);
	if (facts->ready + facts->deferred)
		eta.all_ms = out_ms(facts, &eta, facts->ready + facts->deferred, start,
			facts->limit_ms[1]);
	if (facts->deferred && eta.all_ms < last) {
		eta.all_ms = last;
		eta.limited = false;
	}
	return eta;
}
