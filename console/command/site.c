/* `ringpost site`: what holds toward a domain's receivers, and why. */
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/report.h"
#include "report/words.h"

#define LABEL "  %-12s "

static unsigned long long number(const struct value *object, const char *name)
{
	int64_t value = value_get_number(object, name);

	return value > 0 ? (unsigned long long)value : 0;
}

static void say_text(struct buffer *text, const char *label, const struct value *of,
	const char *name)
{
	struct slice value = value_get_text(of, name);

	if (value.size)
		buffer_append_format(text, LABEL "%.*s\n", label, SLICE_PRINT(value));
}

static void say_limit(void *context, const char *name, const struct value *item)
{
	struct buffer *text = context;

	buffer_append_format(text, "%s%lld %s",
		buffer_size(text) && text->bytes[text->end - 1] != ' ' ? ", " : "",
		(long long)value_number(item), name);
}

static void say_refused(struct buffer *text, const struct value *refused)
{
	struct buffer list = {0};

	value_each(refused, say_limit, &list);
	if (buffer_size(&list))
		buffer_append_format(text, LABEL "%.*s (in an hour)\n", "refused",
			SLICE_PRINT(buffer_contents(&list)));
	buffer_finish(&list);
}

static void say_learned(struct buffer *text, const struct value *site, int64_t now_ms)
{
	char when[WORDS_SIZE];

	if (number(site, "millirate_learned"))
		buffer_append_format(text, LABEL "%.2f messages a second%s\n",
			"learned", (double)number(site, "millirate_learned") / 1000,
			value_get_truth(site, "stopped")
				? ", but none goes through just now"
				: "");
	else if (value_get_truth(site, "stopped"))
		buffer_append_format(text,
			LABEL
			"it takes nothing just now; one message at a time tries it\n",
			"learned");
	if (number(site, "connections_learned"))
		buffer_append_format(text,
			LABEL "%llu connections; one more is tried now and then\n",
			"learned", number(site, "connections_learned"));
	if (number(site, "messages_per_connection_lowered"))
		buffer_append_format(text, LABEL "%llu messages a connection\n",
			"lowered", number(site, "messages_per_connection_lowered"));
	if (value_get_number(site, "backoff_until_ms") > now_ms)
		buffer_append_format(text, LABEL "next attempt %s\n", "left alone",
			words_when(value_get_number(site, "backoff_until_ms"), now_ms,
				when));
}

static void say_rules(struct buffer *text, const struct value *rules)
{
	for (size_t i = 0; i < value_count(rules); i++) {
		const struct value *rule = value_at(rules, i);
		struct slice scope = value_get_text(rule, "scope");

		if (value_get_text(rule, "value").size == 0)
			continue;
		buffer_append_format(text, LABEL "%.*s%s%.*s %.*s (%.*s)\n",
			i ? "" : "rules", SLICE_PRINT(scope), scope.size ? " " : "",
			SLICE_PRINT(value_get_text(rule, "name")),
			SLICE_PRINT(value_get_text(rule, "value")),
			SLICE_PRINT(value_get_text(rule, "origin")));
	}
}

static void say_site(struct buffer *text, const struct value *site, int64_t now_ms)
{
	const struct value *reactions = value_get(site, "reactions");

	buffer_append_format(text, "%.*s\n", SLICE_PRINT(value_get_text(site, "site")));
	say_text(text, "provider", site, "provider");
	say_text(text, "source", site, "source");
	buffer_append_format(text,
		LABEL "%llu, %llu of them idle; %llu messages in flight over each\n",
		"connections", number(site, "connections"), number(site, "idle"),
		number(site, "ahead"));
	buffer_append_format(text,
		LABEL "%llu waiting, %llu delivered, %llu deferred\n", "messages",
		number(site, "waiting"), number(site, "delivered"),
		number(site, "deferred"));
	buffer_append_format(text, LABEL, "limits now");
	value_each(value_get(site, "limits"), say_limit, text);
	buffer_append_byte(text, '\n');
	say_learned(text, site, now_ms);
	say_refused(text, value_get(site, "refused"));
	say_text(text, "trouble", site, "trouble");
	for (size_t i = 0; i < value_count(reactions); i++)
		report_reaction(value_at(reactions, i), now_ms, text);
	say_rules(text, value_get(site, "rules"));
}

static bool hear(struct client *client, bool json, bool reset, size_t *sites_r)
{
	struct buffer text = {0};
	struct value *line;
	bool last = false;

	*sites_r = 0;
	while ((line = client_hear(client, &last)) && !last) {
		++*sites_r;
		if (json) {
			value_print(line, &text);
			buffer_append_byte(&text, '\n');
		} else {
			say_site(&text, line, clock_wall_ms());
		}
		value_release(&line);
	}
	if (line && reset && !json)
		buffer_append_format(
			&text, "%llu reactions ended\n", number(line, "reset"));
	if (line)
		output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	last = line != NULL;
	value_release(&line);
	return last;
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, reset = false, good;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL},
		{"reset", OPTION_FLAG, &reset, NULL}};
	struct value *question;
	struct client *client;
	size_t sites = 0;

	if (!arguments_parse(arguments, options, 2))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one domain");
	client = client_open_for(arguments);
	question = client_question("site");
	value_set_text(question, "domain", slice_of(arguments->words[0]));
	value_set_truth(question, "reset", reset);
	good = client && client_ask(client, &question) &&
	       hear(client, json, reset, &sites);
	value_release(&question);
	client_close(&client);
	if (good && !sites)
		fprintf(stderr,
			"ringpost: no mail for %s is at hand, so nothing is known of "
			"its servers\n",
			arguments->words[0]);
	return good ? EXIT_GOOD : command_fail();
}

const struct command command_site = {
	.name = "site",
	.summary = "Say what holds toward a domain's mail servers, and why",
	.usage = "DOMAIN [--reset] [--json] [-c FILE] [--socket PATH]\n\n"
		 "For each set of servers that mail to the domain goes to, and each\n"
		 "source: connections, the limits in force and where each comes from,\n"
		 "what was learned (connections, rate, messages a connection), the\n"
		 "reactions in force with the reply and the rule they come from, and\n"
		 "when the next step is. --reset ends reactions, and forgets what was\n"
		 "learned.\n",
	.run = run,
};
