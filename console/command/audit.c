/* `ringpost audit`: what a domain's mail needs in DNS, and what of it is there. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/dns.h"
#include "mail/domain.h"
#include "verify/suffix.h"

#include "command/commands.h"
#include "client/errand.h"
#include "report/audit_value.h"

#define ALL_MS 120000

struct asking {
	struct config *config;
	struct dkim_keyring *keyring;
	struct slice domain;
	const char *server; /* NULL: the configuration's */
	bool json;
	struct errand errand;
	size_t missing;
};

static void print(struct asking *asking, const struct audit *audit, struct arena *arena)
{
	struct value *value = audit_value_make(audit, arena);

	if (asking->json) {
		value_print(value, &asking->errand.out);
		buffer_append_byte(&asking->errand.out, '\n');
	} else {
		report_audit(value, &asking->errand.out);
	}
	value_release(&value);
}

static void look(void *arg)
{
	struct asking *asking = arg;
	const struct config_dns *servers = &asking->config->dns;
	struct dns_options options = {
		.servers = asking->server ? &asking->server
					  : (const char *const *)servers->servers.at,
		.server_count = asking->server ? 1 : servers->servers.count,
		.timeout_ms = servers->timeout_ms,
		.cache_entries = 1000,
	};
	struct dns *dns = dns_create(&options);
	struct arena arena = {0};
	struct audit *audit = ARENA_NEW(&arena, struct audit);
	struct verify_resolver resolver;

	if (!dns) {
		errand_fail(&asking->errand);
		arena_finish(&arena);
		return;
	}
	suffix_prepare();
	resolver = verify_resolver_of(dns);
	if (!audit_make(asking->domain, asking->config, asking->keyring, &resolver,
		    clock_wall_ms(), &arena, audit, deadline_after_ms(ALL_MS)))
		errand_fail(&asking->errand);
	else
		print(asking, audit, &arena);
	asking->missing = audit->missing;
	audit_finish(audit);
	arena_finish(&arena);
	dns_destroy(&dns);
}

static int ask(struct asking *asking)
{
	bool good;

	asking->keyring = dkim_keyring_load(asking->config);
	if (!asking->keyring)
		return command_fail();
	good = errand_run(&asking->errand, look, asking);
	dkim_keyring_release(&asking->keyring);
	if (!good)
		return command_fail();
	return asking->missing ? EXIT_FAILED : EXIT_GOOD;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct asking asking = {0};
	const struct option options[] = {{"dns", OPTION_TEXT, &asking.server, NULL},
		{"json", OPTION_FLAG, &asking.json, NULL}};
	char ascii[DOMAIN_MAX + 1];
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one DOMAIN");
	if (!domain_to_ascii(slice_of(arguments->words[0]), ascii, &asking.domain))
		return command_refuse(
			command, "\"%s\" is no domain", arguments->words[0]);
	asking.config = errand_config(arguments);
	if (!asking.config)
		return EXIT_CONFIG;
	status = ask(&asking);
	config_release(&asking.config);
	return status;
}

const struct command command_audit = {
	.name = "audit",
	.summary = "Show what a sender's domain has in DNS, and what it lacks",
	.usage =
		"DOMAIN [--dns SERVER] [--json] [-c FILE]\n\n"
		"A checklist of what receivers look for in mail from DOMAIN, as this\n"
		"configuration sends it: the domain itself, SPF for each address mail\n"
		"leaves from, its DKIM keys, DMARC and what is aligned with it, the\n"
		"reverse names of the addresses; and for each that is missing or "
		"wrong\n"
		"the record to add, as a line of a zone file. SERVER is asked instead "
		"of\n"
		"the configured ones, as 192.0.2.1 or [::1]:5353.\n\n"
		"Exit status: 0 nothing is amiss, 1 something is.\n",
	.run = run,
};
