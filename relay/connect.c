/*
 * Making a connection: the site's hosts in order of preference, equal ones in
 * any order, each with its addresses; IPv6 first where it works, TLS where it
 * works. The next host is tried where that helps: when this one cannot be
 * reached or does not let us in.
 */
#include <arpa/inet.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "metrics/timing.h"
#include "run/worker.h"
#include "traces/traces.h"
#include "transcript/transcript.h"

#include "relay/connection.h"
#include "relay/egress.h"

#define TRIES_MAX   20
#define DOWN_US	    (60 * INT64_C(1000000))  /* tried last for so long */
#define IPV4_US	    (600 * INT64_C(1000000)) /* IPv6 is tried last */
#define LOOKUP_MS   30000
#define FAREWELL_MS 2000

struct calling {
	struct connection *connection;
	struct smtp_client_options options;
	struct tlsa tlsa; /* of the host that is called */
	unsigned tries;
	struct verdict *verdict;
	bool unfit;	/* a host has addresses, none of the source's families */
	bool permanent; /* every verdict so far was "never" */
	bool short_of;	/* ours: descriptors, memory; no host is to blame */
};

/* Hosts that are down go behind all others; then by rank, then by chance. */
static void order_hosts(const struct site *site, struct host **order)
{
	int64_t now = worker_now_us();
	size_t count = site->host_count;

	for (size_t i = 0; i < count; i++)
		order[i] = &site->hosts[i];
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)random_below(i);
		struct host *other = order[i - 1];

		order[i - 1] = order[j];
		order[j] = other;
	}
	for (size_t i = 1; i < count; i++) {
		struct host *host = order[i];
		bool down = host->down_until_us > now;
		size_t j = i;

		for (; j > 0; j--) {
			bool before_down = order[j - 1]->down_until_us > now;

			if (before_down < down ||
				(before_down == down &&
					order[j - 1]->rank <= host->rank))
				break;
			order[j] = order[j - 1];
		}
		order[j] = host;
	}
}

static void prefer_ipv4(struct host_addresses *addresses)
{
	union host_address sorted[ADDRESSES_MAX];
	size_t used = 0;

	for (int family = 0; family < 2; family++)
		for (size_t i = 0; i < addresses->count; i++)
			if ((addresses->list[i].any.sa_family == AF_INET6) == family)
				sorted[used++] = addresses->list[i];
	memcpy(addresses->list, sorted, used * sizeof(*sorted));
}

static void write_label(struct connection *connection, const struct host *host,
	const union host_address *to)
{
	char text[INET6_ADDRSTRLEN] = "";
	bool ipv6 = to->any.sa_family == AF_INET6;

	if (ipv6)
		inet_ntop(AF_INET6, &to->ipv6.sin6_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET, &to->ipv4.sin_addr, text, sizeof(text));
	snprintf(connection->label, sizeof(connection->label), "%s%s%s%s:%u",
		host->name[0] == '[' ? "" : host->name, "[", text, "]",
		ntohs(ipv6 ? to->ipv6.sin6_port : to->ipv4.sin_port));
}

static void fill_options(struct calling *calling, struct host *host)
{
	const struct connection *connection = calling->connection;
	const struct tlsa *tlsa = &calling->tlsa;
	const struct site *site = connection->site;
	const struct config_relay *relay = &site->routes->config->relay;
	const struct terms *terms = &site->terms;
	const char *name = terms->tls_name ? terms->tls_name : host->tls_name;
	bool dane = tlsa->kind == TLSA_USABLE;

	calling->options = (struct smtp_client_options){
		.hostname = site->source->ehlo,
		.peer_name = host->name,
		.site = site->name,
		.tell_waiting = connection_tell_waiting,
		.waiting = site,
		.tls = connection_goes_plain(connection, host) ? TLS_NONE
							       : connection->tls.level,
		.tls_implicit = terms->tls_implicit,
		.tls_requires = connection->tls.requires,
		.tls_client = site->tls,
		.tls_name = dane ? tlsa->name : name,
		.tls_other_names = {tlsa->other, connection->only_for},
		.tlsa = tlsa->records,
		.tlsa_count = tlsa->count,
		.user = terms->user,
		.password = terms->password,
		.recipients_max = terms->rule.recipients_per_message,
		.connect_timeout_ms = relay->connect_timeout_ms,
		.greeting_timeout_ms = relay->greeting_timeout_ms,
		.command_timeout_ms = relay->command_timeout_ms,
		.data_timeout_ms = relay->data_timeout_ms,
		.reply_timeout_ms = relay->reply_timeout_ms,
		.steps = connection->steps,
	};
}

