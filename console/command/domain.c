/* `ringpost domain add|list|rotate|show|remove`: domains that mail is from. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/listing.h"
#include "report/audit_value.h"

struct wishes {
	const char *tenant, *selector, *type;
	bool cancel, json;
};

static void set_text(struct value *question, const char *name, const char *text)
{
	if (text)
		value_set_text(question, name, slice_of(text));
}

static struct value *question_of(const struct command *command,
	const struct arguments *arguments, const struct wishes *wishes)
{
	struct value *question = client_question(command->name);

	set_text(question, "domain", arguments->words[0]);
	set_text(question, "tenant", wishes->tenant);
	set_text(question, "selector", wishes->selector);
	set_text(question, "type", wishes->type);
	if (wishes->cancel)
		value_set_truth(question, "cancel", true);
	return question;
}

static void print_json(const struct value *line, struct buffer *out)
{
	value_print(line, out);
	buffer_append_byte(out, '\n');
}

static bool waits(const struct value *key)
{
	return slice_equal(value_get_text(key, "state"), SLICE("waits"));
}

static bool has_waiting(const struct value *keys)
{
	for (size_t i = 0; i < value_count(keys); i++)
		if (waits(value_at(keys, i)))
			return true;
	return false;
}

/* The first key that signs. */
static struct slice signing_selector(const struct value *line)
{
	const struct value *keys = value_get(line, "keys");

	for (size_t i = 0; i < value_count(keys); i++)
		if (!waits(value_at(keys, i)))
			return value_get_text(value_at(keys, i), "selector");
	return SLICE_EMPTY;
}

/* Of keys that wait for DNS. */
static void print_records(const struct value *line, struct buffer *out)
{
	const struct value *keys = value_get(line, "keys");

	buffer_append(out, SLICE("In a zone file:\n\n"));
	for (size_t i = 0; i < value_count(keys); i++) {
		const struct value *record = value_get(value_at(keys, i), "record");

		if (!waits(value_at(keys, i)))
			continue;
		buffer_append(out, value_get_text(record, "zone"));
		buffer_append(out, SLICE("\n\nor in a web form: a TXT record named\n\n"
					 "    "));
		buffer_append(out, value_get_text(record, "name"));
		buffer_append(out, SLICE("\n\nwith the text\n\n    "));
		buffer_append(out, value_get_text(record, "value"));
		buffer_append(out, SLICE("\n\n"));
	}
}

static void print_added(const struct value *line, struct buffer *out)
{
	print_records(line, out);
	buffer_append(out, SLICE("Mail is signed from when DNS has it; ringpost domain "
				 "show looks at once.\n"));
}

static void print_rotated(const struct value *line, struct buffer *out)
{
	struct slice selector = signing_selector(line);

	print_records(line, out);
	buffer_append_format(out,
		"Until every server that is asked has it, mail is signed with %.*s. "
		"Leave that\nrecord in DNS, too: mail under way needs it. ringpost "
		"domain show looks at once,\nand says when the old record may go.\n",
		SLICE_PRINT(selector));
}

static void print_kept(const struct value *line, struct buffer *out)
{
	buffer_append_format(out, "Mail stays signed with %.*s; the new key is gone.\n",
		SLICE_PRINT(signing_selector(line)));
}

static void print_old(const struct value *line, struct buffer *out)
{
	const struct value *list = value_get(line, "old_keys");
	int64_t now_ms = clock_wall_ms();
	char text[WORDS_SIZE];

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *old = value_at(list, i);
		int64_t until_ms = value_get_number(old, "until_ms");
		struct slice name = value_get_text(old, "name");

		if (until_ms > now_ms)
			buffer_append_format(out,
				"%.*s signs no more.\nTake it out of DNS after %s: "
				"until then mail under way needs it.\n",
				SLICE_PRINT(name), words_time(until_ms, now_ms, text));
		else
			buffer_append_format(out,
				"%.*s signs no more.\nTake it out of DNS: no mail "
				"needs it by now.\n",
				SLICE_PRINT(name));
	}
}

