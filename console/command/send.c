/* `ringpost send`: a message from the shell. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/config_value.h"
#include "base/failure.h"
#include "base/memory.h"

#include "command/commands.h"
#include "command/send_door.h"
#include "report/moment.h"

struct wish {
	const char *from, *reply_to, *subject, *html, *stream, *tenant, *template;
	const char *at;
	struct option_texts to, cc, bcc, attach, header, tag, variable;
	uint64_t priority;
	bool has_priority, raw, unsubscribe, json;
	struct send_door door;
};

static void set_texts(
	struct value *message, const char *name, const struct option_texts *texts)
{
	struct value *list;

	if (!texts->count)
		return;
	list = value_list();
	for (size_t i = 0; i < texts->count; i++)
		value_append_text(list, slice_of(texts->at[i]));
	value_set(message, name, list);
}

static void set_text(struct value *message, const char *name, const char *text)
{
	if (text)
		value_set_text(message, name, slice_of(text));
}

/* Each "NAME" MARK "VALUE" a member. */
static bool set_pairs(struct value *message, const char *name,
	const struct option_texts *texts, char mark)
{
	struct value *object;

	if (!texts->count)
		return true;
	object = value_object();
	value_set(message, name, object);
	for (size_t i = 0; i < texts->count; i++) {
		struct slice rest = slice_of(texts->at[i]),
			     key = slice_cut(&rest, mark);
		char text[100];

		if (!rest.at || !slice_to_text(slice_trim(key), text, sizeof(text)))
			return fail(FAILURE_CONFIG, "\"%s\" is no %s", texts->at[i],
				mark == ':' ? "\"Name: value\"" : "name=value");
		value_set_text(object, text, mark == ':' ? slice_trim(rest) : rest);
	}
	return true;
}

/* PATH's text; with BYTES, in base64. */
static bool set_file(
	struct value *object, const char *name, const char *path, bool bytes)
{
	struct buffer buffer = {0};
	bool good = send_read(path, &buffer);
	struct slice text = buffer_contents(&buffer);

	if (good && bytes)
		send_set_bytes(object, name, text);
	else if (good)
		value_set_text(object, name, text.size ? text : SLICE(""));
	buffer_finish(&buffer);
	return good;
}

static bool set_files(struct value *message, const struct option_texts *paths)
{
	struct value *list = value_list();

	if (paths->count)
		value_set(message, "attachments", list);
	else
		value_release(&list);
	for (size_t i = 0; i < paths->count; i++) {
		struct value *file = value_object();
		const char *name = strrchr(paths->at[i], '/');

		value_append(list, file);
		set_text(file, "filename", name ? name + 1 : paths->at[i]);
		if (!set_file(file, "content", paths->at[i], true))
			return false;
	}
	return true;
}

/* The words' file or standard input; none where something else is the body. */
static bool set_body(struct value *message, const struct wish *wish, const char *path)
{
	if (wish->raw)
		return set_file(message, "raw", path ? path : "-", true);
	if (wish->html && !set_file(message, "html", wish->html, false))
		return false;
	return (!path && (wish->html || wish->template)) ||
	       set_file(message, "text", path ? path : "-", false);
}

/* "2026-11-22T08:00", or how long from now. */
static bool read_moment(const char *text, int64_t *ms_r)
{
	uint64_t ms;

	if (moment_parse(text, ms_r))
		return true;
	if (config_value_duration(slice_of(text), &ms))
		return fail(FAILURE_CONFIG,
			"--at \"%s\" is no time; allowed: 2026-11-22T08:00, with "
			"Z behind it for UTC, or 2h",
			text);
	*ms_r = clock_wall_ms() + (int64_t)ms;
	return true;
}

static bool make(struct value *message, const struct wish *wish, const char *path)
{
	int64_t at_ms = 0;

	set_text(message, "from", wish->from);
	set_text(message, "reply_to", wish->reply_to);
	set_text(message, "subject", wish->subject);
	set_text(message, "stream", wish->stream);
	set_text(message, "tenant", wish->tenant);
	set_text(message, "template", wish->template);
	set_texts(message, "to", &wish->to);
	set_texts(message, "cc", &wish->cc);
	set_texts(message, "bcc", &wish->bcc);
	set_texts(message, "tags", &wish->tag);
	if (wish->has_priority)
		value_set_number(message, "priority", (int64_t)wish->priority);
	if (wish->unsubscribe)
		value_set_truth(message, "list_unsubscribe", true);
	if (wish->at && !read_moment(wish->at, &at_ms))
		return false;
	if (at_ms)
		value_set_number(message, "send_at", (at_ms + 999) / 1000);
	return set_pairs(message, "headers", &wish->header, ':') &&
	       set_pairs(message, "variables", &wish->variable, '=') &&
	       set_files(message, &wish->attach) && set_body(message, wish, path);
}

