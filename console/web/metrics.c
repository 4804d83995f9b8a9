/* /metrics, /healthz and /readyz; see metrics.h. */
#include "web/metrics.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/events.h"
#include "queue/spool.h"

#include "admin/call.h"
#include "daemon/fan.h"

#define ANSWER_MS 5000

struct metrics {
	struct daemon_worker *worker;
	struct list fans;
};

static void write_process(struct exposition *out, struct daemon *daemon)
{
	struct rusage used;
	long pages = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file && fscanf(file, "%ld %ld", &pages, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	exposition_family(
		out, "ringpost_build_info", EXPOSITION_GAUGE, "What runs here");
	exposition_begin(out, "ringpost_build_info");
	exposition_label(out, "version", slice_of(RINGPOST_VERSION));
	exposition_end(out, 1);
	exposition_single(out, "process_start_time_seconds", EXPOSITION_GAUGE,
		"When the process began, since 1970",
		(uint64_t)(daemon->started_ms / 1000));
	exposition_single(out, "process_resident_memory_bytes", EXPOSITION_GAUGE,
		"Memory of the process, without Redis",
		(uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE));
	if (getrusage(RUSAGE_SELF, &used) == 0) {
		exposition_family(out, "process_cpu_seconds_total", EXPOSITION_COUNTER,
			"Time on processors, without Redis");
		exposition_begin(out, "process_cpu_seconds_total");
		exposition_end_us(out, (used.ru_utime.tv_sec + used.ru_stime.tv_sec) *
						       INT64_C(1000000) +
					       used.ru_utime.tv_usec +
					       used.ru_stime.tv_usec);
	}
	exposition_single(out, "ringpost_sessions", EXPOSITION_GAUGE,
		"Sessions on all listeners", session_counts_total(daemon->counts));
	exposition_single(out, "ringpost_reloads_total", EXPOSITION_COUNTER,
		"Configurations put in force since the start", daemon->reloads);
	exposition_single(out, "ringpost_log_dropped_total", EXPOSITION_COUNTER,
		"Lines of the event log that were lost", event_dropped());
	exposition_single(out, "ringpost_accepting", EXPOSITION_GAUGE,
		"1 while mail is accepted", queue_accepts(daemon->workers[0].queue));
}

static void write_events(struct exposition *out, struct daemon *daemon)
{
	struct events_figures figures = events_figures(daemon->events);

	exposition_single(out, "ringpost_events_total", EXPOSITION_COUNTER,
		"Events for applications", figures.raised);
	exposition_single(out, "ringpost_events_dropped_total", EXPOSITION_COUNTER,
		"Of these, lost for want of room", figures.dropped);
	exposition_single(out, "ringpost_events_waiting_bytes", EXPOSITION_GAUGE,
		"Bytes of events that wait for Redis", figures.waiting_bytes);
	exposition_single(out, "ringpost_events_lag_milliseconds", EXPOSITION_GAUGE,
		"How long the oldest of them has waited", (uint64_t)figures.waiting_ms);
}

static void write_spool(struct exposition *out, struct daemon *daemon)
{
	struct spool *spool = queue_node_spool(daemon->queue_node);
	struct spool_figures figures;

	if (!spool)
		return;
	figures = spool_figures(spool);
	exposition_single(out, "ringpost_spool_bytes", EXPOSITION_GAUGE,
		"Bytes of the spool on the disk", figures.bytes);
	exposition_single(out, "ringpost_spool_bytes_alive", EXPOSITION_GAUGE,
		"Of these, of messages that are queued", figures.bytes_alive);
}

static void show_metrics(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct metrics *metrics = context;
	struct daemon *daemon = metrics->worker->daemon;
	struct exposition out = {.text = &exchange->answer.body};
	struct value *results = NULL;

	exchange->answer.type = EXPOSITION_TYPE;
	if (!fan_out(daemon, &metrics->fans, &admin_status_job, NULL, &results,
		    deadline_earlier(deadline, deadline_after_ms(ANSWER_MS)))) {
		http_problem(exchange, 503, "not-now", "%s", failure_last()->text);
		return;
	}
	write_process(&out, daemon);
	metrics_write_workers(&out, results);
	write_events(&out, daemon);
	write_spool(&out, daemon);
	exposition_timings(&out);
	value_release(&results);
}

static void show_health(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	(void)context, (void)deadline;
	exchange->answer.type = "text/plain; charset=utf-8";
	buffer_append(&exchange->answer.body, SLICE("ok\n"));
}

static void show_readiness(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct metrics *metrics = context;

	if (metrics->worker->stopping)
		http_problem(exchange, 503, "not-ready", "the server is stopping");
	else if (!queue_accepts(metrics->worker->queue))
		http_problem(exchange, 503, "not-ready", "%s", failure_last()->text);
	else
		show_health(exchange, context, deadline);
}

static const struct http_route routes[] = {
	{"GET", "/metrics", .handle = show_metrics},
	{"GET", "/healthz", .handle = show_health},
	{"GET", "/readyz", .handle = show_readiness},
};

struct metrics *metrics_open(struct daemon_worker *worker)
{
	struct metrics *metrics = NEW(struct metrics);

	metrics->worker = worker;
	list_init(&metrics->fans);
	return metrics;
}

void metrics_close(struct metrics **metrics)
{
	if (*metrics)
		fans_destroy(&(*metrics)->fans);
	memory_free(*metrics);
	*metrics = NULL;
}

void metrics_add_routes(struct metrics *metrics, struct http_router *router)
{
	http_router_add(
		router, CONFIG_SERVES_METRICS, routes, ARRAY_COUNT(routes), metrics);
}
