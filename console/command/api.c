/* `ringpost api`: what there is over HTTP, as the OpenAPI document says it; and
 * `ringpost api routes`: what the server has routes for. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "command/listing.h"
#include "web/openapi.h"

struct printing {
	const char *path;
	bool json;
	struct table table;
	struct buffer text;
};

/* The scope that an operation's key needs; empty: nobody is asked for one. */
static struct slice scope_of(const struct value *operation)
{
	const struct value *security = value_at(value_get(operation, "security"), 0);

	return value_text(value_at(value_get(security, "key"), 0));
}

/* In capitals, as HTTP has it. */
static void print_method(const char *name, char *method, size_t size)
{
	snprintf(method, size, "%s", name);
	for (size_t i = 0; method[i]; i++)
		if (method[i] >= 'a' && method[i] <= 'z')
			method[i] = (char)(method[i] - 'a' + 'A');
}

static void add_operation(
	void *context, const char *name, const struct value *operation)
{
	struct printing *printing = context;
	struct slice scope = scope_of(operation);
	struct value *line;
	char method[16];

	if (!value_has(operation, "operationId"))
		return;
	print_method(name, method, sizeof(method));
	if (!printing->json) {
		table_add_text(&printing->table, method);
		table_add_text(&printing->table, printing->path);
		table_add(&printing->table, scope.size ? scope : SLICE("-"));
		table_add(&printing->table, value_get_text(operation, "summary"));
		return;
	}
	line = value_object();
	value_set_text(line, "method", slice_of(method));
	value_set_text(line, "path", slice_of(printing->path));
	value_set_text(line, "serves", value_get_text(operation, "x-serves"));
	value_set_text(line, "scope", scope);
	value_set_text(line, "operation", value_get_text(operation, "operationId"));
	value_set_text(line, "summary", value_get_text(operation, "summary"));
	value_print(line, &printing->text);
	buffer_append_byte(&printing->text, '\n');
	value_release(&line);
}

static void add_path(void *context, const char *name, const struct value *item)
{
	struct printing *printing = context;

	printing->path = name;
	value_each(item, add_operation, printing);
}

static void print_paths(const struct value *document, bool json)
{
	static const char *const heads[] = {"METHOD", "PATH", "SCOPE", "WHAT"};
	struct printing printing = {
		.json = json, .table = {.columns = ARRAY_COUNT(heads)}};

	for (size_t i = 0; i < ARRAY_COUNT(heads); i++)
		table_add_text(&printing.table, heads[i]);
	value_each(value_get(document, "paths"), add_path, &printing);
	if (!json)
		table_print(&printing.table, words_terminal_width(), &printing.text);
	output_text(buffer_contents(&printing.text), stdout);
	table_finish(&printing.table);
	buffer_finish(&printing.text);
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, whole = false;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL},
		{"document", OPTION_FLAG, &whole, NULL}};
	struct value *document;

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	if (whole) {
		output_text(openapi_document(), stdout);
		return EXIT_GOOD;
	}
	document = value_parse(openapi_document());
	if (!document)
		return command_fail();
	print_paths(document, json);
	value_release(&document);
	return EXIT_GOOD;
}

static void add_route(struct table *table, const struct value *line, int64_t now_ms)
{
	(void)now_ms;
	table_add(table, value_get_text(line, "method"));
	table_add(table, value_get_text(line, "serves"));
	table_add(table, value_get_text(line, "path"));
}

static int run_routes(const struct command *command, struct arguments *arguments)
{
	static const char *const heads[] = {"METHOD", "SERVES", "PATH"};
	static const struct listing listing = {
		heads, ARRAY_COUNT(heads), .words = true, .add_row = add_route};

	return listing_run(command, arguments, &listing);
}

const struct command command_api = {
	.name = "api",
	.summary = "List what there is over HTTP",
	.usage =
		"[--json] [--document]\n\n"
		"Methods and paths, the scope that a key needs for each, and what they "
		"do.\n--document: all of it, as an OpenAPI 3.1 document. It is served, "
		"too, at\n/v1/openapi.json.\n",
	.run = run,
};

const struct command command_api_routes = {
	.name = "api routes",
	.summary = "List the routes that the server has",
	.usage = "[--json] [-c FILE] [--socket PATH]\n\n"
		 "SERVES is the word that a listener of role http has in its key "
		 "`serves` for\nit. These and what `ringpost api` lists are the same, "
		 "or there is a fault.\n",
	.run = run_routes,
};
