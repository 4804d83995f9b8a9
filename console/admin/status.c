/*
 * `status`: each worker's figures, their sums, and what the process has one of.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "queue/queue_admin.h"
#include "queue/spool.h"

#include "admin/call.h"
#include "daemon/http.h"
#include "daemon/fan.h"
#include "admin/rates.h"

#define REDIS_MS 2000

static void add_worker(struct value *to, struct daemon_worker *worker)
{
	struct worker_figures own = worker_figures();
	struct fiber_figures fibers = fiber_figures();
	struct value *object = value_object();

	value_set_number(object, "index", worker->index);
	value_set_number(object, "busy_percent", own.busy_percent);
	value_set_number(object, "longest_hold_us", own.longest_hold_us);
	value_set_number(object, "fibers", (int64_t)fibers.live);
	value_set_number(object, "fibers_most", (int64_t)fibers.most);
	value_set_number(object, "fibers_cap", (int64_t)fibers.cap);
	value_set_number(object, "sessions", (int64_t)worker->sessions.count);
	value_set(to, "worker", object);
}

static void add_mail(struct value *to, struct daemon_worker *worker)
{
	struct submission_figures submission = submission_figures(worker->submission);
	struct receiving_figures receiving = receiving_figures(worker->receiving);
	struct relay_figures relay = relay_figures(worker->relay);
	struct value *object = value_object();

	value_set_number(object, "received",
		(int64_t)(submission.accepted + receiving.accepted));
	value_set_number(object, "received_bytes",
		(int64_t)(submission.bytes + receiving.bytes));
	value_set_number(object, "refused", (int64_t)submission.refused);
	value_set_number(object, "gate_refused", (int64_t)submission.gate_refused);
	value_set_number(object, "gate_fixed", (int64_t)submission.gate_fixed);
	value_set_number(object, "gate_waited", (int64_t)submission.gate_waited);
	value_set_number(object, "suspicious", (int64_t)submission.suspicious);
	value_set_number(object, "brought", (int64_t)receiving.accepted);
	value_set_number(object, "brought_refused", (int64_t)receiving.refused);
	value_set_number(object, "returned", (int64_t)receiving.returned);
	for (int i = 0; i < RETURNS_OUTCOMES; i++)
		value_set_number(object, returns_outcome_name((enum returns_outcome)i),
			(int64_t)returns_count(
				worker->returns, (enum returns_outcome)i));
	value_set_number(object, "logins", (int64_t)submission.logins);
	value_set_number(object, "login_failures", (int64_t)submission.login_failures);
	value_set_number(object, "delivered", (int64_t)relay.delivered);
	value_set_number(object, "deferred", (int64_t)relay.deferred);
	value_set_number(object, "bounced", (int64_t)relay.bounced);
	value_set_number(object, "attempts", (int64_t)relay.attempts);
	value_set_number(object, "connects", (int64_t)relay.connects);
	value_set_number(object, "uncertain", (int64_t)relay.uncertain);
	value_set_number(object, "reused", (int64_t)relay.reused);
	value_set_number(object, "tls", (int64_t)relay.tls);
	value_set_number(object, "tls_resumed", (int64_t)relay.resumed);
	value_set(to, "totals", object);

	object = value_object();
	value_set_number(object, "connections", (int64_t)relay.connections);
	value_set_number(object, "idle", (int64_t)relay.idle);
	value_set_number(object, "sites", (int64_t)relay.sites);
	value_set_number(object, "down", (int64_t)relay.down);
	value_set_number(object, "waiting", (int64_t)relay.waiting);
	value_set(to, "relay", object);
}

static void add_queue(
	struct value *to, struct daemon_worker *worker, struct deadline deadline)
{
	struct queue_figures figures = queue_figures(worker->queue);
	struct value *object = value_object();
	uint64_t states[4] = {0};
	size_t none = 0;

	value_set_number(object, "shards", (int64_t)figures.shards);
	value_set_number(object, "recovering", (int64_t)figures.recovering);
	value_set_number(object, "active", (int64_t)figures.active);
	value_set_number(object, "active_bytes", (int64_t)figures.active_bytes);
	value_set_number(object, "committed", (int64_t)figures.committed);
	value_set_number(object, "commits", (int64_t)figures.commits);
	/* With Redis down the states cannot be told; the rest can. */
	if (queue_count(worker->queue, states, NULL, &none,
		    deadline_earlier(deadline, deadline_after_ms(REDIS_MS))))
		for (enum queue_state state = QUEUE_READY; state <= QUEUE_HELD; state++)
			value_set_number(object, queue_state_name(state),
				(int64_t)states[state]);
	else
		value_set_number(object, "uncounted", 1);
	value_set(to, "queue", object);
	value_set_number(to, "commit_us_longest", figures.commit_us_longest);
}

