/* `ringpost tls`: what TLS holds for a domain, why, and whether it works. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/fetch.h"
#include "mail/domain.h"

#include "command/commands.h"
#include "client/errand.h"
#include "report/tls_value.h"

#define ALL_MS 120000

struct asking {
	struct config *config;
	struct shaping *shaping;
	struct slice domain;
	bool probe, json;
	struct errand errand;
};

static void say(struct asking *asking, const struct tls_survey *survey,
	struct tls_client *tls, struct arena *arena, struct deadline deadline)
{
	struct value **probes = arena_take_array(
		arena, survey->hosts.count + 1, sizeof(*probes));
	struct value *value;

	for (size_t i = 0; asking->probe && i < survey->hosts.count; i++)
		probes[i] = tls_value_probe(survey, i, asking->config, tls, deadline);
	value = tls_value_make(survey, probes, clock_wall_ms());
	if (asking->json) {
		value_print(value, &asking->errand.out);
		buffer_append_byte(&asking->errand.out, '\n');
	} else {
		report_tls(value, clock_wall_ms(), &asking->errand.out);
	}
	value_release(&value);
}

static struct dns *open_dns(const struct config_dns *dns)
{
	struct dns_options options = {
		.servers = (const char *const *)dns->servers.at,
		.server_count = dns->servers.count,
		.timeout_ms = dns->timeout_ms,
		.cache_entries = 1000,
		.trusted = &dns->trusted,
	};

	return dns_create(&options);
}

static void survey(void *arg)
{
	struct asking *asking = arg;
	struct deadline deadline = deadline_after_ms(ALL_MS);
	struct dns *dns = open_dns(&asking->config->dns);
	struct tls_client *tls = tls_client_create(NULL, asking->config->tls_minimum);
	struct routes *routes = routes_create(asking->config, asking->shaping);
	struct mta_sts *sts = NULL;
	struct arena arena = {0};
	struct tls_survey found;

	if (dns && tls) {
		struct mta_sts_options options = {.config = asking->config, .dns = dns};

		routes_load(routes, deadline);
		sts = mta_sts_create(&options);
		if (tls_survey_make(
			    dns, sts, routes, asking->domain, &arena, &found, deadline))
			say(asking, &found, tls, &arena, deadline);
		else
			errand_fail(&asking->errand);
	} else {
		errand_fail(&asking->errand);
	}
	mta_sts_destroy(&sts);
	routes_release(&routes);
	tls_client_release(&tls);
	dns_destroy(&dns);
	arena_finish(&arena);
}

static int ask(struct asking *asking)
{
	bool good;

	if (!fetch_start())
		return command_fail();
	good = errand_run(&asking->errand, survey, asking);
	fetch_stop();
	if (!good)
		return command_fail();
	return EXIT_GOOD;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct asking asking = {0};
	const struct option options[] = {{"probe", OPTION_FLAG, &asking.probe, NULL},
		{"json", OPTION_FLAG, &asking.json, NULL}};
	char ascii[DOMAIN_MAX + 1];
	char *errors = NULL;
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one DOMAIN");
	asking.domain = slice_of(arguments->words[0]);
	if (!slice_starts(asking.domain, SLICE("[")) &&
		(!domain_is_valid(asking.domain, true) ||
			!domain_to_ascii(asking.domain, ascii, &asking.domain)))
		return command_refuse(
			command, "\"%s\" is no domain", arguments->words[0]);
	asking.config = errand_config(arguments);
	if (!asking.config)
		return EXIT_CONFIG;
	asking.shaping = shaping_load(asking.config, &errors);
	if (asking.shaping) {
		status = ask(&asking);
	} else {
		fprintf(stderr, "%s", errors);
		memory_free(errors);
		status = EXIT_CONFIG;
	}
	shaping_release(&asking.shaping);
	config_release(&asking.config);
	return status;
}

const struct command command_tls = {
	.name = "tls",
	.summary = "Explain which TLS a domain's servers must give",
	.usage =
		"DOMAIN [--probe] [--json] [-c FILE]\n\n"
		"What is configured for DOMAIN, what it publishes (DANE, MTA-STS), and "
		"what\n"
		"comes of both for each of its servers, for usual mail and for mail "
		"with\n"
		"REQUIRETLS. Asks DNS and the policy's server anew. With --probe each\n"
		"server is called, too: what it shows, and whether it would be handed "
		"mail.\n",
	.run = run,
};