/* Whoever says more than it was asked, or has left again, is no one to begin a
 * message with: its replies could be taken for answers. */
static bool is_in_turn(struct connection *connection, struct smtp_opening *opening)
{
	if (smtp_client_is_usable(connection->client))
		return true;
	smtp_client_close(&connection->client, deadline_after_ms(FAREWELL_MS));
	opening->stage = STAGE_EHLO;
	return fail(FAILURE_PROTOCOL,
		"the server hung up or spoke out of turn before the first message");
}

/* Only what every host says is final. */
static void blame(struct calling *calling, const struct verdict *verdict)
{
	calling->permanent &= verdict->kind == VERDICT_NEVER;
	if (calling->permanent || verdict->kind == VERDICT_LATER)
		*calling->verdict = *verdict;
}

static enum source_family family_of(const union host_address *to)
{
	return to->any.sa_family == AF_INET6 ? SOURCE_IPV6 : SOURCE_IPV4;
}

static bool call_once(struct calling *calling, struct host *host,
	const union host_address *to, struct smtp_opening *opening_r)
{
	struct connection *connection = calling->connection;
	struct relay *relay = connection->site->relay;
	int64_t began_us = worker_now_us();
	struct stream *stream;

	calling->tries++;
	*opening_r = (struct smtp_opening){.stage = STAGE_CONNECT};
	stream = egress_connect(
		connection, to, deadline_after_ms(calling->options.connect_timeout_ms));
	timing_step(connection->steps, &(struct timing_step){.timing = TIMING_CONNECT,
					       .began_us = began_us,
					       .ended_us = worker_now_us()});
	if (stream)
		connection->client = smtp_client_open_on(
			stream, &calling->options, &connection->arena, opening_r);
	else if (transcript_wanted())
		connection_tell_unreached(connection, host, to);
	if (!connection->client || !is_in_turn(connection, opening_r)) {
		struct verdict verdict = opening_r->reply.code
						 ? verdict_of_reply(opening_r->stage,
							   &opening_r->reply, false)
						 : verdict_of_failure(opening_r->stage,
							   failure_last(),
							   &connection->arena);

		tls_account_fail(connection, host, to, &calling->tlsa, opening_r,
			verdict.reason);
		connection_judge_tls(connection, opening_r, &verdict);
		blame(calling, &verdict);
		return false;
	}
	tls_account_open(connection, host, &calling->tlsa, opening_r,
		calling->options.tls == TLS_NONE);
	connection->connect_us = worker_now_us() - began_us;
	connection->host = host;
	relay->figures.connects++;
	relay->figures.tls += smtp_client_facts(connection->client)->encrypted;
	relay->figures.resumed += smtp_client_facts(connection->client)->tls_resumed;
	return true;
}

/* One address; once more without TLS where that broke and may be left out. */
static bool call(
	struct calling *calling, struct host *host, const union host_address *to)
{
	struct connection *connection = calling->connection;
	struct smtp_opening opening;

