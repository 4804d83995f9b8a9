/*
 * TLS of a connection being made: what the host must give, and what is said and
 * done where it does not.
 */
#include "base/event.h"
#include "run/worker.h"

#include "relay/connection.h"
#include "relay/destination.h"
#include "relay/relay_node.h"

/* Records with a TTL of nothing would make a connection for each message. */
#define HOLDS_MIN_S 10

static size_t number_of(const struct site *site, const struct host *host)
{
	return (size_t)(host - site->hosts);
}

/* The policy may be another one by now (RFC 8461 5.1): it is asked for again
 * before the next attempt. */
static void doubt_policies(const struct connection *connection)
{
	struct site *site = connection->site;

	if (connection->tls.level != TLS_STS)
		return;
	LIST_EACH (&site->paths, link) {
		struct destination *destination =
			CONTAINER_OF(link, struct path, site_link)->destination;

		destination->fresh_until_us = 0;
		if (relay_mta_sts(site->relay))
			mta_sts_ask_again(relay_mta_sts(site->relay),
				destination->domain, false);
	}
}

/* A name of DANE-TA did not fit. Each domain's own might, where it has a site for
 * itself: from the next attempt on. */
static void part_domains(const struct connection *connection)
{
	const struct site *site = connection->site;

	if (site->paths.head.next == site->paths.head.previous)
		return;
	LIST_EACH (&site->paths, link) {
		struct destination *destination =
			CONTAINER_OF(link, struct path, site_link)->destination;

		destination->own_site = true;
		destination->fresh_until_us = 0;
	}
}

static void refuse(struct connection *connection, const struct host *host,
	const struct tlsa *tlsa, struct verdict *verdict)
{
	const struct tls_decision *tls = &connection->tls;
	struct slice reason = arena_format(&connection->arena,
		"%s is not used: %s%s%.*s", host->name, tls->refusal,
		tlsa->reason.size ? ": " : "", SLICE_PRINT(tlsa->reason));

	*verdict = tls->never ? verdict_of_ours(VERDICT_NEVER, "5.7.30", reason)
			      : verdict_of_ours(VERDICT_LATER, "4.7.5", reason);
	verdict->stage = STAGE_STARTTLS;
	verdict->host_trouble = true;
}

/* RFC 7672 3.2.2: for DANE-TA the domain's own name is good, too, but for mail of
 * that domain alone; so only where the site has no other. */
static void choose_domain(struct connection *connection, const struct tlsa *tlsa)
{
	const struct site *site = connection->site;
	bool anchored = false;

	connection->only_for = NULL;
	for (size_t i = 0; i < tlsa->count; i++)
		anchored |= tlsa->records[i].usage == 2;
	if (!anchored || tlsa->kind != TLSA_USABLE || site->terms.host ||
		list_is_empty(&site->paths) ||
		site->paths.head.next != site->paths.head.previous)
		return;
	connection->only_for = arena_copy_text(&connection->arena,
		LIST_FIRST(&site->paths, struct path, site_link)->destination->domain);
}

bool connection_is_for_all(const struct connection *connection)
{
	if (!connection->only_for)
		return true;
	LIST_EACH (&connection->site->paths, link) {
		struct slice domain =
			CONTAINER_OF(link, struct path, site_link)->destination->domain;

		if (!slice_equal(domain, slice_of(connection->only_for)))
			return false;
	}
	return true;
}

bool connection_decide_tls(struct connection *connection, const struct host *host,
	const struct host_addresses *addresses, struct tlsa *tlsa_r,
	struct verdict *verdict_r, struct deadline deadline)
{
	struct site *site = connection->site;
	const struct tls_policy *policy = &site->policy;

	*tlsa_r = (struct tlsa){.kind = TLSA_NONE};
	connection->tls_until_us = INT64_MAX;
	if (policy->dane && policy->variant != TLS_OPTIONAL) {
		if (!tlsa_find(site->relay->options.dns, slice_of(host->name),
			    site->terms.port, addresses, &connection->arena, tlsa_r,
			    deadline))
			return false;
		connection->tls_until_us = worker_now_us() +
					   INT64_C(1000000) *
						   (tlsa_r->ttl_s < HOLDS_MIN_S
								   ? HOLDS_MIN_S
								   : tlsa_r->ttl_s);
	}
	choose_domain(connection, tlsa_r);
	connection->tls = tls_policy_decide(
		policy, number_of(site, host), tlsa_r->kind);
	if (!connection->tls.refusal)
		return true;
	doubt_policies(connection);
	refuse(connection, host, tlsa_r, verdict_r);
	return false;
}

void connection_judge_tls(struct connection *connection,
	const struct smtp_opening *opening, struct verdict *verdict)
{
	const struct tls_decision *tls = &connection->tls;

	if (opening->requires_missing) {
		struct slice reason = verdict->reason;

		*verdict = verdict_of_ours(VERDICT_NEVER, "5.7.30", reason);
		verdict->stage = opening->stage;
		verdict->host_trouble = true;
		return;
	}
	if (tls->level <= TLS_MAY || verdict->reply.code ||
		(!opening->tls_broken && !opening->tls_missing))
		return;
	doubt_policies(connection);
	if (tls->level == TLS_DANE && opening->fault == TLS_FAULT_NAME)
		part_domains(connection);
	verdict->reason = arena_format(&connection->arena,
		"%.*s (TLS demanded by %s: %s)", SLICE_PRINT(verdict->reason),
		tls_origin_name(tls->origin), tls_level_name(tls->level));
}

static struct tls_memory *memory_of(const struct connection *connection)
{
	return connection->site->relay->options.node->tls_memory;
}

bool connection_may_go_plain(struct connection *connection, const struct host *host,
	const struct smtp_opening *opening, struct slice reason)
{
	const struct site *site = connection->site;
	int64_t now_us = worker_now_us();
	int64_t wait_us = site->routes->config->relay.plain_after_broken_ms * 1000;
	struct event event;

	if (!opening->tls_broken || connection->tls.level != TLS_MAY)
		return false;
	if (!tls_memory_note(memory_of(connection), slice_of(host->name),
		    site->terms.port, now_us, now_us + wait_us))
		return true;
	event_begin(&event, EVENT_WARNING, "tls_broken");
	event_text(&event, "host", slice_of(connection->label));
	event_text(&event, "reason", reason);
	event_seconds(&event, "plain", wait_us);
	event_end(&event);
	return true;
}

bool connection_goes_plain(const struct connection *connection, const struct host *host)
{
	const struct site *site = connection->site;

	return connection->tls.level == TLS_MAY &&
	       tls_memory_is_broken(memory_of(connection), slice_of(host->name),
		       site->terms.port, worker_now_us());
}
