/*
 * Domains whose mail is taken at port 25, and that of the address to leave lists by:
 * does DNS send it here, and does it get any further? Warnings only, for DNS may say so
 * when it matters.
 */
#include "check/check.h"

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/dns.h"
#include "mail/domain.h"
#include "relay/route.h"

#include "client/small_worker.h"

#define DOMAINS_MAX 50 /* the first ones: it is a look, no survey */
#define ANSWER_MS   3000

struct looking {
	struct check *check;
	struct dns *dns;
	struct arena arena;
	size_t asked;
};

static void warn(struct looking *looking, const void *member, struct slice text)
{
	check_warning(looking->check, member, arena_copy_text(&looking->arena, text));
}

/* Whether the MX of DOMAIN names us, and whom else. */
static bool ask(
	struct looking *looking, struct slice domain, bool *us_r, struct slice *other_r)
{
	struct slice hostname = slice_of(looking->check->config->hostname);
	struct dns_answer answer;

	if (looking->asked++ >= DOMAINS_MAX ||
		!dns_query(looking->dns, DNS_MX, domain, &looking->arena, &answer,
			deadline_after_ms(ANSWER_MS)) ||
		answer.status == DNS_TEMPORARY)
		return false;
	*us_r = answer.status != DNS_FOUND && domain_equal(domain, hostname);
	*other_r = SLICE_EMPTY;
	for (size_t i = 0; answer.status == DNS_FOUND && i < answer.count; i++) {
		if (domain_equal(answer.records[i].name, hostname))
			*us_r = true;
		else if (!other_r->size)
			*other_r = answer.records[i].name;
	}
	return true;
}

static void warn_elsewhere(struct looking *looking, const void *member,
	const char *domain, struct slice other)
{
	warn(looking, member,
		arena_format(&looking->arena,
			"mail for %s does not come here: its MX is %.*s, and not %s",
			domain, SLICE_PRINT(other.size ? other : SLICE("nobody")),
			looking->check->config->hostname));
}

static void look_at_local(struct looking *looking, const struct config_local *local)
{
	const struct config *config = looking->check->config;
	struct slice domain = slice_of(local->domain), other;
	bool us;

	if (*local->domain == '.' || !ask(looking, domain, &us, &other))
		return;
	if (!us)
		warn_elsewhere(looking, &local->domain, local->domain, other);
	else if (!other.size && !route_find(config, domain))
		warn(looking, &local->domain,
			arena_format(&looking->arena,
				"mail for %s gets no further: it has no route, and its "
				"MX names nobody but this host",
				local->domain));
}

static void look_at_leaving(struct looking *looking)
{
	char *const *mailto = &looking->check->config->unsubscribe.mailto;
	struct slice address = slice_of(*mailto), other;
	size_t at = slice_index_last(address, '@') + 1;
	bool us;

	if (*mailto && ask(looking, slice_from(address, at), &us, &other) && !us)
		warn_elsewhere(looking, mailto, *mailto + at, other);
}

static void look(void *arg)
{
	struct looking *looking = arg;
	const struct config *config = looking->check->config;
	struct dns_options options = {
		.servers = (const char *const *)config->dns.servers.at,
		.server_count = config->dns.servers.count,
		.timeout_ms = ANSWER_MS,
		.cache_entries = 100,
	};
	looking->dns = dns_create(&options);
	if (!looking->dns)
		return; /* check_network says why */
	for (size_t i = 0; i < config->receive.domain_count; i++)
		look_at_local(looking, &config->receive.domains[i]);
	look_at_leaving(looking);
	dns_destroy(&looking->dns);
}

void check_receive(struct check *check)
{
	struct looking looking = {.check = check};
	const struct config *config = check->config;

	if (config_has_role(config, CONFIG_ROLE_RECEIVE)) {
		if (!small_worker_run(look, &looking))
			check_error(check, NULL, failure_last()->text);
	} else if (config->unsubscribe.mailto) {
		check_warning(check, &config->unsubscribe.mailto,
			"no listener has the role receive: who writes to leave a list "
			"is for another server, and somebody has to read it");
	}
	arena_finish(&looking.arena);
}
