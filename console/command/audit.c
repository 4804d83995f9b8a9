/* `ringpost audit`: what a domain's mail needs in DNS, and what of it is there. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "gate/audit.h"
#include "io/dns.h"
#include "mail/domain.h"
#include "verify/suffix.h"

#include "command/commands.h"
#include "client/errand.h"
#include "report/value.h"
#include "report/words.h"

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

static const char *const origins[] = {
	[ADDRESSES_WRITTEN] = "gate.addresses",
	[ADDRESSES_SOURCES] = "the sources",
	[ADDRESSES_MACHINE] = "this machine's own",
	[ADDRESSES_ROUTE] = "the host of a route",
};

static struct value *value_of_row(const struct audit_row *row, struct arena *arena)
{
	struct value *value = value_object(), *record;

	value_set_text(value, "check", slice_of(gate_check_name(row->check)));
	value_set_text(value, "of", row->subject);
	value_set_text(value, "state", slice_of(audit_state_name(row->fact.state)));
	value_set_text(value, "why", row->fact.words);
	if (row->record.name.size) {
		record = value_object();
		value_set_text(record, "name", row->record.name);
		value_set_text(record, "type", slice_of(row->record.type));
		value_set_text(record, "value", row->record.value);
		value_set_text(record, "zone", audit_zone_line(&row->record, arena));
		value_set(value, "record", record);
	}
	if (row->advice.size)
		value_set_text(value, "advice", row->advice);
	return value;
}

static void print_json(
	struct asking *asking, const struct audit *audit, struct arena *arena)
{
	const struct gate_addresses *addresses = &audit->addresses;
	struct value *value = value_object(), *list = value_list();

	value_set_text(value, "domain", audit->domain);
	for (size_t i = 0; i < addresses->count; i++)
		value_append_text(list, slice_of(addresses->list[i].text));
	value_set(value, "addresses", list);
	value_set_text(value, "addresses_from", slice_of(origins[addresses->from]));
	value_set_truth(value, "addresses_hidden", addresses->hidden);
	value_set_number(value, "addresses_left_out", (int64_t)addresses->left_out);
	list = value_list();
	for (size_t i = 0; i < audit->count; i++)
		value_append(list, value_of_row(&audit->rows[i], arena));
	value_set(value, "checks", list);
	value_set_number(value, "missing", (int64_t)audit->missing);
	value_set_number(value, "unknown", (int64_t)audit->unknown);
	value_print(value, &asking->errand.out);
	buffer_append_byte(&asking->errand.out, '\n');
	value_release(&value);
}

static void print_addresses(struct buffer *out, const struct gate_addresses *addresses)
{
	buffer_append(out, SLICE("Mail leaves from"));
	for (size_t i = 0; i < addresses->count; i++)
		buffer_append_format(
			out, "%s %s", i ? "," : "", addresses->list[i].text);
	if (addresses->count)
		buffer_append_format(out, " (%s).\n", origins[addresses->from]);
	else
		buffer_append(out, SLICE(" an address that is not known.\n"));
	if (addresses->from == ADDRESSES_ROUTE)
		buffer_append(out, SLICE("A route hands all of it to another host: "
					 "where that sends "
					 "from, name under gate,\nas addresses.\n"));
	else if (addresses->hidden)
		buffer_append(out, SLICE("Some of it is private, or a proxy's: what "
					 "the world sees "
					 "instead,\nname under gate, as addresses.\n"));
	if (addresses->left_out)
		buffer_append_format(
			out, "%zu more are not looked at.\n", addresses->left_out);
}

static void print_row(
	struct asking *asking, const struct audit_row *row, struct arena *arena)
{
	static const char *const marks[] = {[FACT_UNKNOWN] = "?",
		[FACT_GOOD] = "good",
		[FACT_MISSING] = "MISSING",
		[FACT_WRONG] = "WRONG"};
	struct buffer *out = &asking->errand.out;

	buffer_append_format(out, "%-8s%-7s %.*s%s%.*s\n", marks[row->fact.state],
		gate_check_name(row->check), SLICE_PRINT(row->subject),
		row->subject.size ? ": " : "", SLICE_PRINT(row->fact.words));
	if (row->record.name.size) {
		struct slice line = audit_zone_line(&row->record, arena);

		buffer_append_format(out, "        %s %.*s%s\n",
			row->fact.state == FACT_MISSING ? "add" : "needed",
			SLICE_PRINT(row->advice), row->advice.size ? ":" : "");
		buffer_append(out, SLICE("        "));
		buffer_append(out, line);
		buffer_append_byte(out, '\n');
	} else if (row->advice.size) {
		buffer_append_format(out, "        %.*s\n", SLICE_PRINT(row->advice));
	}
}

static void print_text(
	struct asking *asking, const struct audit *audit, struct arena *arena)
{
	char text[WORDS_SIZE];

	print_addresses(&asking->errand.out, &audit->addresses);
	buffer_append_byte(&asking->errand.out, '\n');
	for (size_t i = 0; i < audit->count; i++)
		print_row(asking, &audit->rows[i], arena);
	buffer_append_byte(&asking->errand.out, '\n');
	if (audit->missing)
		buffer_append_format(&asking->errand.out, "%s to be put right.\n",
			words_count(audit->missing, "thing", "things", text));
	else if (audit->unknown)
		buffer_append(&asking->errand.out,
			SLICE("What could be looked at is good.\n"));
	else
		buffer_append(&asking->errand.out, SLICE("All is good.\n"));
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
	else if (asking->json)
		print_json(asking, audit, &arena);
	else
		print_text(asking, audit, &arena);
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