static bool parse(struct arguments *arguments, struct wish *wish)
{
	const struct option options[] = {
		{"from", OPTION_TEXT, &wish->from, NULL},
		{"to", OPTION_TEXTS, &wish->to, NULL},
		{"cc", OPTION_TEXTS, &wish->cc, NULL},
		{"bcc", OPTION_TEXTS, &wish->bcc, NULL},
		{"reply-to", OPTION_TEXT, &wish->reply_to, NULL},
		{"subject", OPTION_TEXT, &wish->subject, NULL},
		{"html", OPTION_TEXT, &wish->html, NULL},
		{"attach", OPTION_TEXTS, &wish->attach, NULL},
		{"header", OPTION_TEXTS, &wish->header, NULL},
		{"raw", OPTION_FLAG, &wish->raw, NULL},
		{"template", OPTION_TEXT, &wish->template, NULL},
		{"variable", OPTION_TEXTS, &wish->variable, NULL},
		{"tag", OPTION_TEXTS, &wish->tag, NULL},
		{"stream", OPTION_TEXT, &wish->stream, NULL},
		{"tenant", OPTION_TEXT, &wish->tenant, NULL},
		{"priority", OPTION_NUMBER, &wish->priority, &wish->has_priority},
		{"at", OPTION_TEXT, &wish->at, NULL},
		{"unsubscribe", OPTION_FLAG, &wish->unsubscribe, NULL},
		{"url", OPTION_TEXT, &wish->door.url, NULL},
		{"key-file", OPTION_TEXT, &wish->door.key_file, NULL},
		{"ca-file", OPTION_TEXT, &wish->door.ca_file, NULL},
		{"json", OPTION_FLAG, &wish->json, NULL},
	};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return false;
	if (arguments->count > 1)
		return fail(FAILURE_CONFIG, "\"%s\" is not expected here",
			arguments->words[1]);
	if (!wish->from)
		return fail(FAILURE_CONFIG, "--from is missing");
	if (!wish->to.count && !wish->cc.count && !wish->bcc.count)
		return fail(FAILURE_CONFIG, "to whom? --to, --cc or --bcc");
	if (!wish->door.url != !wish->door.key_file)
		return fail(FAILURE_CONFIG, "--url and --key-file go together");
	return true;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct wish *wish = NEW(struct wish);
	struct value *message = value_object(), *answer = NULL;
	int status = EXIT_GOOD;

	if (!parse(arguments, wish) ||
		!make(message, wish, arguments->count ? arguments->words[0] : NULL))
		status = failure_kind_last() == FAILURE_CONFIG
				 ? command_refuse(command, "%s", failure_last()->text)
				 : command_fail();
	else if (!(answer = send_through(&wish->door, arguments, &message)))
		status = command_fail();
	if (answer)
		status = send_tell(&answer, wish->json ? SEND_JSON : SEND_ID);
	value_release(&message);
	memory_free(wish);
	return status;
}

const struct command command_send = {
	.name = "send",
	.summary = "send a message, its text from a file or standard input",
	.usage =
		"--from ADDRESS --to ADDRESS … [--cc …] [--bcc …] [--subject TEXT]\n"
		"       [--html FILE] [--attach FILE …] [--header 'NAME: VALUE' …]\n"
		"       [--raw] [--url URL --key-file FILE] [--json] [FILE]\n\n"
		"Hands a message in and prints its id once it is safe. Addresses may\n"
		"have names: 'Jo <jo@example.org>'. FILE is its text, \"-\" or none\n"
		"standard input; beside --html or --template there may be none.\n"
		"  --raw            FILE is a whole message, header and all\n"
		"  --attach FILE    a file that goes with it; more than once\n"
		"  --reply-to A     where answers go\n"
		"  --template NAME  a stored one; --variable NAME=VALUE fills it, and\n"
		"                   {{NAME}} in all texts\n"
		"  --at TIME        not before: 2026-11-22T08:00, or 2h from now\n"
		"  --stream S, --tenant T, --tag WORD, --priority N\n"
		"  --unsubscribe    with a link to leave the list (one recipient)\n"
		"  --url URL        by the HTTP API of a server, with the API key in\n"
		"                   --key-file; --ca-file: who it is trusted by\n"
		"Otherwise it goes to the server on this machine, from anybody, as "
		"root\n"
		"may. Recipients who get nothing are named on standard error.\n"
		"Exit status: 0 accepted, 1 refused, 75 may be tried again later.\n",
	.run = run,
};
