/* Words that may come next. */
#include "command/completion.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* What a word of capitals in a synopsis stands for, where it is not one's own. */
static const struct {
	const char *word, *list; /* NULL: a file */
} placeholders[] = {
	{"FILE", NULL},
	{"DIR", NULL},
	{"D", NULL},
	{"PATH", NULL},
	{"F", NULL},
	{"ACCOUNT", "user list"},
	{"USER", "user list"},
};

/* Commands of a thing that has a list, whose NAME is one of it. */
static const char *const listed[] = {"user", "key", "webhook", "template", "app"};

static void add(struct buffer *into, struct slice word, struct slice what)
{
	buffer_append_format(
		into, "%.*s\t%.*s\n", SLICE_PRINT(word), SLICE_PRINT(what));
}

/* The lines ahead of the first that is empty. */
static struct slice synopsis_of(const struct command *command)
{
	struct slice usage = slice_of(command->usage);
	size_t end = slice_find(usage, SLICE("\n\n"));

	return slice_part(usage, 0, end);
}

/* ---- Names of commands ---- */

/* Whether the first COUNT words of NAME are these; *next_r is the one behind them. */
static bool goes_on(
	struct slice name, char *const *words, size_t count, struct slice *next_r)
{
	for (size_t i = 0; i < count; i++)
		if (!name.at || !slice_equal(slice_cut(&name, ' '), slice_of(words[i])))
			return false;
	if (!name.at)
		return false;
	*next_r = slice_cut(&name, ' ');
	return true;
}

static bool is_among(struct slice word, struct slice lines)
{
	while (lines.size) {
		struct slice line = slice_cut(&lines, '\n');

		if (slice_equal(slice_cut(&line, '\t'), word))
			return true;
	}
	return false;
}

static void add_commands(char *const *words, size_t count, struct buffer *into)
{
	struct slice begun = slice_of(words[count - 1]), next;
	const struct command *command;

	for (size_t at = 0; (command = commands_next(&at, NULL));) {
		struct slice name = slice_of(command->name);

		if (command->internal || !goes_on(name, words, count - 1, &next) ||
			!slice_starts(next, begun) ||
			is_among(next, buffer_contents(into)))
			continue;
		add(into, next,
			slice_ends(name, next) ? slice_of(command->summary)
					       : SLICE("commands of its own"));
	}
}

/* ---- Options ---- */

static bool is_option_byte(char c)
{
	return ascii_lower(c) == c && (ascii_is_alnum(c) || c == '-');
}

/* The next "--name" in *text, which goes on behind it; empty: none. */
static struct slice next_option(struct slice *text)
{
	for (;;) {
		size_t at = slice_find(*text, SLICE("--")), size = 2;
		struct slice option;

		*text = slice_from(*text, at);
		while (size < text->size && is_option_byte(text->at[size]))
			size++;
		option = slice_part(*text, 0, size);
		*text = slice_from(*text, size);
		if (option.size != 2 || !text->size)
			return option;
	}
}

static void add_option(struct buffer *into, struct slice option, struct slice begun)
{
	if (option.size > 2 && slice_starts(option, begun) &&
		!is_among(option, buffer_contents(into)))
		add(into, option, SLICE(""));
}

static void add_options(
	const struct command *command, struct slice begun, struct buffer *into)
{
	struct slice usage = slice_of(command->usage), option;

	while ((option = next_option(&usage)).size)
		add_option(into, option, begun);
	add_option(into, SLICE("--config"), begun);
	add_option(into, SLICE("--help"), begun);
}

/* What stands behind OPTION in the synopsis: "FILE", "rsa|ed25519"; empty: it takes
 * nothing, or is not there. */
static struct slice value_of(const struct command *command, struct slice option)
{
	struct slice text = synopsis_of(command), found;
	size_t size = 0;