static void add_services(struct value *to, struct daemon_worker *worker)
{
	struct redis_figures redis = redis_figures(worker->redis);
	struct dns_figures dns = dns_figures(worker->dns);
	struct value *object = value_object();

	value_set_number(object, "calls", (int64_t)redis.calls);
	value_set_number(object, "errors", (int64_t)redis.errors);
	value_set_number(object, "reconnects", (int64_t)redis.reconnects);
	value_set_number(object, "workers_down", !redis_is_up(worker->redis));
	value_set(to, "redis", object);
	value_set_number(to, "redis_us_longest", redis.longest_us);

	object = value_object();
	value_set_number(object, "questions", (int64_t)dns.questions);
	value_set_number(object, "hits", (int64_t)dns.hits);
	value_set_number(object, "joined", (int64_t)dns.joined);
	value_set_number(object, "sent", (int64_t)dns.sent);
	value_set_number(object, "temporary", (int64_t)dns.temporary);
	value_set_number(object, "entries", (int64_t)dns.entries);
	value_set(to, "dns", object);
}

static void add_http(struct value *to, struct daemon_worker *worker)
{
	struct http_figures http = daemon_http_figures(worker->http);
	struct value *object = value_object();
	char name[] = "status_0xx";

	value_set_number(object, "connections", (int64_t)http.connections);
	value_set_number(object, "requests", (int64_t)http.requests);
	for (int i = 1; i < 6; i++) {
		name[sizeof("status_") - 1] = (char)('0' + i);
		value_set_number(object, name, (int64_t)http.by_class[i]);
	}
	value_set(to, "http", object);
}

static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct value *result = value_object();

	(void)request;
	add_worker(result, worker);
	add_mail(result, worker);
	add_queue(result, worker, deadline);
	add_services(result, worker);
	add_http(result, worker);
	*result_r = result;
	return true;
}

const struct fan_job admin_status_job = {look_here};

/* --- In worker 0 --- */

static struct value *sum_of(const struct value *results, const char *name)
{
	struct value *sum = value_object();

	for (size_t i = 0; i < value_count(results); i++)
		value_each(value_get(value_at(results, i), name), value_add_up, sum);
	return sum;
}

static int64_t most_of(const struct value *results, const char *name)
{
	int64_t most = 0;

	for (size_t i = 0; i < value_count(results); i++)
		if (value_get_number(value_at(results, i), name) > most)
			most = value_get_number(value_at(results, i), name);
	return most;
}

static int64_t redis_memory(struct redis *redis, struct deadline deadline)
{
	const struct slice argv[] = {SLICE("INFO"), SLICE("memory")};
	struct redis_reply *reply = NULL;
	struct slice text, key = SLICE("used_memory:");
	uint64_t bytes = 0;

	if (!redis_call(redis, 2, argv, &reply, deadline))
		return 0;
	text = redis_reply_text(reply);
	text = slice_from(text, slice_find(text, key) + key.size);
	slice_to_u64(slice_part(text, 0, slice_index(text, '\r')), &bytes);
	redis_reply_free(&reply);
	return (int64_t)bytes;
}

static void add_redis(
	struct admin_call *call, const struct value *results, struct deadline deadline)
{
	struct daemon *daemon = call->daemon;
	struct redis *redis = daemon->workers[0].redis;
	struct value *object = sum_of(results, "redis");

	value_set_truth(object, "embedded", daemon->embedded != NULL);
	value_set_text(object, "address", slice_of(daemon->redis_address));
	value_set_truth(object, "up", redis_is_up(redis));
	value_set_text(object, "trouble", slice_of(redis_trouble(redis)));
	value_set_number(object, "us_longest", most_of(results, "redis_us_longest"));
	value_set_number(object, "memory",
		redis_memory(redis,
			deadline_earlier(deadline, deadline_after_ms(REDIS_MS))));
	if (daemon->embedded) {
		struct embedded_figures figures = embedded_redis_figures(
			daemon->embedded);

		value_set_number(object, "pid", figures.pid);
		value_set_number(object, "starts", (int64_t)figures.starts);
		value_set_number(object, "repairs", (int64_t)figures.repairs);
		value_set_number(object, "bytes_lost_to_repair",
			(int64_t)figures.bytes_lost_to_repair);
	}
	value_set(call->answer, "redis", object);
}

