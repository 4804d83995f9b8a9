/*
 * The story of one delivery: an entry from the site's line, made fit for the
 * peer, sent, judged; and the next one's envelope right behind it.
 */
#include "base/memory.h"
#include "run/worker.h"

#include "relay/connection.h"

#define PREPARE_MS 60000 /* reading and converting a message */

void connection_put_back(struct connection *connection, struct job *job)
{
	struct site *site = connection->site;
	struct relay *relay = site->relay;
	struct entry *entry = job->entry;

	job_clear(job);
	if (relay->draining)
		outcome_put_back(relay, entry, entry->due_ms);
	else if (site->routes != relay->routes)
		destination_take(relay, entry);
	else if (site_is_down(site))
		outcome_put_back(relay, entry, site_backoff_ms(site));
	else
		site_put_back(site, entry);
}

static struct attempt attempt_of(
	const struct connection *connection, const struct job *job)
{
	const struct smtp_delivery *delivery = &job->delivery;

	return (struct attempt){
		.host = slice_of(connection->label),
		.facts = smtp_client_facts(connection->client),
		.connect_us = connection->messages > 1 ? 0 : connection->connect_us,
		.delivery_us = delivery->ended_us - delivery->began_us,
		.reused = connection->messages > 1,
		.uncertain = delivery->unknown,
		.peer_dsn = smtp_client_capabilities(connection->client)->dsn,
	};
}

/* The entry's verdicts are all there. */
static void settle(struct connection *connection, struct job *job)
{
	struct attempt attempt = attempt_of(connection, job);
	struct entry *entry = job->entry;

	job->entry = NULL; /* its verdicts are still needed */
	outcome_settle(connection->site->relay, connection->site, entry, job->verdicts,
		&attempt);
	job_clear(job);
}

/* How many more messages this connection may take. */
static bool has_room(const struct connection *connection, uint64_t more)
{
	const struct capabilities *peer = smtp_client_capabilities(connection->client);
	uint64_t ours = connection->site->terms.messages_per_connection;
	uint64_t after = connection->messages + more;

	return (ours == 0 || after <= ours) &&
	       (peer->mail_max == 0 || after <= peer->mail_max);
}

/* It then ends, but has carried some messages first. */
static bool is_wanted_elsewhere(const struct connection *connection)
{
	uint64_t some = connection->site->connection_count > 1 ? 10 : 100;

	return connection->messages && connection->messages % some == 0 &&
	       connection_is_wanted(connection);
}

static bool may_begin(const struct connection *connection, uint64_t more)
{
	const struct site *site = connection->site;

	return !connection->dismissed && !site->relay->draining &&
	       site->routes == site->relay->routes && has_room(connection, more) &&
	       !is_wanted_elsewhere(connection);
}

static struct job *free_job(struct connection *connection)
{
	return connection->jobs[0].entry ? &connection->jobs[1] : &connection->jobs[0];
}

/* A message whose envelope may travel behind the content of the present one. */
static struct smtp_delivery *take_ahead(void *context)
{
	struct connection *connection = context;
	struct site *site = connection->site;
	struct entry *first = LIST_FIRST(&site->waiting, struct entry, link);

	if (!first || !may_begin(connection, 2) ||
		!job_is_simple(first, smtp_client_capabilities(connection->client)) ||
		first->message->envelope.expires_ms <= worker_wall_ms())
		return NULL;
	first = site_take(site);
	if (!first)
		return NULL;
	connection->ahead = free_job(connection);
	job_begin(connection->ahead, first);
	return &connection->ahead->delivery;
}

/* Whether what broke is nobody's failure: a warm connection that turned out to
 * be closed, before a word was said about this message. */
static bool was_closed_idle(const struct connection *connection, const struct job *job)
{
	const struct smtp_delivery *delivery = &job->delivery;
	enum failure_kind kind = delivery->failure.kind;

	if (connection->messages == 0 || job->transactions > 1)
		return false;
	if (!delivery->answered)
		return kind == FAILURE_CLOSED || kind == FAILURE_NETWORK ||
		       kind == FAILURE_TLS;
	/* "421 too many messages on this connection" */
	return delivery->recipient_count && delivery->answers[0].reply.code == 421 &&
	       delivery->answers[0].stage == STAGE_MAIL;
}

static void judge_host(struct connection *connection, const struct job *job)
{
	struct slice host = slice_of(connection->label);

	for (size_t i = 0; i < job->entry->recipient_count; i++) {
		if (!job->verdicts[i].host_trouble)
			continue;
		site_troubled(connection->site, &job->verdicts[i], host);
		return;
	}
	site_worked(connection->site);
}

static void drop_ahead(struct connection *connection)
{
	struct job *ahead = connection->ahead;

	connection->ahead = NULL;
	if (ahead)
		connection_put_back(connection, ahead);
}

/* True: the connection may be used again. */
static bool deliver(struct connection *connection, struct job *job)
{
	struct smtp_client *client = connection->client;
	const struct capabilities *peer = smtp_client_capabilities(client);
	bool good;

	do {
		good = smtp_client_deliver(
			client, &job->delivery, take_ahead, connection);
		if (was_closed_idle(connection, job)) {
			drop_ahead(connection);
			connection_put_back(connection, job);
			return false;
		}
		job_judge(job);
	} while (good && !connection->ahead && smtp_client_may_go_on(client) &&
		 job_continue(job, peer));
	connection->messages++;
	if (connection->messages > 1)
		connection->site->relay->figures.reused++;
	if (job->delivery.failure.kind == FAILURE_CANCELLED && !job->delivery.unknown &&
		job->transactions == 1) {
		drop_ahead(connection);
		connection_put_back(connection, job);
		return false;
	}
	judge_host(connection, job);
	settle(connection, job);
	if (smtp_client_may_go_on(client))
		return true;
	drop_ahead(connection);
	return false;
}

/* The next job that has something to send; NULL: there is none. */
static struct job *next_job(struct connection *connection)
{
	struct site *site = connection->site;
	struct job *job = connection->ahead;
	struct entry *entry;

	connection->ahead = NULL;
	if (job)
		return job;
	job = free_job(connection);
	while ((entry = site_take(site))) {
		connection_came(connection);
		if (outcome_expire(site->relay, entry))
			continue;
		if (job_prepare(job, entry,
			    smtp_client_capabilities(connection->client), site->relay,
			    deadline_after_ms(PREPARE_MS)))
			return job;
		settle(connection, job);
	}
	return NULL;
}

bool connection_deliver_next(struct connection *connection, bool *idle_r)
{
	struct job *job;

	*idle_r = false;
	if (!connection->ahead && (!smtp_client_is_usable(connection->client) ||
					  !may_begin(connection, 1)))
		return false;
	job = next_job(connection);
	*idle_r = !job;
	return !job || deliver(connection, job);
}
