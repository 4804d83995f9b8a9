/* `ringpost complete`: what the shell asks when somebody presses the tabulator. */
#include <stdio.h>

#include "base/failure.h"
#include "base/output.h"

#include "client/client.h"
#include "command/commands.h"
#include "command/completion.h"

#define NAMES_MAX 200

struct names {
	struct buffer *into;
	struct slice begun;
	size_t count;
};

static void add_name(struct names *names, const struct value *item)
{
	struct slice name = value_get_text(item, "name");

	if (!name.size || !slice_starts(name, names->begun) ||
		names->count == NAMES_MAX)
		return;
	names->count++;
	buffer_append_format(names->into, "%.*s\t\n", SLICE_PRINT(name));
}

/* A line is an item, or holds lists of them. */
static void add_names(void *context, const char *name, const struct value *item)
{
	for (size_t i = 0; i < value_count(item); i++)
		add_name(context, value_at(item, i));
}

static void add_line(void *context, const struct value *line)
{
	add_name(context, line);
	value_each(line, add_names, context);
}

/* Nothing where no server runs: nobody wants to read that here. */
static void ask_names(
	const struct arguments *arguments, const char *list, struct names *names)
{
	struct value *last = client_ask_each(
		arguments, client_question(list), add_line, names);

	if (last)
		add_line(names, last);
	value_release(&last);
}

/* Which server is meant, where the line says it already. */
static void take_server(struct arguments *arguments)
{
	for (size_t i = 0; i + 2 < arguments->count; i++) {
		struct slice word = slice_of(arguments->words[i]);

		if (slice_equal(word, SLICE("-c")) ||
			slice_equal(word, SLICE("--config")))
			arguments->config = arguments->words[i + 1];
		else if (slice_equal(word, SLICE("--socket")))
			arguments->socket = arguments->words[i + 1];
	}
}

static int run(const struct command *command, struct arguments *arguments)
{
	static char empty[] = "";
	char *none[] = {empty};
	char **words = arguments->count ? arguments->words : none;
	size_t count = arguments->count ? arguments->count : 1;
	struct completion completion;
	struct buffer text = {0};
	struct names names = {.into = &text, .begun = slice_of(words[count - 1])};

	take_server(arguments);
	completion_find(words, count, &text, &completion);
	if (completion.rest == COMPLETION_FILES)
		buffer_append(&text, SLICE(":files\t\n"));
	if (completion.rest == COMPLETION_NAMES)
		ask_names(arguments, completion.list, &names);
	output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	return EXIT_GOOD;
}

const struct command command_complete = {
	.name = "complete",
	.summary = "Say what may come next on a command line",
	.usage = "WORD …\n\n"
		 "For the shells (deploy/completion): lines of a word and what it is; "
		 "\":files\"\n"
		 "where the name of a file may stand. The last word is the unfinished "
		 "one.\n",
	.internal = true,
	.run = run,
};
