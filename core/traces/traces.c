/* Spans of a worker in memory, and when they are sent. */
#include "traces/traces.h"

#include "base/clock.h"
#include "base/memory.h"
#include "run/worker.h"
#include "traces/traces_core.h"

#define SPAN_GUESS   1024
#define CLOCK_OFF_US 3000 /* of the wall clock, which has milliseconds */

_Thread_local struct traces *traces_here;
struct traces_counts traces_counts;

static uint64_t read_count(_Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

struct traces_figures traces_figures(void)
{
	return (struct traces_figures){
		.made = read_count(&traces_counts.made),
		.sent = read_count(&traces_counts.sent),
		.dropped = read_count(&traces_counts.dropped),
		.refused = read_count(&traces_counts.refused),
		.failures = read_count(&traces_counts.failures),
		.waiting_bytes = read_count(&traces_counts.waiting_bytes),
	};
}

bool traces_sample(struct slice message, struct slice caller, struct trace *trace_r)
{
	if (!traces_here || (!caller.size && !traces_here->config->traces.per_million))
		return false;
	*trace_r = trace_of(message, caller);
	return trace_is_among(trace_r, traces_here->config->traces.per_million);
}

int64_t traces_wall_us(int64_t now_us)
{
	return now_us + (traces_here ? traces_here->wall_offset_us : 0);
}

/* The wall clock has milliseconds only: what is between two reads of it stays in
 * order, as long as nobody sets it. */
static void look_at_clock(struct traces *traces)
{
	int64_t offset_us = clock_wall_ms() * 1000 - clock_monotonic_us();
	int64_t off_us = offset_us - traces->wall_offset_us;

	if (off_us > CLOCK_OFF_US || off_us < -CLOCK_OFF_US)
		traces->wall_offset_us = offset_us;
}

static bool open_batch(struct traces *traces)
{
	struct traces_batch *batch;

	if (traces->bytes > TRACES_MEMORY)
		return false;
	look_at_clock(traces);
	batch = NEW(struct traces_batch);
	span_begin_batch(slice_of(traces->config->hostname), &batch->body);
	list_append(&traces->batches, &batch->link);
	traces->open = batch;
	condition_signal(&traces->work);
	return true;
}

void traces_add(const struct span *span)
{
	struct traces *traces = traces_here;
	struct traces_batch *batch;
	size_t before;

	if (!traces)
		return;
	traces_count(&traces_counts.made, 1);
	if (!traces->open && !open_batch(traces)) {
		traces_count(&traces_counts.dropped, 1);
		return;
	}
	batch = traces->open;
	before = buffer_size(&batch->body);
	buffer_reserve(&batch->body, SPAN_GUESS);
	if (batch->count++)
		buffer_append_byte(&batch->body, ',');
	span_write(span, &batch->body);
	before = buffer_size(&batch->body) - before;
	batch->size += before;
	traces->bytes += before;
	traces_count(&traces_counts.waiting_bytes, before);
	if (buffer_size(&batch->body) < TRACES_BATCH_BYTES)
		return;
	traces->open = NULL;
	condition_signal(&traces->work);
}

void traces_forget_first(struct traces *traces)
{
	struct traces_batch *batch = CONTAINER_OF(
		list_take(&traces->batches), struct traces_batch, link);

	if (traces->open == batch)
		traces->open = NULL;
	traces->bytes -= batch->size;
	atomic_fetch_sub_explicit(
		&traces_counts.waiting_bytes, batch->size, memory_order_relaxed);
	buffer_finish(&batch->body);
	memory_free(batch);
}

/* ---- Opening and closing ---- */

void traces_reload(struct traces *traces, struct config *config)
{
	bool on = config->traces.endpoint != NULL;

	config_hold(config);
	config_release(&traces->config);
	traces->config = config;
	traces_here = on ? traces : NULL;
	if (on && !traces->running)
		traces->running = scope_spawn(
			&traces->scope, "traces", traces_run, traces);
}

struct traces *traces_open(struct config *config, struct dns *dns)
{
	struct traces *traces = NEW(struct traces);

	traces->dns = dns;
	scope_init(&traces->scope);
	list_init(&traces->batches);
	condition_init(&traces->work);
	look_at_clock(traces);
	traces_reload(traces, config);
	return traces;
}

void traces_close(struct traces **traces, struct deadline deadline)
{
	struct traces *old = *traces;

	*traces = NULL;
	if (!old)
		return;
	traces_here = NULL;
	old->closing = true;
	condition_broadcast(&old->work);
	scope_finish(&old->scope, deadline);
	while (!list_is_empty(&old->batches)) {
		traces_count(&traces_counts.dropped,
			LIST_FIRST(&old->batches, struct traces_batch, link)->count);
		traces_forget_first(old);
	}
	config_release(&old->config);
	memory_free(old);
}