static void print_shown(const struct value *line, struct buffer *out)
{
	const struct value *keys = value_get(line, "keys");

	report_audit(line, out);
	if (!value_count(keys))
		buffer_append(out, SLICE("No key signs its mail: ringpost domain "
					 "add.\n"));
	else
		buffer_append_format(out, "Its mail is %s.\n",
			value_get_truth(line, "signs")
				? "signed"
				: "not signed: DNS does not publish its keys yet");
	if (value_get_truth(line, "signs") && has_waiting(keys))
		buffer_append(out, SLICE("Another key is to sign it from when every "
					 "server has its record.\n"));
	print_old(line, out);
}

struct printing {
	void (*print)(const struct value *line, struct buffer *out);
	bool amiss; /* something is missing */
};

static void print_one(void *context, const struct value *line)
{
	struct printing *printing = context;
	struct buffer text = {0};

	printing->print(line, &text);
	printing->amiss = value_get_number(line, "missing") > 0;
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
}

/* What is said of one; the status, and in PRINTING whether something is missing. */
static int ask(const struct arguments *arguments, struct value *question,
	struct printing *printing)
{
	struct value *line = client_ask_each(arguments, question, print_one, printing);

	if (!line)
		return command_fail();
	value_release(&line);
	return EXIT_GOOD;
}

static bool read_words(
	struct arguments *arguments, const struct option *options, size_t count)
{
	return arguments_parse(arguments, options, count) &&
	       (arguments->count == 1 || fail(FAILURE_CONFIG, "it takes one DOMAIN"));
}

