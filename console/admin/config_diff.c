/*
 * `config diff`: what another configuration would change: keys, and what would hold
 * for the mail that is queued now. Nothing is put in force.
 *
 *	{"command":"config diff","path":…,"text":…}
 *
 * says {"key","was","is","when"} for each key and {"domain","queued","what","was",
 * "is"} for each difference of a domain; or answers {"errors":…}.
 */
#include <stdio.h>
#include <string.h>

#include "base/config_diff.h"
#include "base/failure.h"
#include "base/memory.h"
#include "relay/route.h"
#include "run/worker.h"

#include "admin/call.h"
#include "admin/eta.h"
#include "daemon/fixed_keys.h"

#define FACT_MAX 200

struct reading {
	const char *path;
	struct slice text;
	struct world *world; /* NULL: see errors */
	struct buffer errors, warnings;
};

/* All that a reload would look at, too. */
static void read_all(void *arg)
{
	struct reading *reading = arg;
	char *errors = NULL;
	struct config *config = config_parse_text(
		reading->path, reading->text, &errors);

	if (config)
		reading->world = world_create(
			config, &reading->errors, &reading->warnings);
	else
		buffer_append(&reading->errors, slice_of(errors));
	config_release(&config);
	memory_free(errors);
}

/* ---- Keys ---- */

static void set_text(struct value *line, const char *name, struct slice text)
{
	if (text.at)
		value_set_text(line, name, text);
}

static void add_key(void *context, const struct config_difference *difference)
{
	struct value *line = value_object();

	value_set_text(line, "key", difference->key);
	set_text(line, "was", difference->was);
	set_text(line, "is", difference->is_now);
	value_set_text(line, "when",
		fixed_keys_has(difference->key) ? SLICE("restart") : SLICE("reload"));
	value_append(context, line);
}

/* ---- The mail that is queued ---- */

struct fact {
	const char *name;
	char text[FACT_MAX];
};

#define FACTS 9

static void say(struct fact *fact, const char *name, const char *text)
{
	fact->name = name;
	snprintf(fact->text, sizeof(fact->text), "%s", text ? text : "-");
}

static void say_limits(struct fact *fact, const struct limit_terms *limits)
{
	static const char *const periods[PERIODS] = {
		"a second", "a minute", "an hour", "a day"};
	struct buffer text = {.limit = FACT_MAX - 1};

	for (size_t i = 0; i < PERIODS; i++)
		if (limits->messages[i])
			buffer_append_format(&text, "%s%llu %s",
				buffer_size(&text) ? ", " : "",
				(unsigned long long)limits->messages[i], periods[i]);
	buffer_append_byte(&text, 0);
	say(fact, "messages", buffer_size(&text) > 1 ? text.bytes : "no limit");
	buffer_finish(&text);
}

static void say_way(struct fact *fact, const struct terms *terms)
{
	fact->name = "goes to";
	if (terms->local)
		say(fact, fact->name, "mailboxes here");
	else if (terms->discard)
		say(fact, fact->name, "nowhere (discard)");
	else
		snprintf(fact->text, sizeof(fact->text), "%s, port %u",
			terms->host ? terms->host : "its MX", terms->port);
}

/* What holds for DOMAIN before its hosts are known. */
static void find_facts(
	const struct routes *routes, struct slice domain, struct fact *facts)
{
	static const char *const levels[] = {"none", "may", "must", "verify"};
	const struct config *config = routes->config;
	const struct config_route *route = route_find(config, domain);
	struct terms terms = route_terms(routes, route);
	const char *pool = route && route->pool ? route->pool : config->relay.pool;

	say(&facts[0], "route", route ? route->domain : "none");
	say_way(&facts[1], &terms);
	say(&facts[2], "tls", levels[route_tls_floor(&terms)]);
	say(&facts[3], "dane",
		config->relay.dane && (!route || route->dane) ? "true" : "false");
	say(&facts[4], "mta_sts",
		config->relay.mta_sts && (!route || route->mta_sts) ? "true" : "false");
	say(&facts[5], "pool", pool ? pool : "all sources");
	say(&facts[6], "login", terms.user ? terms.user : "none");
	facts[7].name = "connections";
	snprintf(facts[7].text, FACT_MAX, "%llu",
		(unsigned long long)terms.limits.connections);
	say_limits(&facts[8], &terms.limits);
}

