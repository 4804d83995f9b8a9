/*
 * A worker's life: its parts opened from the bottom up, served with, and
 * closed from the top down.
 *
 * At the end nothing is waited for without a limit: sessions are told 421,
 * deliveries end or are put back, the queue settles what is pending. What does
 * not make it in time is safe in the queue.
 */
#include "daemon/worker.h"

#include "base/event.h"
#include "base/memory.h"
#include "manage/keeper.h"
#include "run/ring.h"
#include "serve/smtp_server.h"
#include "traces/traces.h"
#include "transcript/watch.h"

#include "daemon/domains.h"
#include "daemon/events.h"
#include "daemon/http.h"
#include "daemon/log.h"
#include "daemon/sign.h"

#define CLOSE_MS	5000
#define NOTES_MS	2000 /* for Redis to take what was noted */
#define TRACES_MS	1000 /* for a collector to take the last spans */
#define ACCEPTS_POLL_MS 20

static void smtp_session(void *context, const struct session_start *start)
{
	struct daemon_worker *worker = context;
	bool receives = start->listener->role == CONFIG_ROLE_RECEIVE;
	struct smtp_server_options options = {
		.stream = start->stream,
		.config = start->config,
		.listener = start->listener,
		.tls = start->tls,
		.policy = receives ? &receiving_policy : &submission_policy,
		.policy_context = receives ? (void *)worker->receiving
					   : (void *)worker->submission,
		.stopping = start->stopping,
		.resting = start->resting,
		.moved = session_moved,
		.moved_context = start,
	};

	smtp_server_run(&options,
		deadline_after_ms(smtp_limits_of(start->config, start->listener->role)
					  .session_timeout_ms));
}

static void run_session(void *context, const struct session_start *start)
{
	struct daemon_worker *worker = context;

	if (config_role_is_pickup(start->listener->role))
		daemon_serve_pickup(context, start);
	else if (start->listener->role == CONFIG_ROLE_HTTP)
		daemon_http_session(worker->http, start);
	else
		smtp_session(context, start);
}

static bool open_dns(struct daemon_worker *worker)
{
	const struct config_dns *dns = &worker->world->config->dns;
	struct dns_options options = {
		.servers = (const char *const *)dns->servers.at,
		.server_count = dns->servers.count,
		.timeout_ms = dns->timeout_ms,
		.cache_entries = dns->cache_entries,
		.trusted = &dns->trusted,
	};

	worker->dns = dns_create(&options);
	return worker->dns != NULL;
}

/* What is suspended, and what signs, has to be known before anything is taken. */
static bool prepare(struct redis *redis, void *context, struct deadline deadline)
{
	struct daemon_worker *worker = context;
	const struct config *config = worker->world->config;

	daemon_begin_webhooks(worker, redis, deadline);
	return queue_prepare(redis, worker->daemon->queue_node, deadline) &&
	       (!(config->bounces.domain_count || config->bounces.complaints_to ||
			config->unsubscribe.url) ||
		       verp_keeper_load(worker->verp, redis, deadline)) &&
	       (!worker->relay ||
		       relay_load_suspensions(worker->relay, redis, deadline));
}

static void use_secret(struct daemon_worker *worker)
{
	const struct world *world = worker->world;

	verp_keeper_use(worker->verp,
		world->config->bounces.secret_file ? &world->verp : NULL, worker->redis,
		&worker->scope);
	/* It begins to ask, where a reload makes it needed. */
	if (world->config->unsubscribe.url)
		verp_keeper_secret(worker->verp);
}

static bool open_queue(struct daemon_worker *worker)
{
	struct daemon *daemon = worker->daemon;
	const struct config *config = worker->world->config;
	struct redis_options options = {
		.address = daemon->redis_address,
		.user = daemon->embedded ? NULL : config->queue.user,
		.password = daemon->redis_password,
		.ca_file = config->queue.ca_file,
		.timeout_ms = 30000,
		.prepare = prepare,
		.context = worker,
	};

	worker->verp = verp_keeper_create();
	worker->refusals = refusals_create();
	worker->redis = redis_open(&options, &worker->scope);
	use_secret(worker);
	if (worker->redis && daemon_open_events(worker))
		worker->queue = queue_open(daemon->queue_node, config, worker->redis);
	return worker->queue != NULL;
}

/* One worker does it for all. */
static bool follow_suppression(struct daemon_worker *worker)
{
	return worker->index > 0 ||
	       suppression_start(worker->daemon->suppression, worker->redis,
		       worker->world->config->suppression.entries,
		       worker->daemon->embedded != NULL, &worker->scope);
}

static struct returns *create_returns(struct daemon_worker *worker)
{
	struct returns_options options = {
		.config = worker->world->config,
		.classifier = worker->world->classifier,
		.redis = worker->redis,
		.suppression = worker->daemon->suppression,
		.verp = worker->verp,
		.refusals = worker->refusals,
		.listener = daemon_outcomes(worker),
	};

	return returns_create(&options);
}

