/*
 * A connection for one question: to the first host of the domain that lets us in,
 * under its route's terms. What no message travels over needs no DANE and no
 * MTA-STS; a route that asks for TLS gets it.
 */
#include "relay/probe.h"

#include "mail/text.h"

#include "relay/client_core.h"
#include "relay/relay_core.h"

#define HOSTS_TRIED	3
#define ADDRESSES_TRIED 2 /* of each */
#define FAREWELL_MS	2000

struct probing {
	struct relay *relay;
	struct routes *routes; /* held */
	struct terms terms;
	struct slice address;
	struct arena *arena;
	struct reply *reply;
};

static int64_t at_most(int64_t limit_ms, struct deadline deadline)
{
	int64_t left_ms = deadline_left_ms(deadline);

	return left_ms < limit_ms ? left_ms : limit_ms;
}

/* One reply; what is not RCPT's is no word about the recipient. */
static bool hear(struct probing *probing, struct smtp_client *client, bool last,
	struct reply *reply_r, struct deadline deadline)
{
	return client_read_reply(client, probing->arena, reply_r, deadline) &&
	       (last || reply_is_positive(reply_r) ||
		       fail(FAILURE_DATA, "the server refuses mail from <>"));
}

static bool ask(
	struct probing *probing, struct smtp_client *client, struct deadline deadline)
{
	bool utf8 = !text_is_ascii(probing->address);
	struct reply reply;

	if (utf8 && !smtp_client_capabilities(client)->smtputf8)
		return fail(FAILURE_DATA, "the server does not know SMTPUTF8");
	stream_write_format(
		client->stream, "MAIL FROM:<>%s\r\n", utf8 ? " SMTPUTF8" : "");
	if (!hear(probing, client, false, &reply, deadline))
		return false;
	stream_write_format(
		client->stream, "RCPT TO:<%.*s>\r\n", SLICE_PRINT(probing->address));
	return hear(probing, client, true, probing->reply, deadline);
}

static struct smtp_client_options options_of(const struct probing *probing,
	const struct mx_host *host, const union host_address *to,
	struct deadline deadline)
{
	static const enum tls_level levels[] = {[CONFIG_LEVEL_NONE] = TLS_NONE,
		[CONFIG_LEVEL_MAY] = TLS_MAY,
		[CONFIG_LEVEL_MUST] = TLS_MUST,
		[CONFIG_LEVEL_VERIFY] = TLS_VERIFY};
	const struct config *config = probing->routes->config;
	const struct terms *terms = &probing->terms;
	const struct config_relay *limits = &config->relay;
	struct slice bare = slice_starts(host->name, SLICE("["))
				    ? slice_part(host->name, 1, host->name.size - 2)
				    : host->name;

	return (struct smtp_client_options){
		.address = &to->any,
		.hostname = config->hostname,
		.peer_name = arena_copy_text(probing->arena, host->name),
		.tls = levels[terms->tls],
		.tls_implicit = terms->tls_implicit,
		.tls_client = probing->relay->tls,
		.tls_name = terms->tls_name ? terms->tls_name
					    : arena_copy_text(probing->arena, bare),
		.user = terms->user,
		.password = terms->password,
		.connect_timeout_ms = at_most(limits->connect_timeout_ms, deadline),
		.greeting_timeout_ms = at_most(limits->greeting_timeout_ms, deadline),
		.command_timeout_ms = at_most(limits->command_timeout_ms, deadline),
		.data_timeout_ms = at_most(limits->data_timeout_ms, deadline),
		.reply_timeout_ms = at_most(limits->reply_timeout_ms, deadline),
	};
}

/* Once more without TLS where that broke and may be left out. */
static struct smtp_client *call(
	struct probing *probing, struct smtp_client_options *options)
{
	struct smtp_opening opening;
	struct smtp_client *client = smtp_client_open(
		options, probing->arena, &opening);

	if (client || !opening.tls_broken || options->tls != TLS_MAY)
		return client;
	options->tls = TLS_NONE;
	return smtp_client_open(options, probing->arena, &opening);
}

static bool ask_at(struct probing *probing, const struct mx_host *host,
	const union host_address *to, struct deadline deadline)
{
	struct smtp_client_options options = options_of(probing, host, to, deadline);
	struct smtp_client *client = call(probing, &options);
	bool heard = client && ask(probing, client, deadline);

	smtp_client_close(&client, deadline_after_ms(FAREWELL_MS));
	return heard;
}

static bool ask_host(
	struct probing *probing, const struct mx_host *host, struct deadline deadline)
{
	struct host_addresses *addresses = ARENA_NEW(
		probing->arena, struct host_addresses);
	bool heard = false;

	if (!hosts_addresses(probing->relay->options.dns, probing->routes,
		    &probing->terms, host->name, probing->arena, addresses, deadline))
		return false;
	if (addresses->count == 0)
		return fail(FAILURE_DNS, "%.*s has no address to connect to",
			SLICE_PRINT(host->name));
	for (size_t i = 0; i < addresses->count && i < ADDRESSES_TRIED && !heard &&
			   !deadline_has_passed(deadline);
		i++)
		heard = ask_at(probing, host, &addresses->list[i], deadline);
	return heard;
}

static bool ask_domain(
	struct probing *probing, struct slice domain, struct deadline deadline)
{
	struct hosts *hosts = ARENA_NEW(probing->arena, struct hosts);
	bool heard = false;

	if (!hosts_find(probing->relay->options.dns, probing->routes, &probing->terms,
		    domain, probing->arena, hosts, deadline))
		return false;
	if (hosts->count == 0)
		return fail(FAILURE_DNS, "%.*s", SLICE_PRINT(hosts->verdict.reason));
	for (size_t i = 0; i < hosts->count && i < HOSTS_TRIED && !heard &&
			   !deadline_has_passed(deadline);
		i++)
		heard = ask_host(probing, &hosts->list[i], deadline);
	return heard;
}

/* Whoever has the mailboxes knows. */
static bool ask_here(struct probing *probing, struct deadline deadline)
{
	const struct local_delivery *local = &probing->relay->options.local;
	bool known = probing->terms.route->capture.account != NULL;

	if (!known && !local->knows)
		return fail(FAILURE_RESOURCE, "no mailboxes are kept by this process");
	if (!known && !local->knows(local->context, probing->address, &known, deadline))
		return false;
	*probing->reply = known ? REPLY(250, 2, 1, 5, "Ok")
				: REPLY(550, 5, 1, 1, "Nobody is called so here");
	return true;
}

bool relay_probe(struct relay *relay, struct slice domain, struct slice address,
	struct arena *arena, struct reply *reply_r, struct deadline deadline)
{
	struct routes *routes = routes_hold(relay->routes);
	struct probing probing = {.relay = relay,
		.routes = routes,
		.address = address,
		.arena = arena,
		.reply = reply_r};
	bool heard = true;

	while (heard && !routes->loaded)
		heard = condition_wait(&routes->changed, deadline);
	if (heard) {
		probing.terms = route_terms(routes, route_find(routes->config, domain));
		if (probing.terms.discard)
			*reply_r = REPLY(250, 2, 1, 5, "Discarded, as its route says");
		else if (probing.terms.local)
			heard = ask_here(&probing, deadline);
		else
			heard = ask_domain(&probing, domain, deadline);
	}
	routes_release(&routes);
	return heard;
}
