/*
 * The story of several deliveries over one connection: sent one behind the
 * other, answered one after the other, each settled by its own answers.
 *
 * When the connection breaks, the oldest without an answer is what it broke on,
 * and is judged by that; those behind it go back to the front of the line, in
 * order. What was sent of those may have been taken all the same (`uncertain`).
 */
#include "run/worker.h"

#include "relay/connection.h"

/* How many more may be begun: as many as the site takes, but no more than an
 * even share when others are about to come for what waits. */
static size_t share(struct connection *connection)
{
	struct site *site = connection->site;
	size_t most = site_ahead(site), room;
	size_t even = site->waiting_count / (site->coming + 1);

	room = most > connection->in_flight ? most - connection->in_flight : 0;
	return room < even ? room : even;
}

static void begin(struct connection *connection, struct job *job)
{
	if (smtp_client_begin(connection->client, &job->delivery)) {
		list_append(&connection->flight, &job->link);
		connection->in_flight++;
		return;
	}
	/* Its body could not be read. */
	job_judge(job);
	connection_conclude(connection, job);
}

/* The next in line, if it needs no preparation and no waiting. */
static bool begin_next(struct connection *connection)
{
	const struct smtp_client *client = connection->client;
	struct site *site = connection->site;
	struct entry *first = site_first(site);
	struct job *job;

	if (!first || !connection_may_begin(connection, connection->in_flight + 1) ||
		!smtp_client_has_room(client) ||
		!job_is_simple(site, first, smtp_client_capabilities(client)) ||
		!smtp_client_may_overlap(client, body_size(first->message->body)))
		return false;
	first = site_take_this(site, first);
	if (!first)
		return false;
	if (outcome_expire(site->relay, first)) {
		site_give_back(site, worker_now_us());
		return true;
	}
	job = connection_spare_job(connection);
	job_begin(job, site, first);
	begin(connection, job);
	return true;
}

static void refill(void *context)
{
	struct connection *connection = context;

	for (size_t left = share(connection); left && begin_next(connection); left--)
		continue;
}

static struct job *take_oldest(struct connection *connection)
{
	connection->in_flight--;
	return CONTAINER_OF(list_take(&connection->flight), struct job, link);
}

/* Whether the peer may have been confused by several in flight, or leaves those
 * behind the first without an answer. */
static void learn(struct connection *connection, const struct smtp_delivery *broken)
{
	enum failure_kind kind = broken->failure.kind;
	const char *reason = broken->failure.text;

	if (connection->in_flight == 0 && (!broken->behind || kind == FAILURE_NONE))
		return;
	if (kind == FAILURE_NONE)
		reason = "421 with several messages in flight";
	else if (kind != FAILURE_PROTOCOL && kind != FAILURE_CLOSED &&
		 kind != FAILURE_NETWORK && kind != FAILURE_TLS &&
		 kind != FAILURE_TIMEOUT)
		return;
	site_lower_ahead(connection->site, 1, reason);
}

/* All that are behind the one that broke, the last one first, so that the line
 * is as it was. */
static void abandon(struct connection *connection)
{
	struct smtp_client *client = connection->client;

	LIST_EACH (&connection->flight, link)
		smtp_client_abandon(
			client, &CONTAINER_OF(link, struct job, link)->delivery);
	while (connection->in_flight) {
		struct link *last = connection->flight.head.previous;
		struct job *job = CONTAINER_OF(last, struct job, link);

		list_remove(last);
		connection->in_flight--;
		if (job->transactions == 1) {
			connection_put_back(connection, job);
			continue;
		}
		/* Some of its recipients are settled, so it has to be, too. */
		job_judge(job);
		connection_conclude(connection, job);
	}
}

/* The oldest is answered, or broke. */
static void end_oldest(struct connection *connection)
{
	struct smtp_client *client = connection->client;
	const struct capabilities *peer = smtp_client_capabilities(client);
	struct job *job = LIST_FIRST(&connection->flight, struct job, link);
	bool more = job_has_more(job);
	bool good = smtp_client_await(client, &job->delivery, refill, connection);

	take_oldest(connection);
	job_judge(job);
	if (good && smtp_client_may_go_on(client)) {
		if (connection_may_continue(
			    connection, job, more, deadline_after_ms(PACE_MS)) &&
			job_continue(job, peer))
			begin(connection, job);
		else
			connection_conclude(connection, job);
		return;
	}
	learn(connection, &job->delivery);
	connection_conclude(connection, job);
	abandon(connection);
}

bool connection_deliver_flight(struct connection *connection, struct job *job)
{
	begin(connection, job);
	while (connection->in_flight)
		end_oldest(connection);
	return smtp_client_may_go_on(connection->client);
}
