/* Spans in memory: how many there may be, and that each of them is accounted for. */
#include "check.h"

#include "../base/config_check.h"

#include "io/fetch.h"
#include "run/worker.h"
#include "traces/traces.h"

#define SPANS 30000

/* Nobody listens on port 1. */
#define AWAY                                                             \
	"hostname: mx.test\nlisteners:\n  - address: 127.0.0.1:1025\n"   \
	"    role: submission\n    tls: none\n    require_auth: false\n" \
	"traces:\n  endpoint: http://127.0.0.1:1/v1/traces\n  per_million: 500000\n"

static void add(uint64_t number)
{
	static char text[200];
	struct slice id = SLICE("01jd4x8z9k00000a");
	struct trace trace = trace_of(id, SLICE_EMPTY);
	struct span_attribute attribute = span_text(
		"text", slice_make(text, sizeof(text)));
	struct span span = {.trace = &trace,
		.id = number,
		.name = "x",
		.kind = SPAN_INTERNAL,
		.attributes = &attribute,
		.attribute_count = 1};

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 'a';
	traces_add(&span);
}

static void full(void *arg)
{
	struct config *config = config_of(AWAY);
	struct traces *traces = traces_open(config, NULL);
	struct traces_figures figures;
	struct trace trace;
	bool chosen = false, left = false;
	char id[17];

	CHECK(traces_wanted());
	for (unsigned i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "01jd4x8z9k%06x", i);
		if (traces_sample(slice_of(id), SLICE_EMPTY, &trace))
			chosen = true;
		else
			left = true;
	}
	CHECK(chosen && left);
	for (uint64_t i = 1; i <= SPANS; i++)
		add(i);
	figures = traces_figures();
	CHECK(figures.made == SPANS);
	CHECK(figures.dropped > 0 && figures.dropped < SPANS / 2);
	CHECK(figures.waiting_bytes >= TRACES_MEMORY);
	CHECK(figures.waiting_bytes < TRACES_MEMORY + 2 * TRACES_BATCH_BYTES);
	while (traces_figures().failures == 0)
		fiber_sleep(deadline_after_ms(5));
	CHECK(traces_figures().dropped == figures.dropped);
	traces_close(&traces, deadline_after_ms(50));
	CHECK(!traces_wanted() && !traces);
	figures = traces_figures();
	CHECK(figures.dropped == SPANS && figures.sent == 0 && figures.refused == 0);
	CHECK(figures.waiting_bytes == 0);
	add(1); /* there is nobody to take it */
	CHECK(traces_figures().made == SPANS);
	config_release(&config);
}

CASE("with the collector away there is an end to what is kept")
{
	struct worker *worker = worker_create(&(struct worker_options){
		.ring_entries = 64, .buffer_count = 64, .fibers_max = 64});

	CHECK(fetch_start());
	if (CHECK(worker != NULL))
		worker_run(worker, full, NULL);
	worker_destroy(&worker);
	fetch_stop();
}

CHECK_MAIN()
