/* `ringpost config diff`: what another configuration would change. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/config_diff.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "client/errand.h"
#include "command/commands.h"
#include "command/send_door.h"
#include "daemon/fixed_keys.h"
#include "report/words.h"

struct printing {
	struct table keys, mail;
	bool json;
	struct buffer text;
};

/* "-" for what is not there, "" for what is not said. */
static void add_value(struct table *table, const struct value *line, const char *name)
{
	struct slice text = value_get_text(line, name);

	if (!value_has(line, name))
		text = SLICE("-");
	table_add(table, text.size ? text : SLICE("(none)"));
}

static void print_line(struct printing *printing, const struct value *line)
{
	bool key = value_has(line, "key");
	struct table *table = key ? &printing->keys : &printing->mail;
	char count[WORDS_SIZE];

	if (printing->json) {
		value_print(line, &printing->text);
		buffer_append_byte(&printing->text, '\n');
		return;
	}
	if (key) {
		table_add_text(table,
			slice_equal(value_get_text(line, "when"), SLICE("restart"))
				? "restart"
				: "reload");
		table_add(table, value_get_text(line, "key"));
	} else {
		table_add(table, value_get_text(line, "domain"));
		table_add_text(
			table, words_number((uint64_t)value_get_number(line, "queued"),
				       count));
		table_add(table, value_get_text(line, "what"));
	}
	add_value(table, line, "was");
	add_value(table, line, "is");
}

static void begin(struct printing *printing)
{
	static const char *const keys[] = {"WITH", "KEY", "NOW", "THEN"};
	static const char *const mail[] = {"DOMAIN", "QUEUED", "WHAT", "NOW", "THEN"};

	printing->keys.columns = ARRAY_COUNT(keys);
	printing->mail.columns = ARRAY_COUNT(mail);
	for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
		table_add_text(&printing->keys, keys[i]);
	for (size_t i = 0; i < ARRAY_COUNT(mail); i++)
		table_add_text(&printing->mail, mail[i]);
}

/* ANSWER NULL: there was no server to ask. */
static void print_all(
	struct printing *printing, const struct value *answer, size_t keys, size_t mail)
{
	struct buffer *text = &printing->text;
	size_t width = words_terminal_width();

	if (printing->json && answer) {
		value_print(answer, text);
		buffer_append_byte(text, '\n');
	} else if (!printing->json) {
		if (keys)
			table_print(&printing->keys, width, text);
		else
			buffer_append(text, SLICE("Nothing would change.\n"));
		if (mail) {
			buffer_append_byte(text, '\n');
			table_print(&printing->mail, width, text);
		}
		if (answer)
			buffer_append_format(text,
				"\n%lld of %lld queued entries go another way or under "
				"other limits, to %lld domains%s.\n",
				(long long)value_get_number(answer, "queued_changed"),
				(long long)value_get_number(answer, "queued"),
				(long long)value_get_number(answer, "domains_changed"),
				value_get_truth(answer, "more")
					? "; more are queued than were looked at"
					: "");
	}
	output_text(buffer_contents(text), stdout);
}

static void finish(struct printing *printing)
{
	table_finish(&printing->keys);
	table_finish(&printing->mail);
	buffer_finish(&printing->text);
}

/* ---- Against the server that runs ---- */

static int print_answer(
	struct printing *printing, const struct value *list, const struct value *answer)
{
	struct slice errors = value_get_text(answer, "errors");
	struct slice warnings = value_get_text(answer, "warnings");
	size_t keys = 0;

	if (value_has(answer, "errors")) {
		fprintf(stderr, "%.*s", SLICE_PRINT(errors));
		return EXIT_CONFIG;
	}
	fprintf(stderr, "%.*s", SLICE_PRINT(warnings));
	for (size_t i = 0; i < value_count(list); i++) {
		keys += value_has(value_at(list, i), "key");
		print_line(printing, value_at(list, i));
	}
	print_all(printing, answer, keys, value_count(list) - keys);
	return EXIT_GOOD;
}

static int ask(
	const struct arguments *arguments, const char *path, struct printing *printing)
{
	struct client *client = client_open_for(arguments);
	struct value *question = client_question("config diff"), *answer = NULL;
	struct value *list = value_list();
	struct buffer text = {0};
	char *whole = realpath(path, NULL);
	int status;

	value_set_text(question, "path", slice_of(whole ? whole : path));
	if (client && send_read(path, &text)) {
		value_set_text(question, "text", buffer_contents(&text));
		if (client_ask(client, &question))
			answer = client_hear_all(client, list);
	}
	status = answer ? print_answer(printing, list, answer) : command_fail();
	value_release(&question);
	value_release(&answer);
	value_release(&list);
	buffer_finish(&text);
	client_close(&client);
	free(whole);
	return status;
}

/* ---- Two files ---- */

struct comparing {
	struct printing *printing;
	size_t count;
};

static void add_difference(void *context, const struct config_difference *difference)
{
	struct comparing *comparing = context;
	struct value *line = value_object();

	value_set_text(line, "key", difference->key);
	if (difference->was.at)
		value_set_text(line, "was", difference->was);
	if (difference->is_now.at)
		value_set_text(line, "is", difference->is_now);
	value_set_text(line, "when",
		slice_of(fixed_keys_has(difference->key) ? "restart" : "reload"));
	print_line(comparing->printing, line);
	comparing->count++;
	value_release(&line);
}

static int compare(char *const *words, struct printing *printing)
{
	const struct arguments old_file = {.config = words[0]};
	const struct arguments new_file = {.config = words[1]};
	struct config *old = errand_config(&old_file);
	struct config *wanted = old ? errand_config(&new_file) : NULL;
	struct comparing comparing = {.printing = printing};
	bool good = old && wanted;

	if (good) {
		config_diff(old, wanted, add_difference, &comparing);
		print_all(printing, NULL, comparing.count, 0);
	}
	config_release(&old);
	config_release(&wanted);
	return good ? EXIT_GOOD : EXIT_CONFIG;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct printing printing = {.json = false};
	const struct option options[] = {{"json", OPTION_FLAG, &printing.json, NULL}};
	int status;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count > 2)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[2]);
	begin(&printing);
	if (arguments->count == 2)
		status = compare(arguments->words, &printing);
	else
		status = ask(arguments,
			arguments->count ? arguments->words[0] : arguments->config,
			&printing);
	finish(&printing);
	return status;
}

const struct command command_config_diff = {
	.name = "config diff",
	.summary = "what another configuration would change",
	.usage =
		"[FILE] [--json]\n"
		"       ringpost config diff OLD NEW [--json]\n\n"
		"Holds FILE (else the configuration's file, as it is now) against "
		"what\n"
		"is in force in the server that runs. Nothing is changed. Each key "
		"that\n"
		"differs, with both values: WITH says whether a reload puts it in\n"
		"force, or only the next start. Then what would hold for the mail "
		"that\n"
		"is queued: to which domains, how much, and what of its route, host,\n"
		"TLS, pool, login and limits is another; before DNS is asked, so that\n"
		"rules for providers are not in it. Entries of lists are named by "
		"what\n"
		"they are about. Secrets are shown as ***.\n\n"
		"What a reload would refuse is refused here in the same words. With "
		"two\n"
		"files no server is asked, and only keys are compared.\n"
		"Exit status: 0, or 78 where a configuration is wrong.\n",
	.run = run,
};
