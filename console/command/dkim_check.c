/* `ringpost dkim check`: does DNS have what our keys sign with? */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "dkim/keyring.h"
#include "io/dns.h"

#include "command/commands.h"
#include "client/errand.h"
#include "client/small_worker.h"
#include "report/value.h"

#define ANSWER_MS 10000

struct checking {
	const struct config *config;
	struct dkim_keyring *keyring;
	struct slice domain;
	const char *server; /* NULL: the configuration's */
	bool json, good;
	struct failure failure; /* that kept us from checking */
};

/* REASON: why it is not good; NULL: it is. */
static void tell(const struct checking *checking, const struct dkim_key *key,
	struct slice name, const char *reason)
{
	const char *algorithm = dkim_algorithm_name(dkim_key_algorithm(key));
	struct value *line;

	if (!checking->json) {
		printf("%-4s %.*s (%s)%s%s\n", reason ? "BAD" : "good",
			SLICE_PRINT(name), algorithm, reason ? ": " : "",
			reason ? reason : "");
		return;
	}
	line = value_object();
	value_set_text(line, "name", name);
	value_set_text(line, "algorithm", slice_of(algorithm));
	value_set_truth(line, "good", !reason);
	if (reason)
		value_set_text(line, "reason", slice_of(reason));
	command_print_json(line);
	value_release(&line);
}

static void judge(struct checking *checking, const struct dkim_key *key,
	struct slice name, const struct dns_answer *answer)
{
	bool matches = false;
	const char *reason = "there is no such record in DNS";

	if (answer->status == DNS_TEMPORARY)
		reason = answer->reason;
	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++) {
		matches = dkim_key_matches_record(key, answer->records[i].name);
		if (matches)
			break;
		reason = failure_last()->text;
	}
	/* Verifiers may look at any one of them. */
	if (matches && answer->count > 1) {
		matches = false;
		reason = "there are several records of this name; remove the others";
	}
	tell(checking, key, name, matches ? NULL : reason);
	checking->good &= matches;
}

static void check_key(
	struct checking *checking, struct dns *dns, const struct dkim_key *key)
{
	struct buffer name = {0};
	struct arena arena = {0};
	struct dns_answer answer;

	if (dkim_key_print_name(key, checking->domain, &name) &&
		dns_query(dns, DNS_TXT, buffer_contents(&name), &arena, &answer,
			deadline_after_ms(ANSWER_MS)))
		judge(checking, key, buffer_contents(&name), &answer);
	arena_finish(&arena);
	buffer_finish(&name);
}

static void check_all(void *arg)
{
	struct checking *checking = arg;
	const struct config_dns *servers = &checking->config->dns;
	struct dns_options options = {
		.servers = checking->server ? &checking->server
					    : (const char *const *)servers->servers.at,
		.server_count = checking->server ? 1 : servers->servers.count,
		.timeout_ms = servers->timeout_ms,
		.cache_entries = 100,
	};
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	size_t count = dkim_keyring_find(checking->keyring, checking->domain, signings);
	struct dns *dns = dns_create(&options);

	if (!dns) {
		checking->failure = *failure_last();
		return;
	}
	for (size_t i = 0; i < count; i++)
		check_key(checking, dns, signings[i].key);
	if (!count) {
		fail(FAILURE_DATA, "%s has no key for %.*s: ringpost dkim create %.*s",
			checking->config->path, SLICE_PRINT(checking->domain),
			SLICE_PRINT(checking->domain));
		checking->failure = *failure_last();
	}
	dns_destroy(&dns);
}

static int check(struct checking *checking)
{
	checking->keyring = dkim_keyring_load(checking->config);
	if (!checking->keyring)
		return command_fail();
	checking->good = true;
	if (!small_worker_run(check_all, checking))
		checking->failure = *failure_last();
	dkim_keyring_release(&checking->keyring);
	if (checking->failure.kind != FAILURE_NONE) {
		fail_again(&checking->failure);
		return command_fail();
	}
	return checking->good ? EXIT_GOOD : EXIT_FAILED;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct checking checking = {0};
	const struct option options[] = {{"dns", OPTION_TEXT, &checking.server, NULL},
		{"json", OPTION_FLAG, &checking.json, NULL}};
	struct config *config;
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one DOMAIN");
	config = errand_config(arguments);
	if (!config)
		return EXIT_CONFIG;
	checking.config = config;
	checking.domain = slice_of(arguments->words[0]);
	status = check(&checking);
	config_release(&config);
	return status;
}

const struct command command_dkim_check = {
	.name = "dkim check",
	.summary = "Compare a domain's keys with its DNS records",
	.usage =
		"DOMAIN [--dns SERVER] [--json] [-c FILE]\n\n"
		"Each key of the configuration that signs for DOMAIN, and whether the\n"
		"record others find in DNS belongs to it; when not, why. SERVER is "
		"asked\n"
		"instead of the configured ones, as 192.0.2.1 or [::1]:5353.\n\n"
		"Exit status: 0 all are good, 1 one is not.\n",
	.run = run,
};
