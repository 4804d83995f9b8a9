/* `ringpost returns`: what would be read out of a message that came back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"
#include "mail/header.h"
#include "mail/report_text.h"

#include "client/client.h"
#include "command/commands.h"
#include "report/returns_value.h"

#define PIECE	   65536
#define FIELDS_MAX 1000

/* Files mostly have lines that end in LF alone: LF without CR gets one. */
static bool read_message(const char *path, struct buffer *message)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *piece, before = 0;
	ssize_t got = -1;

	if (fd < 0)
		return fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
	piece = memory_allocate(PIECE);
	while (buffer_size(message) < REPORT_BYTES_MAX &&
		(got = read(fd, piece, PIECE)) > 0) {
		for (ssize_t i = 0; i < got; before = piece[i++]) {
			if (piece[i] == '\n' && before != '\r')
				buffer_append_byte(message, '\r');
			buffer_append_byte(message, piece[i]);
		}
	}
	if (got < 0)
		fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
	memory_free(piece);
	if (!input)
		close(fd);
	return got >= 0;
}

/* The configuration's rules; where there is none, those that ship. */
static struct classifier *load_rules(const struct arguments *arguments)
{
	char *errors = NULL;
	struct config *config = config_load(arguments->config, &errors);
	struct classifier *classifier;

	memory_free(errors);
	errors = NULL;
	classifier = config ? classifier_load(config, &errors)
			    : classifier_parse_text(NULL, SLICE_EMPTY, &errors);
	config_release(&config);
	if (!classifier)
		fail(FAILURE_CONFIG, "%s", errors);
	memory_free(errors);
	return classifier;
}

/* Those that the message itself came to, as far as its header knows. */
static void add_destinations(struct slice message, struct value *list)
{
	static const char *const names[] = {
		"Delivered-To", "X-Original-To", "Envelope-To", "To"};
	struct header_end end = {0};
	struct arena arena = {0};
	struct header header;

	if (!header_end_find(&end, message))
		header_end_finish(&end);
	if (header_scan(
		    &arena, slice_part(message, 0, end.size), FIELDS_MAX, 0, &header))
		for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
			const struct header_field *field = header_find_text(
				&header, slice_of(names[i]), NULL);

			if (field)
				value_append_text(
					list, report_mailbox(&arena, field->value));
		}
	arena_finish(&arena);
}

/* Every address that may be one of ours, and every one that may be his whom it
 * is about. */
static struct value *addresses_of(struct slice message, const struct report *report)
{
	struct value *list = value_list();

	add_destinations(message, list);
	value_append_text(list, report->complaint.mail_from);
	value_append_text(list, report->original.return_path);
	for (size_t i = 0; i < report->address_count; i++)
		value_append_text(list, report->addresses[i]);
	return list;
}

/* Whether the server knows an address of its own in it. */
static void ask_about(const struct arguments *arguments, struct slice message,
	const struct report *report, struct value *value)
{
	struct client *client = client_open_for(arguments);
	struct value *question = client_question("returns look"), *line = NULL;
	bool last;

	value_set(question, "addresses", addresses_of(message, report));
	value_set_text(question, "feedback_id", report->original.feedback_id);
	if (client && client_ask(client, &question))
		line = client_hear(client, &last);
	if (!line)
		value_set_text(value, "about_trouble",
			SLICE("The server does not answer, so nobody can say which "
			      "message it is about."));
	else if (value_has(line, "about"))
		value_set(value, "about", value_copy(value_get(line, "about")));
	else
		value_set_text(value, "about_trouble",
			SLICE("No address in it was signed by us: it could be tied to "
			      "no message."));
	value_release(&line);
	value_release(&question);
	client_close(&client);
}

static void print(const struct value *value, bool json)
{
	struct buffer out = {0};

	if (json) {
		value_print(value, &out);
		buffer_append_byte(&out, '\n');
	} else {
		report_returns(value, clock_wall_ms(), &out);
	}
	output_text(buffer_contents(&out), stdout);
	buffer_finish(&out);
}

static int run(const struct command *command, struct arguments *arguments)
{
	bool json = false, is_report;
	const struct option options[] = {{"json", OPTION_FLAG, &json, NULL}};
	struct classifier *classifier;
	struct buffer message = {0};
	struct arena arena = {0};
	struct report report;
	struct value *value;

	if (!arguments_parse(arguments, options, 1))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command, "it takes one FILE");
	classifier = load_rules(arguments);
	if (!classifier || !read_message(arguments->words[0], &message)) {
		classifier_release(&classifier);
		return command_fail();
	}
	report_read(&arena, buffer_contents(&message), &report);
	is_report = report.kind == REPORT_STATUS || report.kind == REPORT_WORDS ||
		    report.kind == REPORT_COMPLAINT;
	value = returns_value(&report, classifier);
	if (is_report)
		ask_about(arguments, buffer_contents(&message), &report, value);
	print(value, json);
	value_release(&value);
	classifier_release(&classifier);
	buffer_finish(&message);
	arena_finish(&arena);
	return is_report ? EXIT_GOOD : EXIT_FAILED;
}

const struct command command_returns = {
	.name = "returns",
	.summary = "Read a bounce or complaint: what it says, and about whom",
	.usage = "FILE [--json] [-c FILE] [--socket PATH]\n\n"
		 "Reads the message in FILE (-: standard input) as port 25 reads what "
		 "comes\n"
		 "back: a notification (DSN), a bounce in words, a complaint (ARF). "
		 "Says who\n"
		 "it is about, the category of each refusal and, where the server "
		 "runs,\n"
		 "which message of ours it is tied to. Nothing is changed by it. The "
		 "exit\n"
		 "status is 1 where it is none of these.\n",
	.run = run,
};
