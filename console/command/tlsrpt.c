/* `ringpost tlsrpt`: what was counted of TLS towards those who ask for it. */
#include <inttypes.h>
#include <stdio.h>

#include "base/failure.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"

static void print_failure(const struct value *detail, struct buffer *text)
{
	struct slice host = value_get_text(detail, "receiving-mx-hostname");
	struct slice reason = value_get_text(detail, "failure-reason-code");

	buffer_append_format(text, "    %" PRId64 " %.*s",
		value_get_number(detail, "failed-session-count"),
		SLICE_PRINT(value_get_text(detail, "result-type")));
	if (host.size)
		buffer_append_format(text, " at %.*s[%.*s]", SLICE_PRINT(host),
			SLICE_PRINT(value_get_text(detail, "receiving-ip")));
	if (reason.size)
		buffer_append_format(text, ": %.*s", SLICE_PRINT(reason));
	buffer_append_byte(text, '\n');
}

static void print_policy(const struct value *group, struct buffer *text)
{
	const struct value *policy = value_get(group, "policy");
	const struct value *summary = value_get(group, "summary");
	const struct value *details = value_get(group, "failure-details");

	buffer_append_format(text,
		"  %.*s (%.*s): %" PRId64 " sessions with TLS, %" PRId64 " failed\n",
		SLICE_PRINT(value_get_text(policy, "policy-type")),
		SLICE_PRINT(value_get_text(policy, "policy-domain")),
		value_get_number(summary, "total-successful-session-count"),
		value_get_number(summary, "total-failure-session-count"));
	for (size_t i = 0; i < value_count(details); i++)
		print_failure(value_at(details, i), text);
}

static void print(const struct value *item, struct buffer *text)
{
	const struct value *policies = value_get(value_get(item, "report"), "policies");

	buffer_append_format(text, "%.*s", SLICE_PRINT(value_get_text(item, "domain")));
	if (value_has(item, "outcome")) {
		buffer_append_format(
			text, ": %.*s\n", SLICE_PRINT(value_get_text(item, "outcome")));
		return;
	}
	buffer_append_format(
		text, "%s\n", value_count(policies) ? "" : ": nothing was counted");
	for (size_t i = 0; i < value_count(policies); i++)
		print_policy(value_at(policies, i), text);
}

static bool hear(struct client *client, bool json)
{
	struct buffer text = {0};
	struct value *line;
	bool last = false;

	while ((line = client_hear(client, &last)) && !last) {
		if (json) {
			value_print(line, &text);
			buffer_append_byte(&text, '\n');
		} else {
			print(line, &text);
		}
		value_release(&line);
	}
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	last = line != NULL;
	value_release(&line);
	return last;
}

static int run(const struct command *command, struct arguments *arguments)
{
	const char *day = NULL, *domain = NULL;
	bool json = false, send = false, good;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL},
		{"day", OPTION_TEXT, &day, NULL},
		{"domain", OPTION_TEXT, &domain, NULL},
		{"send-now", OPTION_FLAG, &send, NULL}};
	struct value *question;
	struct client *client;

	if (!arguments_parse(arguments, options, sizeof(options) / sizeof(options[0])))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	client = client_open_for(arguments);
	question = client_question("tlsrpt");
	value_set_text(question, "day", slice_of(day));
	value_set_text(question, "domain", slice_of(domain));
	value_set_truth(question, "send", send);
	good = client && client_ask(client, &question) && hear(client, json);
	value_release(&question);
	client_close(&client);
	return good ? EXIT_GOOD : command_fail();
}

const struct command command_tlsrpt = {
	.name = "tlsrpt",
	.summary = "Show what was counted of TLS, for reports to others",
	.usage =
		"[--day 2026-11-21] [--domain DOMAIN] [--send-now] [--json]\n"
		"       [-c FILE] [--socket PATH]\n\n"
		"Of the domains whose DNS asks for reports on TLS (RFC 8460): in how "
		"many\n"
		"sessions of the day (in UTC, by default today) it worked, and what "
		"failed.\n"
		"--json gives each report as it is sent. --send-now sends them "
		"without\n"
		"waiting for their time, which is in the first hours of the day after; "
		"a\n"
		"day that is not over is reported again when it is.\n",
	.run = run,
};