static int run_add(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.tenant = NULL};
	const struct option options[] = {{"tenant", OPTION_TEXT, &wishes.tenant, NULL},
		{"selector", OPTION_TEXT, &wishes.selector, NULL},
		{"type", OPTION_TEXT, &wishes.type, NULL},
		{"json", OPTION_FLAG, &wishes.json, NULL}};
	struct printing printing;

	if (!read_words(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	printing = (struct printing){wishes.json ? print_json : print_added, false};
	return ask(arguments, question_of(command, arguments, &wishes), &printing);
}

static int run_rotate(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.tenant = NULL};
	const struct option options[] = {
		{"selector", OPTION_TEXT, &wishes.selector, NULL},
		{"type", OPTION_TEXT, &wishes.type, NULL},
		{"cancel", OPTION_FLAG, &wishes.cancel, NULL},
		{"json", OPTION_FLAG, &wishes.json, NULL}};
	struct printing printing = {print_rotated, false};

	if (!read_words(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (wishes.cancel && (wishes.type || wishes.selector))
		return command_refuse(command, "--cancel makes no key");
	if (wishes.cancel)
		printing.print = print_kept;
	if (wishes.json)
		printing.print = print_json;
	return ask(arguments, question_of(command, arguments, &wishes), &printing);
}

static int run_show(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.tenant = NULL};
	const struct option options[] = {{"json", OPTION_FLAG, &wishes.json, NULL}};
	struct printing printing;
	int status;

	if (!read_words(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	printing = (struct printing){wishes.json ? print_json : print_shown, false};
	status = ask(arguments, question_of(command, arguments, &wishes), &printing);
	return status == EXIT_GOOD && printing.amiss ? EXIT_FAILED : status;
}

static int run_remove(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.tenant = NULL};
	const struct option options[] = {{"json", OPTION_FLAG, &wishes.json, NULL}};

	if (!read_words(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	return listing_ask_done(arguments, question_of(command, arguments, &wishes),
		wishes.json, "%s is removed; its mail is not signed any more.",
		arguments->words[0]);
}

static void add_row(struct table *table, const struct value *domain, int64_t now_ms)
{
	const struct value *keys = value_get(domain, "keys");
	const struct value *old = value_get(domain, "old_keys");
	struct buffer cell = {0};

	(void)now_ms;
	table_add(table, value_get_text(domain, "domain"));
	table_add(table, value_get_text(domain, "tenant"));
	table_add_text(
		table, value_get_truth(domain, "signs") ? "signed" : "waits for DNS");
	table_add_text(table, value_get_truth(domain, "configured")
				      ? "the configuration"
				      : "domain add");
	for (size_t i = 0; i < value_count(keys); i++)
		buffer_append_format(&cell, "%s%.*s%s", i ? ", " : "",
			SLICE_PRINT(value_get_text(value_at(keys, i), "selector")),
			value_get_truth(domain, "signs") && waits(value_at(keys, i))
				? " (waits for DNS)"
				: "");
	for (size_t i = 0; i < value_count(old); i++)
		buffer_append_format(&cell, ", %.*s (old)",
			SLICE_PRINT(value_get_text(value_at(old, i), "selector")));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

static const char *const heads[] = {"DOMAIN", "TENANT", "MAIL IS", "BY", "SELECTORS"};
static const struct listing listing = {
	heads, ARRAY_COUNT(heads), .words = true, .add_row = add_row};

static int run_list(const struct command *command, struct arguments *arguments)
{
	return listing_run(command, arguments, &listing);
}

const struct command command_domain_add = {
	.name = "domain add",
	.summary = "Make a DKIM key for a domain, without the configuration",
	.usage =
		"DOMAIN [--tenant T] [--type rsa|ed25519|both]\n"
		"       [--selector S] [--json]\n\n"
		"Prints the DNS record to publish. Once DNS has it, in all nodes mail\n"
		"from DOMAIN is signed; the server looks every minute for a week, and\n"
		"whenever domain show is asked. The key is kept in Redis, and by each\n"
		"node in its state directory; domains of the configuration stay there\n"
		"(ringpost dkim create).\n",
	.run = run_add,
};

const struct command command_domain_list = {
	.name = "domain list",
	.summary = "List the domains whose mail is signed",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "Those of the configuration, and those that were added since.\n",
	.run = run_list,
};

const struct command command_domain_rotate = {
	.name = "domain rotate",
	.summary = "Make another DKIM key for a domain, in place of the one it has",
	.usage = "DOMAIN [--type rsa|ed25519|both] [--selector S]\n"
		 "       [--cancel] [--json]\n\n"
		 "Prints the DNS record to publish, beside the one there is. Once "
		 "every\n"
		 "DNS server that Ringpost asks has it, the new key signs, in all "
		 "nodes,\n"
		 "and the old one is gone; domain show says when its record may leave "
		 "DNS.\n"
		 "Asked again while the new key waits, it prints the same record. "
		 "Without\n"
		 "--type it is made as the old one was. --cancel takes the new key "
		 "away\n"
		 "again. For domains of domain add; those of the configuration get "
		 "another\n"
		 "key with ringpost dkim create.\n",
	.run = run_rotate,
};

const struct command command_domain_show = {
	.name = "domain show",
	.summary = "Show a domain's keys, and what it lacks in DNS",
	.usage =
		"DOMAIN [--json] [-c FILE] [--socket PATH]\n\n"
		"The checklist of ringpost audit, as the running server sees it. Keys\n"
		"that wait for DNS sign from now on, if it publishes them.\n\n"
		"Exit status: 0 nothing is amiss, 1 something is.\n",
	.run = run_show,
};

const struct command command_domain_remove = {
	.name = "domain remove",
	.summary = "Take away a domain that was added",
	.usage = "DOMAIN [--json] [-c FILE] [--socket PATH]\n\n"
		 "Its key signs no more, here at once, on other nodes within 10\n"
		 "seconds, and is gone. Mail that is under way has its signatures:\n"
		 "its record has to stay in DNS for some days.\n",
	.run = run_remove,
};
