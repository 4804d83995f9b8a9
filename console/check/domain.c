/* `ringpost check DOMAIN`: what holds toward a domain, and who says so. */
#include "check/check.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"
#include "io/dns.h"
#include "mail/domain.h"
#include "relay/hosts.h"
#include "shaping/reaction_match.h"

#include "report/exit_status.h"
#include "client/small_worker.h"
#include "report/value.h"
#include "report/words.h"

#define ANSWER_MS 20000

struct looking {
	struct config *config;
	struct shaping *shaping;
	struct slice domain;
	const struct option_texts *mx; /* given instead of asking DNS */
	struct arena arena;
	struct slice hosts[HOSTS_MAX]; /* of best preference */
	size_t best;
	struct slice site;
	struct buffer trouble; /* why there are no hosts */
	const struct config_route *route;
};

static void note_hosts(struct looking *looking, const struct hosts *hosts)
{
	struct buffer site = {0};

	for (size_t i = 0; i < hosts->count; i++) {
		const struct mx_host *host = &hosts->list[i];
		bool same = i && host->preference == host[-1].preference;

		if (i)
			buffer_append_byte(&site, same ? ',' : ';');
		buffer_append(&site, host->name);
		if (host->preference == hosts->list[0].preference)
			looking->hosts[looking->best++] = arena_copy(
				&looking->arena, host->name);
	}
	looking->site = arena_copy(&looking->arena, buffer_contents(&site));
	buffer_finish(&site);
}

static void ask(void *arg)
{
	struct looking *looking = arg;
	const struct config_dns *servers = &looking->config->dns;
	struct dns_options options = {
		.servers = (const char *const *)servers->servers.at,
		.server_count = servers->servers.count,
		.timeout_ms = servers->timeout_ms,
		.cache_entries = 100,
	};
	struct routes *routes = routes_create(looking->config, looking->shaping);
	struct terms terms = route_terms(routes, looking->route);
	struct dns *dns = dns_create(&options);
	struct hosts hosts;

	if (!dns || !hosts_find(dns, routes, &terms, looking->domain, &looking->arena,
			    &hosts, deadline_after_ms(ANSWER_MS)))
		buffer_append(&looking->trouble, slice_of(failure_last()->text));
	else if (hosts.verdict.kind != VERDICT_NONE)
		buffer_append(&looking->trouble, hosts.verdict.reason);
	else
		note_hosts(looking, &hosts);
	dns_destroy(&dns);
	routes_release(&routes);
}

static bool sends_nothing(const struct config_route *route)
{
	return route->discard || route->mailbox || route->capture.account;
}

static void find_hosts(struct looking *looking)
{
	struct mx_host list[HOSTS_MAX];
	struct hosts hosts = {.list = list};

	if (looking->mx->count == 0) {
		if (!looking->route || !sends_nothing(looking->route))
			if (!small_worker_run(ask, looking))
				buffer_append(&looking->trouble,
					slice_of(failure_last()->text));
		return;
	}
	for (; hosts.count < looking->mx->count && hosts.count < HOSTS_MAX;
		hosts.count++)
		list[hosts.count] = (struct mx_host){
			slice_of(looking->mx->at[hosts.count]), 0};
	note_hosts(looking, &hosts);
}

static void add_value(void *context, const struct shaping_value *value)
{
	struct value *row = value_object();

	if (value->scope)
		value_set_text(row, "scope", slice_of(value->scope));
	value_set_text(row, "name", slice_of(value->name));
	value_set_text(row, "value", slice_of(value->text));
	value_set_text(row, "from", slice_of(value->origin));
	value_append(context, row);
}

static void add_match(struct value *row, const char *name, const char *text)
{
	if (text)
		value_set_text(row, name, slice_of(text));
}

static void add_reaction(struct value *list, const struct reaction *reaction,
	const struct reaction_list *from)
{
	struct value *row = value_object(), *match = value_object();
	char text[160];

	value_set_text(row, "name", slice_of(reaction->name));
	add_match(match, "code", reaction->code);
	add_match(match, "enhanced", reaction->enhanced);
	add_match(match, "text", reaction->text);
	value_set(row, "match", match);
	value_set_text(row, "does",
		reaction->action == REACTION_NONE
			? SLICE("nothing")
			: reaction_print(reaction, text, sizeof(text)));
	value_set_text(row, "scope", slice_of(reaction_scope_name(reaction->scope)));
	if (slice_starts(slice_of(from->origin), SLICE("shipped: ")))
		snprintf(text, sizeof(text), "%s", from->origin);
	else
		snprintf(text, sizeof(text), "%.140s:%u", from->origin, reaction->line);
	value_set_text(row, "from", slice_of(text));
	value_append(list, row);
}

static struct value *describe(struct looking *looking)
{
	struct value *answer = value_object(), *rule = value_list(),
		     *reactions = value_list();
	struct shaping_question question = {.hosts = looking->hosts,
		.host_count = looking->best,
		.domain = looking->domain,
		.route = looking->route};
	struct shaping_rule found;
	char place[CONFIG_PLACE_SIZE];

