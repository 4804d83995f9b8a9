/*
 * The life of a connection: its fiber, its idleness, and the counts that limit
 * how many there are.
 */
#include "relay/connection.h"

#include <assert.h>

#include "base/event.h"
#include "base/memory.h"
#include "run/worker.h"

#include "relay/site_react.h"

#define FAREWELL_MS   2000    /* for QUIT */
#define SHORT_US      1000000 /* so long no new one, out of descriptors */
#define SHORT_TOLD_US (60 * INT64_C(1000000))

static void leave_idle(struct connection *connection)
{
	if (!link_is_linked(&connection->idle_link))
		return;
	list_remove(&connection->idle_link);
	list_remove(&connection->any_idle_link);
	connection->site->idle_count--;
}

static void end_coming(struct connection *connection)
{
	if (connection->coming)
		connection->site->coming--;
	connection->coming = false;
}

void connection_came(struct connection *connection)
{
	if (!connection->coming)
		return;
	end_coming(connection);
	site_serve(connection->site);
}

/* Called or dismissed: takes it out of its idleness. */
static void wake(struct connection *connection)
{
	leave_idle(connection);
	fiber_hurry(connection->fiber);
}

bool connection_call(struct site *site)
{
	/* The one idle for the shortest time: the others may then end. */
	struct connection *connection;

	if (list_is_empty(&site->idle))
		return false;
	connection = CONTAINER_OF(
		site->idle.head.previous, struct connection, idle_link);
	connection->coming = true;
	site->coming++;
	wake(connection);
	return true;
}

static void dismiss(struct connection *connection)
{
	connection->dismissed = true;
	wake(connection);
}

bool connection_dismiss_one(struct site *site)
{
	struct connection *idle = LIST_FIRST(&site->idle, struct connection, idle_link);

	if (idle)
		dismiss(idle);
	return idle != NULL;
}

bool connection_make_room(struct relay *relay)
{
	struct connection *oldest = LIST_FIRST(
		&relay->idle, struct connection, any_idle_link);

	if (oldest)
		dismiss(oldest);
	return oldest != NULL;
}

void connection_dismiss_idle(struct relay *relay)
{
	while (connection_make_room(relay))
		continue;
}

void connection_dismiss_opening(struct site *site)
{
	LIST_EACH (&site->connections, link) {
		struct connection *connection = CONTAINER_OF(
			link, struct connection, link);

		connection->dismissed = true;
		if (!connection->client && connection->fiber)
			fiber_cancel(connection->fiber);
	}
}

void connection_dismiss_all(struct site *site)
{
	connection_dismiss_opening(site);
	LIST_EACH_SAFE (&site->idle, link)
		dismiss(CONTAINER_OF(link, struct connection, idle_link));
}

bool connection_should_yield(struct connection *connection)
{
	struct site *site = connection->site;
	bool idle = link_is_linked(&connection->idle_link) && site->waiting_count == 0;

	if (!connection->yields_to)
		connection->yields_to = limits_yield(&site->limits, idle);
	return connection->yields_to != NULL;
}

void connection_yield_idle(void *arg)
{
	struct relay *relay = arg;

	LIST_EACH_SAFE (&relay->idle, link) {
		struct connection *connection = CONTAINER_OF(
			link, struct connection, any_idle_link);

		if (connection_should_yield(connection))
			dismiss(connection);
	}
}

/* True: there is something to do again. */
static bool be_idle(struct connection *connection)
{
	struct site *site = connection->site;
	struct deadline end = deadline_after_ms(site->terms.rule.idle_ms);
	bool called;

	if (deadline_has_passed(end) || connection->dismissed)
		return false;
	list_append(&site->idle, &connection->idle_link);
	list_append(&site->relay->idle, &connection->any_idle_link);
	site->idle_count++;
	if (!connection_should_yield(connection))
		smtp_client_idle(connection->client, end);
	else
		connection->dismissed = true;
	called = connection->coming;
	leave_idle(connection);
	return called && !connection->dismissed;
}

static void converse(struct connection *connection)
{
	bool idle;

	while (connection_deliver_next(connection, &idle)) {
		if (!idle)
			continue;
		end_coming(connection);
		site_serve(connection->site); /* the rate may be what holds it */
		if (!be_idle(connection))
			return;
	}
}