static void add_spool(struct admin_call *call)
{
	struct spool *spool = queue_node_spool(call->daemon->queue_node);
	struct spool_figures figures;
	struct value *object;

	if (!spool)
		return;
	figures = spool_figures(spool);
	object = value_object();
	value_set_number(object, "segments", (int64_t)figures.segments);
	value_set_number(object, "spares", (int64_t)figures.spares);
	value_set_number(object, "bytes", (int64_t)figures.bytes);
	value_set_number(object, "bytes_alive", (int64_t)figures.bytes_alive);
	value_set_number(object, "recycled", (int64_t)figures.recycled);
	value_set_truth(object, "direct", figures.direct);
	value_set(call->answer, "spool", object);
}

static void add_process(struct admin_call *call)
{
	struct daemon *daemon = call->daemon;
	const struct config *config = daemon->world->config;
	struct queue *queue = daemon->workers[0].queue;
	struct value *listeners = value_list(), *answer = call->answer;
	bool accepts = queue_accepts(queue);

	value_set_text(answer, "version", slice_of(RINGPOST_VERSION));
	value_set_number(answer, "pid", getpid());
	value_set_text(answer, "hostname", slice_of(config->hostname));
	value_set_text(answer, "configuration", slice_of(config->path));
	value_set_text(answer, "state_directory", slice_of(config->state_directory));
	value_set_number(answer, "started_ms", daemon->started_ms);
	value_set_number(
		answer, "uptime_s", (clock_wall_ms() - daemon->started_ms) / 1000);
	value_set_truth(answer, "accepting", accepts);
	value_set_text(answer, "accepting_trouble",
		slice_of(accepts ? "" : failure_last()->text));
	value_set_number(answer, "reloads", daemon->reloads);
	value_set_text(answer, "restart_needed", buffer_contents(&daemon->later));
	value_set_text(answer, "reload_trouble", slice_of(daemon->reload_trouble));
	value_set_number(
		answer, "sessions", (int64_t)session_counts_total(daemon->counts));
	value_set_text(answer, "log", slice_of(config->log.file));
	value_set_number(answer, "log_dropped", (int64_t)event_dropped());
	for (size_t i = 0; i < config->listener_count; i++)
		value_append_text(listeners, slice_of(config->listeners[i].address));
	value_set(answer, "listeners", listeners);
}

static void add_sums(struct admin_call *call, const struct value *results)
{
	struct value *workers = value_list(), *totals = sum_of(results, "totals"),
		     *minute = value_object(), *queue = sum_of(results, "queue");
	uint64_t now[RATE_COUNT];

	for (size_t i = 0; i < value_count(results); i++)
		value_append(
			workers, value_copy(value_get(value_at(results, i), "worker")));
	for (enum rate rate = 0; rate < RATE_COUNT; rate++)
		now[rate] = (uint64_t)value_get_number(totals, rate_name(rate));
	rates_report(call->admin->rates, now, minute);
	value_set_number(
		queue, "commit_us_longest", most_of(results, "commit_us_longest"));
	value_set(call->answer, "workers", workers);
	value_set(call->answer, "totals", totals);
	value_set(call->answer, "last_minute", minute);
	value_set(call->answer, "queue", queue);
	value_set(call->answer, "relay", sum_of(results, "relay"));
	value_set(call->answer, "dns", sum_of(results, "dns"));
}

bool admin_status(struct admin_call *call, struct deadline deadline)
{
	struct value *results;

	if (!fan_out(call->daemon, &call->admin->fans, &admin_status_job, call->request,
		    &results, deadline))
		return false;
	add_process(call);
	add_sums(call, results);
	add_redis(call, results, deadline);
	add_spool(call);
	/* The workers of a process share them. */
	value_set(
		call->answer, "reactions", admin_reactions(&call->daemon->workers[0]));
	value_set(call->answer, "suppression", admin_suppression_value(call->daemon));
	value_set(call->answer, "events", admin_events_value(call->daemon));
	value_release(&results);
	return true;
}
