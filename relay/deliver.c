/*
 * The story of one delivery: an entry from the site's line, made fit for the
 * peer, sent, judged; and the next one's envelope right behind it.
 */
#include "base/memory.h"
#include "run/worker.h"

#include "relay/connection.h"
#include "relay/site_react.h"
#include "relay/destination.h"
#include "relay/entry_limits.h"

#define PREPARE_MS    60000 /* reading and converting a message */
#define PACE_LEAST_US 5000
#define CUT_US	      1000000 /* so soon after an answer it is no idleness */

static struct attempt attempt_of(
	const struct connection *connection, const struct job *job)
{
	const struct smtp_delivery *delivery = &job->delivery;

	return (struct attempt){
		.host = slice_of(connection->label),
		.source = connection->site->source->name,
		.facts = smtp_client_facts(connection->client),
		.tls = &connection->tls,
		.connect_us = connection->messages > 1 ? 0 : connection->connect_us,
		.delivery_us = delivery->ended_us - delivery->began_us,
		.began_us = delivery->began_us,
		.connecting = connection->messages > 1 ? NULL : connection->steps,
		.steps = delivery->steps,
		.reused = connection->messages > 1,
		.uncertain = delivery->unknown,
		/* Of what goes out as ours, they are for us. */
		.peer_dsn = smtp_client_capabilities(connection->client)->dsn &&
			    !delivery->sender.at,
		.peer_deliver_by =
			smtp_client_capabilities(connection->client)->deliver_by,
	};
}

struct job *connection_spare_job(struct connection *connection)
{
	struct link *link = list_take(&connection->spare);

	return link ? CONTAINER_OF(link, struct job, link) : NEW(struct job);
}

/* The entry's verdicts are all there. */
static void settle(struct connection *connection, struct job *job, bool too_fast)
{
	struct attempt attempt = attempt_of(connection, job);
	struct entry *entry = job->entry;

	attempt.too_fast = too_fast;
	job->entry = NULL; /* its verdicts are still needed */
	outcome_settle(connection->site->relay, connection->site, entry, job->verdicts,
		&attempt);
	job_clear(job);
	list_append(&connection->spare, &job->link);
}

/* All of it was sent, and nobody knows what became of it; a refused MAIL says. */
static bool is_uncertain(const struct smtp_delivery *delivery)
{
	const struct smtp_answer *first = delivery->answers;

	return delivery->unknown &&
	       !(delivery->recipient_count && first[0].stage == STAGE_MAIL &&
		       first[0].reply.code >= 400);
}

void connection_put_back(struct connection *connection, struct job *job)
{
	struct site *site = connection->site;
	struct relay *relay = site->relay;
	struct entry *entry = job->entry;

	if (is_uncertain(&job->delivery))
		outcome_uncertain(relay, entry, slice_of(connection->label),
			&job->delivery.failure);
	else
		site_give_back(site, job->taken_us);
	entry_limits_end(entry, job->delivery.unknown);
	job_clear(job);
	list_append(&connection->spare, &job->link);
	if (relay->draining)
		outcome_put_back(relay, entry, entry->due_ms);
	else if (site->routes != relay->routes)
		destination_take(relay, entry);
	else if (site_is_down(site))
		site_put_off(site, entry);
	else
		site_put_back(site, entry);
}

/* How many more messages this connection may take. */
static bool has_room(const struct connection *connection, uint64_t more)
{
	const struct capabilities *peer = smtp_client_capabilities(connection->client);
	uint64_t ours = connection->site->terms.messages_per_connection;
	uint64_t after = connection->messages + more;
	uint64_t stint = site_stint(connection->site);

	return (ours == 0 || after <= ours) && (stint == 0 || after <= stint) &&
	       (peer->mail_max == 0 || after <= peer->mail_max);
}

/* Now and then it looks whether others want its place: then it ends. */
static bool is_wanted_elsewhere(struct connection *connection)
{
	uint64_t some = connection->site->connection_count > 1 ? 10 : 100;

	if (connection->messages < connection->looked_at + some)
		return false;
	connection->looked_at = connection->messages;
	connection->dismissed = connection_should_yield(connection);
	return connection->dismissed;
}

bool connection_may_begin(struct connection *connection, uint64_t more)
{
	const struct site *site = connection->site;

	/* What its certificate was checked by holds no longer: another is made. */
	if (connection->tls_until_us <= worker_now_us() ||
		!connection_is_for_all(connection))
		return false;
	return !connection->dismissed && !site->relay->draining &&
	       site->routes == site->relay->routes && has_room(connection, more) &&
	       !is_wanted_elsewhere(connection);
}

/* A message whose envelope may travel behind the content of the present one. */
static struct smtp_delivery *take_ahead(void *context)
{
	struct connection *connection = context;
	struct site *site = connection->site;
	struct entry *first = site_first(site);

	if (!first || site_ahead(site) == 0 || !connection_may_begin(connection, 2) ||
		!job_is_simple(
			site, first, smtp_client_capabilities(connection->client)) ||
		first->message->envelope.expires_ms <= worker_wall_ms())
		return NULL;
	first = site_take_this(site, first);
	if (!first)
		return NULL;
	connection->ahead = connection_spare_job(connection);
	job_begin(connection->ahead, site, first);
	return &connection->ahead->delivery;
}

/*
 * Whether what broke is nobody's failure: a warm connection that turned out to
 * be closed, before a word was said about this message; or we confused the peer
 * by sending it several, one of which is this. It is not tried so again, for
 * then the site gets one at a time.
 */
