/* `ringpost spf`: whether an address may send for a domain, step by step. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "mail/text.h"
#include "verify/spf.h"

#include "command/commands.h"
#include "client/errand.h"
#include "report/value.h"
#include "report/words.h"

/* RFC 7208 4.6.4: at least 20 s for all of it. */
#define ALL_MS 30000
#define WIDTH  78

struct asking {
	struct config *config;
	struct spf_question question;
	bool json;
	struct errand errand;
	enum spf_result result;
	struct value *steps;
};

static void note_value(void *context, const struct spf_step *step)
{
	struct asking *asking = context;
	struct value *one = value_object();

	value_set_number(one, "depth", step->depth);
	value_set_text(one, "domain", step->domain);
	if (step->term.size)
		value_set_text(one, "term", step->term);
	value_set_text(one, "note", step->note);
	value_append(asking->steps, one);
}

static void note_text(void *context, const struct spf_step *step)
{
	struct asking *asking = context;
	size_t indent = (size_t)step->depth * 4 + (step->term.size ? 2 : 0);
	struct slice what = step->term.size ? step->term : step->domain;
	struct buffer line = {0};
	char *text;

	buffer_append_format(
		&line, "%.*s: %.*s", SLICE_PRINT(what), SLICE_PRINT(step->note));
	text = line.bytes + line.start;
	words_wrap(slice_make(text, text_clean(buffer_contents(&line), text,
					    buffer_size(&line))),
		indent, WIDTH, &asking->errand.out);
	buffer_finish(&line);
}

static void print_json(struct asking *asking, const struct spf_verdict *verdict)
{
	struct value *value = value_object();

	value_set_text(value, "result", slice_of(spf_result_name(verdict->result)));
	value_set_text(value, "domain", verdict->domain);
	value_set_text(
		value, "identity", verdict->helo ? SLICE("helo") : SLICE("mail_from"));
	if (verdict->mechanism.size)
		value_set_text(value, "mechanism", verdict->mechanism);
	if (verdict->explanation.size)
		value_set_text(value, "explanation", verdict->explanation);
	if (verdict->reason[0])
		value_set_text(value, "reason", slice_of(verdict->reason));
	value_set_number(value, "lookups", verdict->lookups);
	value_set_number(value, "void_lookups", verdict->voids);
	value_set_number(value, "queries", verdict->queries);
	value_set(value, "steps", asking->steps);
	asking->steps = NULL;
	value_print(value, &asking->errand.out);
	buffer_append_byte(&asking->errand.out, '\n');
	value_release(&value);
}

static const char *meaning(enum spf_result result)
{
	switch (result) {
	case SPF_PASS:
		return "the address may send for it";
	case SPF_FAIL:
		return "the address may not send for it";
	case SPF_SOFTFAIL:
		return "the address probably may not send for it";
	case SPF_NEUTRAL:
		return "the domain does not say";
	case SPF_NONE:
		return "there is nothing to go by";
	case SPF_TEMPERROR:
		return "DNS does not say now";
	case SPF_PERMERROR:
		break;
	}
	return "the record is wrong";
}

static void print_text(struct asking *asking, const struct spf_verdict *verdict)
{
	struct buffer *out = &asking->errand.out;

	buffer_append_format(out, "\n%s", spf_result_name(verdict->result));
	if (verdict->domain.size)
		buffer_append_format(out, " for %.*s%s", SLICE_PRINT(verdict->domain),
			verdict->helo ? " (of HELO)" : "");
	buffer_append_format(out, ": %s\n", meaning(verdict->result));
	if (verdict->reason[0])
		buffer_append_format(out, "  %s\n", verdict->reason);
	if (verdict->mechanism.size)
		buffer_append_format(
			out, "  decided by: %.*s\n", SLICE_PRINT(verdict->mechanism));
	if (verdict->explanation.size)
		buffer_append_format(out, "  the domain's words: %.*s\n",
			SLICE_PRINT(verdict->explanation));
	buffer_append_format(out,
		"  %u of %d terms that ask DNS, %u of %d without an answer, %u "
		"queries\n",
		verdict->lookups, SPF_LOOKUPS_MAX, verdict->voids, SPF_VOIDS_MAX,
		verdict->queries);
}

static void check(void *arg)
{
	struct asking *asking = arg;
	const struct config_dns *from = &asking->config->dns;
	struct dns_options options = {
		.servers = (const char *const *)from->servers.at,
		.server_count = from->servers.count,
		.timeout_ms = from->timeout_ms,
		.cache_entries = 1000,
	};
	struct dns *dns = dns_create(&options);
	struct arena arena = {0};
	struct spf_verdict verdict;
	struct verify_resolver resolver = verify_resolver_of(dns);

	if (dns && spf_check(&resolver, &asking->question, &arena, &verdict,
			   deadline_after_ms(ALL_MS))) {
		asking->result = verdict.result;
		if (asking->json)
			print_json(asking, &verdict);
		else
			print_text(asking, &verdict);
	} else {
		errand_fail(&asking->errand);
	}
	dns_destroy(&dns);
	arena_finish(&arena);
}

static int ask(struct asking *asking)
{
	bool good;

	asking->steps = value_list();
	asking->question.watch = asking->json ? note_value : note_text;
	asking->question.watch_context = asking;
	asking->question.receiver = slice_of(asking->config->hostname);
	asking->question.now_s = clock_wall_ms() / 1000;
	good = errand_run(&asking->errand, check, asking);
	value_release(&asking->steps);
	if (!good)
		return command_fail();
	return asking->result == SPF_PASS ? EXIT_GOOD : EXIT_FAILED;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct asking asking = {0};
	const char *helo = NULL;
	const struct option options[] = {{"helo", OPTION_TEXT, &helo, NULL},
		{"json", OPTION_FLAG, &asking.json, NULL}};
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 2)
		return command_refuse(command, "it takes an ADDRESS and a MAIL_FROM");
	if (!config_address_parse(arguments->words[0], asking.question.client.s6_addr))
		return command_refuse(
			command, "\"%s\" is no IP address", arguments->words[0]);
	asking.question.mail_from = errand_address(arguments->words[1]);
	asking.question.helo = slice_of(helo);
	if (!asking.question.mail_from.size && !helo)
		return command_refuse(
			command, "without a sender, --helo says whose record it is");
	asking.config = errand_config(arguments);
	if (!asking.config)
		return EXIT_CONFIG;
	status = ask(&asking);
	config_release(&asking.config);
	return status;
}

const struct command command_spf = {
	.name = "spf",
	.summary = "Explain whether an address may send for a domain",
	.usage = "ADDRESS MAIL_FROM [--helo NAME] [--json] [-c FILE]\n\n"
		 "What the SPF record of MAIL_FROM's domain says about mail from "
		 "ADDRESS (an IP\n"
		 "address), term by term, and what DNS answered. MAIL_FROM may be a "
		 "domain alone;\n"
		 "where it is <> or \"\", the record of --helo counts, as it does at "
		 "port 25.\n"
		 "Asks DNS anew. Status 0 when it passes, 1 for any other result.\n",
	.run = run,
};
