/* `ringpost template show|render`: a stored template, and what it would say. */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "client/file.h"
#include "command/listing.h"

#define FILE_MOST (1u << 20)

struct wishes {
	const char *tenant, *part, *file;
	struct option_texts set;
	bool json;
};

static void print_part(const struct value *line, const char *name)
{
	struct slice text = value_get_text(line, name);

	if (!value_has(line, name))
		return;
	if (strcmp(name, "subject") == 0)
		printf("Subject: ");
	else
		printf("\n---- %s ----\n", name);
	output_text(text, stdout);
	if (!slice_ends(text, SLICE("\n")))
		putchar('\n');
}

static void print_names(const struct value *names)
{
	if (!names)
		return;
	printf("Variables: %s", value_count(names) ? "" : "none");
	for (size_t i = 0; i < value_count(names); i++)
		printf("%s%.*s", i ? ", " : "",
			SLICE_PRINT(value_text(value_at(names, i))));
	putchar('\n');
}

static void print_all(void *context, const struct value *line)
{
	print_names(value_get(line, "variables"));
	print_part(line, "subject");
	print_part(line, "text");
	print_part(line, "html");
}

static int ask(const struct arguments *arguments, struct value *question,
	const struct wishes *wishes)
{
	struct value *line;

	if (wishes->json || wishes->part)
		return listing_ask_text(
			arguments, question, wishes->json, wishes->part);
	line = client_ask_each(arguments, question, print_all, NULL);
	if (!line)
		return command_fail();
	value_release(&line);
	return EXIT_GOOD;
}

static bool read_wishes(
	struct arguments *arguments, struct wishes *wishes, bool renders)
{
	const struct option options[] = {
		{"tenant", OPTION_TEXT, &wishes->tenant, NULL},
		{"part", OPTION_TEXT, &wishes->part, NULL},
		{"json", OPTION_FLAG, &wishes->json, NULL},
		{"set", OPTION_TEXTS, &wishes->set, NULL},
		{"variables", OPTION_TEXT, &wishes->file, NULL},
	};

	if (!arguments_parse(
		    arguments, options, ARRAY_COUNT(options) - (renders ? 0 : 2)))
		return false;
	if (arguments->count != 1)
		return fail(FAILURE_CONFIG, "it takes a template's NAME");
	if (wishes->part && strcmp(wishes->part, "subject") != 0 &&
		strcmp(wishes->part, "text") != 0 && strcmp(wishes->part, "html") != 0)
		return fail(FAILURE_CONFIG, "--part is subject, text or html");
	return true;
}

static struct value *question_of(const struct command *command,
	const struct arguments *arguments, const struct wishes *wishes)
{
	struct value *question = client_question(command->name);

	value_set_text(question, "name", slice_of(arguments->words[0]));
	if (wishes->tenant)
		value_set_text(question, "tenant", slice_of(wishes->tenant));
	return question;
}

static int run_show(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.tenant = NULL};

	if (!read_wishes(arguments, &wishes, false))
		return command_refuse(command, "%s", failure_last()->text);
	return ask(arguments, question_of(command, arguments, &wishes), &wishes);
}

/* From the file, then from --set; NULL with a failure. */
static struct value *read_variables(const struct wishes *wishes)
{
	struct value *variables = wishes->file ? NULL : value_object();
	struct buffer text = {0};

	if (wishes->file && file_read(wishes->file, FILE_MOST, &text))
		variables = value_parse(buffer_contents(&text));
	buffer_finish(&text);
	for (size_t i = 0; variables && i < wishes->set.count; i++) {
		struct slice value = slice_of(wishes->set.at[i]);
		struct slice name = slice_cut(&value, '=');
		char word[128];

		if (!value.at || !slice_to_text(name, word, sizeof(word))) {
			fail(FAILURE_DATA, "--set is NAME=VALUE, not %s",
				wishes->set.at[i]);
			value_release(&variables);
		} else {
			value_set_text(variables, word, value);
		}
	}
	return variables;
}

static int run_render(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {.tenant = NULL};
	struct value *question, *variables;

	if (!read_wishes(arguments, &wishes, true))
		return command_refuse(command, "%s", failure_last()->text);
	variables = read_variables(&wishes);
	if (!variables)
		return command_fail();
	question = question_of(command, arguments, &wishes);
	value_set(question, "variables", variables);
	return ask(arguments, question, &wishes);
}

const struct command command_template_show = {
	.name = "template show",
	.summary = "Show a stored template",
	.usage = "NAME [--tenant T] [--part subject|text|html] [--json]\n"
		 "       [-c FILE] [--socket PATH]\n\n"
		 "Its texts, and the variables a message has to give. --part: that "
		 "text\n"
		 "alone, as it is stored.\n",
	.run = run_show,
};

const struct command command_template_render = {
	.name = "template render",
	.summary = "Show what a template says with variables put in",
	.usage =
		"NAME [--set NAME=VALUE]… [--variables FILE]\n"
		"       [--tenant T] [--part subject|text|html] [--json]\n\n"
		"Nothing is sent. FILE has an object in JSON, as a message's\n"
		"`variables`; --set goes over what it says. A name without a variable\n"
		"is an error here, as it is in a message.\n",
	.run = run_render,
};