static bool is_nobodys_failure(
	const struct connection *connection, const struct job *job)
{
	const struct smtp_delivery *delivery = &job->delivery;
	enum failure_kind kind = delivery->failure.kind;

	if (job->transactions > 1)
		return false;
	if (kind == FAILURE_CANCELLED)
		return !delivery->unknown;
	if (delivery->behind && kind == FAILURE_PROTOCOL)
		return true;
	if (connection->messages == 0)
		return false;
	if (!delivery->answered)
		return kind == FAILURE_CLOSED || kind == FAILURE_NETWORK ||
		       kind == FAILURE_TLS;
	/* "421 too many messages on this connection" */
	return delivery->recipient_count && delivery->answers[0].reply.code == 421 &&
	       delivery->answers[0].stage == STAGE_MAIL;
}

/*
 * What it answered, to those who react; true: it was about how we send, which is
 * no trouble of the host's. BROKEN: on a warm connection, which then ended in the
 * middle of its work.
 */
static bool hear(struct connection *connection, const struct job *job, bool broken)
{
	const struct smtp_delivery *delivery = &job->delivery;
	struct site *site = connection->site;
	const struct verdict *last = NULL;
	bool taken = false, heard = false;

	for (size_t i = 0; i < job->entry->recipient_count; i++) {
		const struct verdict *verdict = &job->verdicts[i];

		taken = taken || verdict->kind == VERDICT_DELIVERED;
		/* Most say the same. */
		if (verdict->reply.code < 400 ||
			(last && slice_equal(last->reply.text, verdict->reply.text)))
			continue;
		last = verdict;
		heard = site_hear(site, job->entry, verdict, delivery->began_us,
				slice_of(connection->label)) ||
			heard;
	}
	if (taken)
		site_hear_accepted(site, delivery->began_us);
	if (broken && !heard && !connection->dismissed &&
		worker_now_us() - connection->answered_us < CUT_US)
		site_hear_cut(site, connection->messages);
	return heard;
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

void connection_conclude(struct connection *connection, struct job *job)
{
	bool broken = is_nobodys_failure(connection, job);
	bool heard = hear(connection, job, broken && connection->messages);

	if (broken) {
		connection_put_back(connection, job);
		return;
	}
	connection->messages += sender_is_shared(&job->sender) ? 1 : job->transactions;
	entry_limits_end(job->entry, true);
	tls_account_count(connection, job->entry->domain);
	connection->answered_us = worker_now_us();
	if (connection->messages > 1)
		connection->site->relay->figures.reused++;
	if (!heard)
		judge_host(connection, job);
	settle(connection, job, heard && site_is_paced(connection->site));
}

static void drop_ahead(struct connection *connection)
{
	struct job *ahead = connection->ahead;

	connection->ahead = NULL;
	if (ahead)
		connection_put_back(connection, ahead);
}

/* One message more, as the site's limits have it. */
static bool take_another(struct site *site, struct deadline deadline)
{
	struct limit_refusal refusal;
	int64_t wait_us;

	for (;;) {
		if (limits_take(&site->limits, worker_now_us(), &refusal))
			return true;
		wait_us = refusal.wait_us < PACE_LEAST_US ? PACE_LEAST_US
							  : refusal.wait_us;
		if (wait_us / 1000 >= deadline_left_ms(deadline) ||
			!fiber_sleep(deadline_after_ms(wait_us / 1000)))
			return false;
	}
}

bool connection_may_continue(struct connection *connection, const struct job *job,
	bool more, struct deadline deadline)
{
	struct site *site = connection->site;

	if (!more || sender_is_shared(&job->sender))
		return true;
	return !site->relay->draining && has_room(connection, job->transactions + 1) &&
	       (!limits_are_paced(&site->limits) || take_another(site, deadline));
}

/* True: the connection may be used again. */
static bool deliver(struct connection *connection, struct job *job)
{
	struct smtp_client *client = connection->client;
	const struct capabilities *peer = smtp_client_capabilities(client);
	bool good, more;

	do {
		more = job_has_more(job);
		good = smtp_client_deliver(
			client, &job->delivery, more ? NULL : take_ahead, connection);
		job_judge(job);
	} while (good && !connection->ahead && smtp_client_may_go_on(client) &&
		 connection_may_continue(
			 connection, job, more, deadline_after_ms(PACE_MS)) &&
		 job_continue(job, peer));
	if (job->delivery.behind && job->delivery.failure.kind == FAILURE_PROTOCOL)
		site_lower_ahead(connection->site, 0, job->delivery.failure.text);
	if (!smtp_client_may_go_on(client))
		drop_ahead(connection);
	connection_conclude(connection, job);
	return smtp_client_may_go_on(client);
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
	while ((entry = site_take(site))) {
		connection_came(connection);
		if (outcome_expire(site->relay, entry)) {
			site_give_back(site, worker_now_us());
			continue;
		}
		job = connection_spare_job(connection);
		if (job_prepare(job, site, entry,
			    smtp_client_capabilities(connection->client),
			    deadline_after_ms(PREPARE_MS)))
			return job;
		site_give_back(site, job->taken_us);
		settle(connection, job, false);
	}
	return NULL;
}

bool connection_deliver_next(struct connection *connection, bool *idle_r)
{
	struct job *job;

	*idle_r = false;
	if (!connection->ahead && (!smtp_client_is_usable(connection->client) ||
					  !connection_may_begin(connection, 1)))
		return false;
	job = next_job(connection);
	*idle_r = !job;
	if (!job)
		return true;
	if (smtp_client_may_overlap(connection->client, job->delivery.size))
		return connection_deliver_flight(connection, job);
	return deliver(connection, job);
}