	write_label(connection, host, to);
	if (call_once(calling, host, to, &opening))
		return true;
	if (failure_kind_last() == FAILURE_CANCELLED && !opening.reply.code)
		return false;
	calling->short_of = connection_is_short(calling->verdict);
	if (calling->short_of || connection->fault != FAULT_NONE)
		return false;
	if (opening.stage == STAGE_CONNECT &&
		!source_look(connection->site->source, family_of(to))) {
		if (!source_is_usable(connection->site->source, worker_now_us()))
			connection->fault = FAULT_SOURCE;
		return false; /* the other family may do */
	}
	if (opening.stage == STAGE_CONNECT && to->any.sa_family == AF_INET6)
		host->ipv4_until_us = worker_now_us() + IPV4_US;
	if (!connection_may_go_plain(
		    connection, host, &opening, calling->verdict->reason))
		return false;
	calling->options.tls = TLS_NONE;
	return call_once(calling, host, to, &opening);
}

static bool may_call(const struct calling *calling)
{
	return calling->tries < TRIES_MAX && !calling->short_of &&
	       calling->connection->fault == FAULT_NONE && !fiber_is_cancelled();
}

/* Only addresses the source can connect to stay. */
static bool leave_families(struct calling *calling, struct host_addresses *addresses,
	const struct host *host)
{
	const struct source *source = calling->connection->site->source;
	size_t kept = 0;

	for (size_t i = 0; i < addresses->count; i++)
		if (source_reaches(source, family_of(&addresses->list[i])))
			addresses->list[kept++] = addresses->list[i];
	addresses->count = kept;
	if (kept)
		return true;
	calling->unfit = true;
	calling->permanent = false;
	*calling->verdict = verdict_of_ours(VERDICT_LATER, "4.4.4",
		arena_format(&calling->connection->arena,
			"the mail server %s has no address of the family that source "
			"%.*s sends from",
			host->name, SLICE_PRINT(source->name)));
	return false;
}

static bool call_host(struct calling *calling, struct host *host)
{
	struct connection *connection = calling->connection;
	struct site *site = connection->site;
	struct host_addresses *addresses = ARENA_NEW(
		&connection->arena, struct host_addresses);
	struct verdict refusal = {.kind = VERDICT_NONE};
	struct timing_step step = {.timing = TIMING_DNS, .began_us = worker_now_us()};

	snprintf(connection->label, sizeof(connection->label), "%s", host->name);
	if (!hosts_addresses(site->relay->options.dns, site->routes, &site->terms,
		    slice_of(host->name), &connection->arena, addresses,
		    deadline_after_ms(LOOKUP_MS)))
		return false;
	step.ended_us = worker_now_us();
	timing_keep(connection->steps, &step);
	if (addresses->count == 0) {
		blame(calling, &addresses->verdict);
		return false;
	}
	if (!connection_decide_tls(connection, host, addresses, &calling->tlsa,
		    &refusal, deadline_after_ms(LOOKUP_MS))) {
		if (refusal.kind != VERDICT_NONE) {
			tls_account_refuse(
				connection, host, &calling->tlsa, refusal.reason);
			blame(calling, &refusal);
		}
		return false;
	}
	if (!leave_families(calling, addresses, host))
		return false;
	if (host->ipv4_until_us > worker_now_us())
		prefer_ipv4(addresses);
	fill_options(calling, host);
	for (size_t i = 0; i < addresses->count && may_call(calling); i++) {
		if (!call(calling, host, &addresses->list[i]))
			continue;
		host->down_until_us = 0;
		return true;
	}
	if (!calling->short_of)
		host->down_until_us = worker_now_us() + DOWN_US;
	return false;
}

bool connection_open(struct connection *connection, struct verdict *verdict_r)
{
	struct site *site = connection->site;
	struct host **order = arena_take_array(
		&connection->arena, site->host_count, sizeof(*order));
	struct calling calling = {
		.connection = connection, .verdict = verdict_r, .permanent = true};
	bool open = false;

	if (traces_wanted())
		connection->steps = ARENA_NEW(&connection->arena, struct timing_steps);
	order_hosts(site, order);
	for (size_t i = 0; i < site->host_count && !open && may_call(&calling); i++)
		open = call_host(&calling, order[i]);
	if (!open && calling.unfit && calling.tries == 0)
		connection->fault = FAULT_FAMILY;
	return open;
}