static void finish_jobs(struct connection *connection)
{
	struct link *link;

	while ((link = list_take(&connection->spare))) {
		struct job *job = CONTAINER_OF(link, struct job, link);

		job_finish(job);
		memory_free(job);
	}
}

static void end(struct connection *connection)
{
	struct site *site = connection->site;
	struct relay *relay = site->relay;

	assert(!connection->ahead && list_is_empty(&connection->flight));
	list_remove(&connection->link);
	end_coming(connection);
	site->connection_count--;
	relay->connections--;
	limits_disconnect(&site->limits);
	limits_yielded(&connection->yields_to);
	if (connection->messages)
		site_hear_carried(site, connection->messages);
	finish_jobs(connection);
	arena_finish(&connection->arena);
	memory_free(connection);
	site_serve(site);
	site_release(&site);
}

/* A connection that ended before it carried anything, while mail waits, would
 * be made again at once, and again. */
static void judge_useless(struct connection *connection)
{
	struct site *site = connection->site;
	struct failure failure = {FAILURE_PROTOCOL,
		"the server hung up or spoke out of turn before the first message"};
	struct verdict verdict;

	if (connection->messages || connection->dismissed || site->waiting_count == 0 ||
		smtp_client_is_usable(connection->client))
		return;
	verdict = verdict_of_failure(STAGE_MAIL, &failure, &connection->arena);
	site_troubled(site, &verdict, slice_of(connection->label));
}

bool connection_is_short(const struct verdict *verdict)
{
	return verdict->stage == STAGE_CONNECT && !verdict->host_trouble &&
	       !verdict->reply.code;
}

/* Descriptors or memory are short: no site is worse for it. What waits goes on
 * waiting, connections in use bring it further, and an idle one makes room. */
static void run_short(struct relay *relay, const struct verdict *verdict)
{
	int64_t now_us = worker_now_us();
	struct event event;

	relay->short_until_us = now_us + SHORT_US;
	connection_make_room(relay);
	if (relay->short_told_us && now_us - relay->short_told_us < SHORT_TOLD_US)
		return;
	relay->short_told_us = now_us;
	event_begin(&event, EVENT_WARNING, "connect_short");
	event_text(&event, "reason", verdict->reason);
	event_end(&event);
}

static void connection_run(void *arg)
{
	struct connection *connection = arg;
	struct verdict verdict = {.kind = VERDICT_NONE};

	connection->fiber = fiber_self();
	if (connection->dismissed) {
		end(connection);
		return;
	}
	if (connection_open(connection, &verdict)) {
		converse(connection);
		judge_useless(connection);
		smtp_client_close(&connection->client, deadline_after_ms(FAREWELL_MS));
	} else if (verdict.kind != VERDICT_NONE && !fiber_is_cancelled()) {
		if (connection_is_short(&verdict))
			run_short(connection->site->relay, &verdict);
		else if (connection->fault == FAULT_SOURCE)
			site_hand_over(connection->site);
		else if (connection->fault == FAULT_FAMILY)
			site_unfit(connection->site, &verdict);
		else
			site_failed(connection->site, &verdict,
				slice_of(connection->label), connection->steps);
	}
	end(connection);
}

/* Counts one more; false at a limit, and the site is served again when there
 * may be room. */
static bool count_in(struct site *site)
{
	int64_t now_us = worker_now_us();
	struct limit_refusal refusal;

	if (!ceiling_allows(&site->ceiling, site->connection_count, now_us) ||
		site->relay->short_until_us > now_us ||
		(site->failures && site->connection_count))
		return false;
	if (limits_connect(&site->limits, now_us, &refusal)) {
		if (site->limits.waiter.connection)
			limits_wait_end(&site->limits);
		return true;
	}
	site_await_connection(site, &refusal);
	return false;
}

bool connection_start(struct site *site)
{
	struct relay *relay = site->relay;
	struct connection *connection;

	if (!count_in(site))
		return false;
	connection = NEW(struct connection);
	connection->site = site;
	list_init(&connection->flight);
	list_init(&connection->spare);
	if (!scope_spawn(
		    &relay->scope, "relay-connection", connection_run, connection)) {
		limits_connect_undo(&site->limits, worker_now_us());
		memory_free(connection);
		return false;
	}
	list_append(&site->connections, &connection->link);
	site->holders++;
	site->connection_count++;
	site->coming++;
	relay->connections++;
	connection->coming = true;
	return true;
}
