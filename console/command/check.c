/* `ringpost check`: everything that is wrong, before it matters. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"

#include "check/check.h"
#include "client/client.h"
#include "command/commands.h"
#include "client/errand.h"
#include "daemon/world.h"
#include "report/value.h"

static void report(
	struct check *check, struct buffer *into, const void *member, const char *text)
{
	char place[CONFIG_PLACE_SIZE];
	struct slice path = slice_of(check->config->path);

	config_place(check->config, config_mark_of(check->config, member), place);
	/* Failures that know their place already begin with it. */
	if (slice_starts(slice_of(text), path))
		place[0] = 0;
	buffer_append_format(into, "%s%s\n", place, text);
}

void check_error(struct check *check, const void *member, const char *text)
{
	report(check, &check->errors, member, text);
}

void check_warning(struct check *check, const void *member, const char *text)
{
	report(check, &check->warnings, member, text);
}

static void print(FILE *stream, struct buffer *text, const char *mark)
{
	struct slice rest = buffer_contents(text);

	while (rest.size) {
		struct slice line = slice_cut(&rest, '\n');

		fprintf(stream, "%.*s%s\n", (int)line.size, line.at, mark);
	}
	buffer_finish(text);
}

static struct value *lines_of(struct buffer *text)
{
	struct slice rest = buffer_contents(text);
	struct value *list = value_list();

	while (rest.size)
		value_append_text(list, slice_cut(&rest, '\n'));
	buffer_finish(text);
	return list;
}

static void print_json(struct check *check, struct buffer *summary)
{
	struct value *value = value_object();

	value_set_truth(value, "good", !buffer_size(&check->errors));
	value_set(value, "errors", lines_of(&check->errors));
	value_set(value, "warnings", lines_of(&check->warnings));
	value_set_text(value, "summary", slice_trim_all(buffer_contents(summary)));
	buffer_finish(summary);
	command_print_json(value);
	value_release(&value);
}

/* The configuration; NULL: it cannot be read, which is said. */
static struct config *load(
	struct check *check, const struct arguments *arguments, bool json)
{
	struct config *config;
	struct buffer nothing = {0};
	char *errors = NULL;

	if (!json)
		return errand_config(arguments);
	config = config_load(arguments->config, &errors);
	if (!config) {
		buffer_append_format(&check->errors, "%s", errors ? errors : "");
		print_json(check, &nothing);
	}
	memory_free(errors);
	return config;
}

static void look(struct check *check, const char *socket)
{
	struct world *world = world_create(
		check->config, &check->errors, &check->warnings);
	char *own = memory_format(
		"%s/%s", check->config->state_directory, CLIENT_SOCKET_NAME);

	world_release(&world);
	check_host(check, socket ? socket : own);
	check_network(check);
	check_bounces(check);
	check_receive(check);
	check_sources(check);
	memory_free(own);
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct check check = {0};
	struct buffer summary = {0};
	struct option_texts mx = {.count = 0};
	bool json = false;
	const struct option options[] = {
		{"mx", OPTION_TEXTS, &mx, NULL}, {"json", OPTION_FLAG, &json, NULL}};
	int status = EXIT_GOOD;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count > 1)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[1]);
	if (!arguments->count && mx.count)
		return command_refuse(command, "this needs a DOMAIN");
	check.config = load(&check, arguments, json && !arguments->count);
	if (!check.config)
		return EXIT_CONFIG;
	if (arguments->count) {
		status = check_domain(check.config, arguments->words[0], &mx, json);
		config_release(&check.config);
		return status;
	}
	look(&check, arguments->socket);
	if (buffer_size(&check.errors))
		status = EXIT_CONFIG;
	else
		check_summary(check.config, &summary);
	if (json) {
		print_json(&check, &summary);
	} else {
		print(stderr, &check.errors, "");
		print(stderr, &check.warnings, " (warning)");
		print(stdout, &summary, "");
	}
	config_release(&check.config);
	return status;
}

const struct command command_check = {
	.name = "check",
	.summary = "Find what is wrong with a configuration, without starting",
	.usage =
		"[DOMAIN [--mx NAME] …] [--json] [-c FILE]\n\n"
		"Prints everything that would keep the server from starting, each as\n"
		"FILE:LINE:COLUMN: what is wrong; and what is suspicious, marked as a\n"
		"warning. Ports that the running server of the same state directory "
		"holds\n"
		"are free for it. When all is well, one line says what the "
		"configuration\n"
		"does.\n\n"
		"With a DOMAIN: its mail servers (DNS is asked; --mx names them "
		"instead), the\n"
		"provider they belong to, and what holds toward it: each limit and "
		"setting\n"
		"with where it was written, and what is done about which replies.\n\n"
		"Exit status: 0 it is good, 78 it is not.\n",
	.run = run,
};