	shaping_find(looking->shaping, &question, &found);
	shaping_explain(looking->shaping, &question, add_value, rule);
	for (size_t i = 0; i < found.reaction_lists; i++)
		for (size_t j = 0; j < found.reactions[i]->count; j++)
			add_reaction(reactions, &found.reactions[i]->list[j],
				found.reactions[i]);
	value_set_text(answer, "domain", looking->domain);
	if (looking->route) {
		config_place(looking->config, looking->route->mark, place);
		value_set_text(answer, "route",
			slice_of(looking->route->discard   ? "discard"
				 : looking->route->mailbox ? "mailbox"
				 : looking->route->capture.account
					 ? "capture"
					 : looking->route->domain));
		value_set_text(answer, "route_from",
			slice_part(slice_of(place), 0, slice_of(place).size - 2));
	}
	if (looking->site.size)
		value_set_text(answer, "site", looking->site);
	if (buffer_size(&looking->trouble))
		value_set_text(answer, "trouble", buffer_contents(&looking->trouble));
	if (found.provider_name)
		value_set_text(answer, "provider", slice_of(found.provider_name));
	value_set(answer, "rule", rule);
	value_set(answer, "reactions", reactions);
	return answer;
}

static void line_of(struct buffer *into, const struct value *answer, const char *name,
	const char *key)
{
	struct slice text = value_get_text(answer, key);

	if (text.size)
		buffer_append_format(into, "%-9s %.*s\n", name, SLICE_PRINT(text));
}

/* What is limited, and what holds anyway. */
static void print_rule(const struct value *rule, struct buffer *into)
{
	struct table table = {.columns = 3};
	char name[80];

	for (size_t i = 0; i < value_count(rule); i++) {
		const struct value *row = value_at(rule, i);
		struct slice scope = value_get_text(row, "scope");
		struct slice text = value_get_text(row, "value");
		struct slice from = value_get_text(row, "from");

		if (!text.size && slice_equal(from, SLICE("default")))
			continue;
		snprintf(name, sizeof(name), "%.*s%s%.*s", SLICE_PRINT(scope),
			scope.size ? "." : "",
			SLICE_PRINT(value_get_text(row, "name")));
		table_add_text(&table, name);
		table_add(&table, text.size ? text : SLICE("no limit"));
		table_add(&table, from);
	}
	table_print(&table, words_terminal_width(), into);
	table_finish(&table);
}

static void print_reactions(const struct value *list, struct buffer *into)
{
	struct table table = {.columns = 4};

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *row = value_at(list, i);
		const struct value *match = value_get(row, "match");
		struct buffer cell = {0};

		buffer_append_format(&cell, "%.*s %.*s %.*s",
			SLICE_PRINT(value_get_text(match, "code")),
			SLICE_PRINT(value_get_text(match, "enhanced")),
			SLICE_PRINT(value_get_text(match, "text")));
		table_add(&table, value_get_text(row, "name"));
		table_add(&table, value_get_text(row, "does"));
		table_add(&table, value_get_text(row, "from"));
		table_add(&table, slice_trim(buffer_contents(&cell)));
		buffer_finish(&cell);
	}
	if (value_count(list))
		buffer_append(into, SLICE("\nTo replies, the first that matches:\n"));
	table_print(&table, words_terminal_width(), into);
	table_finish(&table);
}

static void print(const struct value *answer, bool json)
{
	struct buffer text = {0};

	if (json) {
		value_print_indented(answer, &text);
	} else {
		line_of(&text, answer, "domain", "domain");
		line_of(&text, answer, "route", "route");
		line_of(&text, answer, "", "route_from");
		line_of(&text, answer, "site", "site");
		line_of(&text, answer, "trouble", "trouble");
		line_of(&text, answer, "provider", "provider");
		buffer_append_byte(&text, '\n');
		print_rule(value_get(answer, "rule"), &text);
		print_reactions(value_get(answer, "reactions"), &text);
	}
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
}

int check_domain(struct config *config, const char *domain,
	const struct option_texts *mx, bool json)
{
	struct looking looking = {.config = config, .mx = mx};
	char ascii[DOMAIN_MAX + 1], *errors = NULL;
	struct value *answer;

	looking.domain = slice_of(domain);
	if (*domain != '[' &&
		!domain_to_ascii(slice_of(domain), ascii, &looking.domain)) {
		fprintf(stderr, "ringpost: \"%s\" is no domain\n", domain);
		return EXIT_USAGE;
	}
	looking.shaping = shaping_load(config, &errors);
	if (!looking.shaping) {
		fprintf(stderr, "%s", errors);
		memory_free(errors);
		return EXIT_CONFIG;
	}
	looking.route = route_find(config, looking.domain);
	find_hosts(&looking);
	answer = describe(&looking);
	print(answer, json);
	value_release(&answer);
	shaping_release(&looking.shaping);
	buffer_finish(&looking.trouble);
	arena_finish(&looking.arena);
	return EXIT_GOOD;
}