	if (slice_equal(option, SLICE("-c")) ||
		slice_equal(option, SLICE("--config")) ||
		slice_equal(option, SLICE("--socket")))
		return SLICE("FILE");
	while ((found = next_option(&text)).size && !slice_equal(found, option))
		continue;
	if (!found.size || !text.size || (text.at[0] != ' ' && text.at[0] != '='))
		return (struct slice){0};
	text = slice_from(text, 1);
	while (size < text.size && !strchr(" ]\n…", text.at[size]))
		size++;
	text = slice_part(text, 0, size);
	/* "--all | --domain D": another of several. */
	return slice_equal(text, SLICE("|")) ? (struct slice){0} : text;
}

/* ---- Values ---- */

static void add_choices(struct slice choices, struct slice begun, struct buffer *into)
{
	while (choices.size) {
		struct slice choice = slice_cut(&choices, '|');

		if (slice_starts(choice, begun))
			add(into, choice, SLICE(""));
	}
}

static bool is_placeholder(struct slice word)
{
	for (size_t i = 0; i < word.size; i++)
		if (ascii_lower(word.at[i]) != word.at[i])
			return true;
	return false;
}

static void find_value(struct slice wanted, const struct command *command,
	struct slice begun, struct buffer *into, struct completion *completion)
{
	struct slice name = slice_of(command->name), thing = slice_cut(&name, ' ');

	for (size_t i = 0; i < ARRAY_COUNT(placeholders); i++) {
		if (!slice_equal(wanted, slice_of(placeholders[i].word)))
			continue;
		completion->rest = placeholders[i].list ? COMPLETION_NAMES
							: COMPLETION_FILES;
		if (placeholders[i].list)
			snprintf(completion->list, sizeof(completion->list), "%s",
				placeholders[i].list);
		return;
	}
	if (!is_placeholder(wanted)) {
		add_choices(wanted, begun, into);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(listed); i++) {
		if (!slice_equal(wanted, SLICE("NAME")) ||
			!slice_equal(thing, slice_of(listed[i])) ||
			slice_equal(name, SLICE("add")))
			continue;
		completion->rest = COMPLETION_NAMES;
		snprintf(completion->list, sizeof(completion->list), "%s list",
			slice_equal(thing, SLICE("app")) ? "user" : listed[i]);
	}
}

/* The INDEXth word of the synopsis that is not of an option; of the last, "ID …", all
 * that follow. */
static struct slice positional(const struct command *command, size_t index)
{
	struct slice text = synopsis_of(command), last = {0};
	struct slice line = slice_cut(&text, '\n');
	bool option = false; /* in one's brackets */

	while (line.size) {
		struct slice word = slice_cut(&line, ' ');

		option = option || slice_starts(word, SLICE("[-"));
		if (slice_equal(word, SLICE("…")))
			return last;
		if (!option && slice_starts(word, SLICE("-")))
			break;
		if (!option && word.size) {
			if (word.at[0] == '[')
				word = slice_from(word, 1);
			last = slice_part(word, 0, slice_index(word, ']'));
			if (index-- == 0)
				return last;
		}
		option = option && slice_index(word, ']') == word.size;
	}
	return (struct slice){0};
}

/* How many of the words are not options or their values. */
static size_t count_positional(
	const struct command *command, char *const *words, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		struct slice word = slice_of(words[i]);

		if (!slice_starts(word, SLICE("-")))
			found++;
		else if (value_of(command, word).size)
			i++;
	}
	return found;
}

void completion_find(char *const *words, size_t count, struct buffer *into,
	struct completion *completion_r)
{
	const struct command *command;
	struct slice begun, wanted;
	size_t named = 0, last = count - 1;

	*completion_r = (struct completion){0};
	command = commands_find(words, last, &named);
	if (!command || slice_equal(slice_of(command->name), SLICE("help"))) {
		add_commands(words + named, count - named, into);
		return;
	}
	begun = slice_of(words[last]);
	wanted = last > named ? value_of(command, slice_of(words[last - 1]))
			      : (struct slice){0};
	if (wanted.size) {
		find_value(wanted, command, begun, into, completion_r);
		return;
	}
	if (slice_starts(begun, SLICE("-"))) {
		add_options(command, begun, into);
		return;
	}
	wanted = positional(
		command, count_positional(command, words + named, last - named));
	if (wanted.size)
		find_value(wanted, command, begun, into, completion_r);
}
