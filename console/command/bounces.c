/* `ringpost bounces`: how many refusals of late, and what they are about. */
#include <stdio.h>
#include <stdlib.h>

#include "base/config_value.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"
#include "feedback/category.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/words.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

struct asking {
	const char *since, *by, *tenant, *site, *category;
	bool json;
};

struct rows {
	struct value **list;
	size_t count;
};

static int64_t weight(const struct value *row)
{
	return value_get_number(row, "bounced") +
	       value_get_number(row, "bounced_late") +
	       value_get_number(row, "deferred");
}

static int heavier(const void *a, const void *b)
{
	const struct value *const *one = a, *const *other = b;
	int64_t difference = weight(*other) - weight(*one);

	if (difference)
		return difference > 0 ? 1 : -1;
	return slice_compare(
		value_get_text(*one, "category"), value_get_text(*other, "category"));
}

static bool hear(struct client *client, struct rows *rows, bool *cut_r)
{
	struct value *line;
	bool last = false;

	while ((line = client_hear(client, &last)) && !last) {
		rows->list = memory_resize(
			rows->list, (rows->count + 1) * sizeof(*rows->list));
		rows->list[rows->count++] = line;
	}
	*cut_r = value_get_truth(line, "cut");
	last = line != NULL;
	value_release(&line);
	return last;
}

static void add_number(struct table *table, const struct value *row, const char *name)
{
	char text[WORDS_SIZE];

	table_add_text(
		table, words_number((uint64_t)value_get_number(row, name), text));
}

static void print_table(const struct rows *rows, const char *by, struct buffer *out)
{
	bool grouped = !slice_equal(slice_of(by), SLICE("category"));
	struct table table = {.columns = grouped ? 5 : 4, .right = {true, true, true}};

	table_add_text(&table, "BOUNCED");
	table_add_text(&table, "LATE");
	table_add_text(&table, "DEFERRED");
	table_add_text(&table, "CATEGORY");
	if (grouped)
		table_add_text(&table, by[0] == 's' ? "SITE" : "TENANT");
	for (size_t i = 0; i < rows->count; i++) {
		const struct value *row = rows->list[i];
		struct slice group = value_get_text(row, by);

		add_number(&table, row, "bounced");
		add_number(&table, row, "bounced_late");
		add_number(&table, row, "deferred");
		table_add(&table, value_get_text(row, "category"));
		if (grouped && value_get_truth(row, "rest"))
			table_add_text(&table, "(others)");
		else if (grouped)
			table_add(&table, group.size ? group : SLICE("-"));
	}
	table_print(&table, words_terminal_width(), out);
	table_finish(&table);
}

static void print_json(const struct rows *rows, struct buffer *out)
{
	for (size_t i = 0; i < rows->count; i++) {
		value_print(rows->list[i], out);
		buffer_append_byte(out, '\n');
	}
}

static bool ask(struct client *client, const struct asking *asking, uint64_t since_ms)
{
	struct value *question = client_question("bounces");
	bool asked;

	value_set_number(question, "since_ms", (int64_t)since_ms);
	value_set_text(question, "by", slice_of(asking->by));
	if (asking->tenant)
		value_set_text(question, "tenant", slice_of(asking->tenant));
	if (asking->site)
		value_set_text(question, "site", slice_of(asking->site));
	if (asking->category)
		value_set_text(question, "category", slice_of(asking->category));
	asked = client && client_ask(client, &question);
	value_release(&question);
	return asked;
}

static int show(const struct arguments *arguments, const struct asking *asking,
	uint64_t since_ms)
{
	struct client *client = client_open_for(arguments);
	struct rows rows = {0};
	struct buffer out = {0};
	bool cut = false;
	bool good = ask(client, asking, since_ms) && hear(client, &rows, &cut);

	client_close(&client);
	if (rows.count)
		qsort(rows.list, rows.count, sizeof(*rows.list), heavier);
	if (good && asking->json)
		print_json(&rows, &out);
	else if (good && rows.count)
		print_table(&rows, asking->by, &out);
	else if (good)
		buffer_append_format(&out, "Nothing was refused.\n");
	if (good && cut)
		fprintf(stderr, "ringpost: there is more than is shown\n");
	output_text(buffer_contents(&out), stdout);
	buffer_finish(&out);
	for (size_t i = 0; i < rows.count; i++)
		value_release(&rows.list[i]);
	memory_free(rows.list);
	return good ? EXIT_GOOD : command_fail();
}

static bool is_grouping(const char *by)
{
	return slice_equal(slice_of(by), SLICE("category")) ||
	       slice_equal(slice_of(by), SLICE("site")) ||
	       slice_equal(slice_of(by), SLICE("tenant"));
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct asking asking = {.since = "1h", .by = "category"};
	const struct option options[] = {{"json", OPTION_FLAG, &asking.json, NULL},
		{"since", OPTION_TEXT, &asking.since, NULL},
		{"by", OPTION_TEXT, &asking.by, NULL},
		{"tenant", OPTION_TEXT, &asking.tenant, NULL},
		{"site", OPTION_TEXT, &asking.site, NULL},
		{"category", OPTION_TEXT, &asking.category, NULL}};
	enum category category;
	uint64_t since_ms = 0;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	if (config_value_duration(slice_of(asking.since), &since_ms) || !since_ms ||
		since_ms > DAY_MS)
		return command_refuse(command,
			"--since %s: a time of up to 24h, such as 30m", asking.since);
	if (!is_grouping(asking.by))
		return command_refuse(
			command, "--by %s: category, site or tenant", asking.by);
	if (asking.category && !category_find(slice_of(asking.category), &category))
		return command_refuse(command,
			"--category %s: there is none; see ringpost classify --rules",
			asking.category);
	return show(arguments, &asking, since_ms);
}

const struct command command_bounces = {
	.name = "bounces",
	.summary = "Count refusals of late by what they are about",
	.usage =
		"[--since 1h] [--by category|site|tenant] [--tenant NAME]\n"
		"       [--site TEXT] [--category NAME] [--json] [-c FILE] [--socket "
		"PATH]\n\n"
		"Of the last hour, or up to 24h, to ten minutes, since this node's "
		"start:\n"
		"recipients bounced while their message was delivered, bounced late, "
		"by "
		"a\n"
		"report that came back, and deferred, each attempt counted. --by site "
		"and\n"
		"--by tenant break them down; --tenant, --site (part of its name) and\n"
		"--category leave the others out. What the categories are: ringpost\n"
		"classify --rules.\n",
	.run = run,
};
