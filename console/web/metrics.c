/* /metrics, /healthz and /readyz; see metrics.h. */
#include "web/metrics.h"

#include "base/failure.h"
#include "base/memory.h"
#include "metrics/tally.h"

#include "daemon/fan.h"

#define ANSWER_MS 5000

struct metrics {
	struct daemon_worker *worker;
	struct list fans;
};

static void refuse(struct http_exchange *exchange, const char *why)
{
	http_add_field(exchange, "Retry-After", SLICE("1"));
	http_problem(exchange, 503, "unavailable", "%s", why);
}

static void show_metrics(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	struct metrics *metrics = context;
	struct daemon *daemon = metrics->worker->daemon;
	struct exposition out = {.text = &exchange->answer.body};
	struct value *results = NULL;

	exchange->answer.type = EXPOSITION_TYPE;
	if (!fan_out(daemon, &metrics->fans, &metrics_job, NULL, &results,
		    deadline_earlier(deadline, deadline_after_ms(ANSWER_MS)))) {
		refuse(exchange, failure_last()->text);
		return;
	}
	metrics_write_workers(&out, results);
	metrics_write_refusals(&out, results);
	metrics_write_ages(&out, results);
	metrics_write_node(&out, daemon);
	exposition_tallies(&out);
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
		refuse(exchange, "the server is stopping");
	else if (!queue_accepts(metrics->worker->queue))
		refuse(exchange, failure_last()->text);
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
