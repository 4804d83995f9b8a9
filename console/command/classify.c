/* `ringpost classify`: what a receiver's reply is taken for, and by which rule. */
#include <stdio.h>

#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"
#include "feedback/category.h"

#include "command/commands.h"
#include "report/value.h"
#include "report/words.h"

#define WIDTH 78

/* Those of the configuration; where there is none, what ships. */
static struct classifier *load(const struct arguments *arguments)
{
	char *errors = NULL;
	struct config *config = config_load(arguments->config, &errors);
	struct classifier *classifier;

	if (config) {
		classifier = classifier_load(config, &errors);
	} else {
		fprintf(stderr,
			"ringpost: %s cannot be read, so only the built-in rules are "
			"asked\n",
			arguments->config);
		memory_free(errors);
		errors = NULL;
		classifier = classifier_parse_text(NULL, SLICE_EMPTY, &errors);
	}
	config_release(&config);
	if (!classifier)
		fail(FAILURE_CONFIG, "%s", errors);
	memory_free(errors);
	return classifier;
}

static void print_json(
	struct buffer *out, enum category category, const struct category_rule *rule)
{
	struct value *value = value_object();

	value_set_text(value, "category", slice_of(category_name(category)));
	value_set_truth(value, "hard", category_is_hard(category));
	if (rule) {
		value_set_text(value, "rule", slice_of(rule->name));
		if (rule->provider)
			value_set_text(value, "provider", slice_of(rule->provider));
		value_set_text(value, "file", slice_of(rule->file));
		value_set_number(value, "line", rule->line);
	}
	value_print(value, out);
	buffer_append_byte(out, '\n');
	value_release(&value);
}

static void print_text(struct buffer *out, enum category category,
	const struct category_rule *rule, const struct category_question *question)
{
	bool later = question->code ? question->code / 100 == 4
				    : question->enhanced.class == 4;

	buffer_append_format(out, "%s\n", category_name(category));
	words_wrap(slice_of(category_meaning(category)), 2, WIDTH, out);
	if (rule)
		buffer_append_format(out, "  by rule %s%s%s (%s:%u)\n", rule->name,
			rule->provider ? " of provider " : "",
			rule->provider ? rule->provider : "", rule->file, rule->line);
	if (!category_is_hard(category))
		return;
	words_wrap(question->ours ? SLICE("It is our own decision, and condemns no "
					  "address.")
		   : later	  ? SLICE("Said for good (5yz), it would condemn the "
						 "address.")
				  : SLICE("It condemns the address, which enters the "
						 "suppression list as that is configured."),
		2, WIDTH, out);
}

static int print_rules(void)
{
	struct slice text = classifier_shipped();

	output_text(text, stdout);
	return EXIT_GOOD;
}

static void join(const struct arguments *arguments, struct buffer *line)
{
	for (size_t i = 0; i < arguments->count; i++)
		buffer_append_format(line, "%s%s", i ? " " : "", arguments->words[i]);
}

static int classify(const struct arguments *arguments, const char *host, bool json)
{
	struct classifier *classifier = load(arguments);
	struct buffer line = {0}, out = {0};
	const struct category_rule *rule;
	struct category_question question;
	struct arena arena = {0};
	enum category category;

	if (!classifier)
		return command_fail();
	join(arguments, &line);
	question = category_question_of(buffer_contents(&line), slice_of(host), &arena);
	category = category_of(classifier, &question, &rule);
	if (json)
		print_json(&out, category, rule);
	else
		print_text(&out, category, rule, &question);
	output_text(buffer_contents(&out), stdout);
	buffer_finish(&out);
	buffer_finish(&line);
	arena_finish(&arena);
	classifier_release(&classifier);
	return EXIT_GOOD;
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, rules = false;
	const char *host = NULL;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL},
		{"rules", OPTION_FLAG, &rules, NULL},
		{"host", OPTION_TEXT, &host, NULL}};

	if (!arguments_parse(arguments, options, 3))
		return command_refuse(command, "%s", failure_last()->text);
	if (rules && arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	if (rules)
		return print_rules();
	if (!arguments->count)
		return command_refuse(command, "which reply?");
	return classify(arguments, host, json);
}

const struct command command_classify = {
	.name = "classify",
	.summary = "Say what a receiver's refusal is about, by which rule",
	.usage =
		"REPLY [--host NAME] [--json] [-c FILE]\n"
		"       ringpost classify --rules\n\n"
		"REPLY is what stands in an event, a bounce or \"why\":\n"
		"  ringpost classify '550 5.1.1 No such user'\n"
		"Rules of your own (bounces: rules) are asked first, those of the\n"
		"provider that the host NAME belongs to next; without --host, of the\n"
		"one whose words they are. --rules prints the built-in ones, with the\n"
		"meaning of each category and how a file of yours is written.\n",
	.run = run,
};