static bool open_parts(struct daemon_worker *worker)
{
	struct daemon *daemon = worker->daemon;
	struct relay_options relay = {
		.node = daemon->relay_node,
		.config = worker->world->config,
		.shaping = worker->world->shaping,
		.classifier = worker->world->classifier,
		.tls = worker->world->tls_client,
		.sign = daemon_sign,
		.sign_context = worker,
	};

	if (!open_dns(worker))
		return false;
	worker->traces = traces_open(worker->world->config, worker->dns);
	if (!open_queue(worker) || !follow_suppression(worker))
		return false;
	relay.queue = worker->queue;
	relay.redis = worker->redis;
	relay.verp = worker->verp;
	relay.suppression = daemon->suppression;
	relay.refusals = worker->refusals;
	relay.dns = worker->dns;
	worker->accounts = accounts_open(daemon->logins, worker->redis, worker->dns);
	relay.local = daemon_open_delivery(worker);
	relay.listener = daemon_outcomes(worker);
	worker->relay = relay_open(&relay);
	if (!worker->relay)
		return false;
	worker->submission = submission_open(daemon->submission_node, worker->accounts,
		worker->world->config, worker->world->keyring, worker->queue,
		worker->dns);
	worker->returns = create_returns(worker);
	submission_use_suppression(worker->submission, daemon->suppression);
	submission_use_verp(worker->submission, worker->verp);
	worker->receiving = daemon_open_receiving(worker);
	worker->http = daemon_http_open(worker);
	worker->listeners = listeners_open(
		worker->index, daemon->counts, &worker->sessions, run_session, worker);
	if (!domains_follow(worker))
		return false;
	return listeners_reload(worker->listeners, daemon->sockets,
		worker->world->config, worker->world->tls_server);
}

/* Counts the worker once it can take mail, so that nobody hears 452 of a server
 * that said it is ready. */
static void count_accepting(void *arg)
{
	struct daemon_worker *worker = arg;

	/* Once it stops, the queue may be closed at any wait. */
	while (!worker->stopping && !queue_accepts(worker->queue))
		if (!fiber_sleep(deadline_after_ms(ACCEPTS_POLL_MS)))
			return;
	if (!worker->stopping)
		atomic_fetch_add(&worker->daemon->accepting, 1);
}

bool daemon_worker_reload(
	struct daemon_worker *worker, struct world *world, struct sockets *sockets)
{
	world_hold(world);
	world_release(&worker->world);
	worker->world = world;
	use_secret(worker);
	daemon_reload_events(worker);
	traces_reload(worker->traces, world->config);
	submission_reload(worker->submission, world->config, world->keyring);
	delivery_reload(worker->delivery, world->config, world->rules);
	if (worker->keeper)
		keeper_reload(worker->keeper, world->config);
	returns_reload(worker->returns, world->config, world->classifier);
	receiving_reload(worker->receiving, world->config, world->keyring);
	relay_reload(worker->relay, world->config, world->shaping, world->classifier,
		world->tls_client);
	return listeners_reload(
		worker->listeners, sockets, world->config, world->tls_server);
}

void daemon_worker_rekey(struct daemon_worker *worker, struct world *world)
{
	if (worker->stopping || worker->ended || !worker->submission)
		return;
	world_hold(world);
	world_release(&worker->world);
	worker->world = world;
	submission_reload(worker->submission, world->config, world->keyring);
	receiving_reload(worker->receiving, world->config, world->keyring);
}

/*
 * From the top down. Of the time there is, half is the sessions', a quarter the
 * deliveries'; the queue has the rest to settle what they left.
 */
static void close_parts(struct daemon_worker *worker)
{
	struct deadline end = worker->daemon->ending;
	int64_t left = deadline_left_ms(end);

	if (worker->listeners)
		listeners_stop(worker->listeners);
	scope_finish(&worker->asked, deadline_after_ms(0));
	keeper_close(&worker->keeper);
	scope_finish(&worker->sessions, deadline_after_ms(left / 2));
	if (worker->relay)
		relay_drain(worker->relay, deadline_after_ms(left / 4));
	listeners_close(&worker->listeners, end);
	daemon_http_close(&worker->http, end);
	receiving_close(&worker->receiving);
	returns_destroy(&worker->returns);
	submission_close(&worker->submission);
	accounts_close(&worker->accounts);
	relay_close(&worker->relay);
	daemon_close_delivery(worker);
	if (worker->index == 0)
		suppression_stop(worker->daemon->suppression,
			deadline_earlier(end, deadline_after_ms(NOTES_MS)));
	queue_close(&worker->queue, end);
	daemon_close_events(worker, end);
	traces_close(
		&worker->traces, deadline_earlier(end, deadline_after_ms(TRACES_MS)));
	scope_finish(&worker->scope, deadline_after_ms(0));
	daemon_destroy_events(worker);
	redis_close(&worker->redis);
	transcript_stop();
	verp_keeper_destroy(&worker->verp);
	refusals_destroy(&worker->refusals);
	dns_destroy(&worker->dns);
}

void daemon_worker_run(void *arg)
{
	struct daemon_worker *worker = arg;
	struct log_writer *log = log_writer_open();

	scope_init(&worker->scope);
	scope_init(&worker->sessions);
	scope_init(&worker->asked);
	worker->world = world_hold(worker->daemon->world);
	worker->open = open_parts(worker);
	if (worker->open)
		worker->open = scope_spawn(
			&worker->scope, "accepting", count_accepting, worker);
	if (!worker->open) {
		event_note(EVENT_ERROR, "worker_failed", "%s", failure_last()->text);
		daemon_fail(worker->daemon);
	}
	while (worker->open && !worker->stopping)
		condition_wait(&worker->stop, deadline_none());
	worker->stopping = true;
	close_parts(worker);
	world_release(&worker->world);
	log_writer_close(&log, deadline_after_ms(CLOSE_MS));
	worker->ended = true;
	atomic_fetch_sub(&worker->daemon->running, 1);
}