struct comparing {
	struct routes *old, *wanted;
	struct value *queued; /* domain → entries */
	struct value *lines;
	struct fact was[FACTS], is_now[FACTS];
	uint64_t touched, entries, other;
};

static void compare_domain(void *context, const char *domain, const struct value *count)
{
	struct comparing *comparing = context;
	const struct fact *was = comparing->was, *is_now = comparing->is_now;
	bool differs = false;

	find_facts(comparing->old, slice_of(domain), comparing->was);
	find_facts(comparing->wanted, slice_of(domain), comparing->is_now);
	comparing->entries += (uint64_t)value_number(count);
	for (size_t i = 0; i < FACTS; i++) {
		struct value *line;

		if (strcmp(was[i].text, is_now[i].text) == 0)
			continue;
		line = value_object();
		value_set_text(line, "domain", slice_of(domain));
		value_set_number(line, "queued", value_number(count));
		value_set_text(line, "what", slice_of(was[i].name));
		value_set_text(line, "was", slice_of(was[i].text));
		value_set_text(line, "is", slice_of(is_now[i].text));
		value_append(comparing->lines, line);
		differs = true;
	}
	comparing->touched += differs;
	comparing->other += differs ? (uint64_t)value_number(count) : 0;
}

static void add_count(void *sums, const char *domain, const struct value *count)
{
	value_set_number(sums, domain,
		value_get_number(sums, domain) + value_get_number(count, "ready") +
			value_get_number(count, "deferred") +
			value_get_number(count, "held"));
}

static bool count_queued(
	struct admin_call *call, struct value **sums_r, struct deadline deadline)
{
	struct value *all = value_object(), *results = NULL;
	bool more = false;

	if (!fan_out(call->daemon, &call->admin->fans, &eta_count_job, all, &results,
		    deadline)) {
		value_release(&all);
		return false;
	}
	value_release(&all);
	*sums_r = value_object();
	for (size_t i = 0; i < value_count(results); i++) {
		value_each(
			value_get(value_at(results, i), "domains"), add_count, *sums_r);
		more |= value_get_truth(value_at(results, i), "more");
	}
	value_set_truth(call->answer, "more", more);
	value_release(&results);
	return true;
}

static bool compare(struct admin_call *call, const struct world *wanted,
	struct value *lines, struct deadline deadline)
{
	struct world *now = world_hold(call->daemon->world);
	struct comparing *comparing = NEW(struct comparing);
	bool good;

	comparing->lines = lines;
	config_diff(now->config, wanted->config, add_key, lines);
	good = count_queued(call, &comparing->queued, deadline);
	if (good) {
		comparing->old = routes_create(now->config, now->shaping);
		comparing->wanted = routes_create(wanted->config, wanted->shaping);
		value_each(comparing->queued, compare_domain, comparing);
		routes_release(&comparing->old);
		routes_release(&comparing->wanted);
		value_release(&comparing->queued);
		value_set_number(call->answer, "queued", (int64_t)comparing->entries);
		value_set_number(
			call->answer, "domains_changed", (int64_t)comparing->touched);
		value_set_number(
			call->answer, "queued_changed", (int64_t)comparing->other);
	}
	memory_free(comparing);
	world_release(&now);
	return good;
}

bool admin_config_diff(struct admin_call *call, struct deadline deadline)
{
	struct reading *reading = NEW(struct reading);
	struct value *lines = value_list();
	struct slice path = value_get_text(call->request, "path");
	char *name = memory_copy_text(path);
	bool good;

	reading->path = name;
	reading->text = value_get_text(call->request, "text");
	good = offload(read_all, reading, deadline);
	if (good && reading->world)
		good = compare(call, reading->world, lines, deadline);
	else if (good)
		value_set_text(
			call->answer, "errors", buffer_contents(&reading->errors));
	if (buffer_size(&reading->warnings))
		value_set_text(
			call->answer, "warnings", buffer_contents(&reading->warnings));
	for (size_t i = 0; good && i < value_count(lines); i++)
		good = admin_say(call, value_copy(value_at(lines, i)), deadline);
	value_release(&lines);
	world_release(&reading->world);
	buffer_finish(&reading->errors);
	buffer_finish(&reading->warnings);
	memory_free(reading);
	memory_free(name);
	return good;
}
