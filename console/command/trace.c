/* `ringpost trace`: what is said in SMTP sessions, while it is said. */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "mail/text.h"
#include "report/moment.h"

#include "client/client.h"
#include "command/commands.h"

#define WAIT_MS	  5000
#define NAME_SIZE 20
#define TEXT_MAX  1024
#define TIME_SIZE 32

struct wishes {
	const char *target;
	char watch[NAME_SIZE];
	bool in, out, json;
	int64_t until_ms; /* 0: until it is interrupted */
	bool begun;	  /* the server knows of it */
	uint64_t lines;	  /* printed so far */
};

/* "14:03:07.123" */
static const char *print_moment(int64_t at_ms, char text[TIME_SIZE])
{
	time_t second = (time_t)(at_ms / 1000);
	struct tm tm;
	size_t size = strftime(text, TIME_SIZE, "%H:%M:%S", localtime_r(&second, &tm));

	snprintf(text + size, TIME_SIZE - size, ".%03d", (int)(at_ms % 1000));
	return text;
}

/* We say what stands behind ">". */
static char sign_of(const struct value *item)
{
	struct slice said = value_get_text(item, "said");

	if (slice_equal(said, SLICE("note")))
		return '*';
	return slice_equal(said, SLICE("ours")) ? '>' : '<';
}

static void print_words(const struct value *item)
{
	char moment[TIME_SIZE], text[TEXT_MAX];
	size_t size = text_clean(value_get_text(item, "text"), text, sizeof(text));

	printf("%s  %-3.*s %-6.*s %c %.*s\n",
		print_moment(value_get_number(item, "at_ms"), moment),
		SLICE_PRINT(value_get_text(item, "direction")),
		SLICE_PRINT(value_get_text(item, "session")), sign_of(item), (int)size,
		text);
}

static void print_json(const struct value *item)
{
	struct buffer text = {0};

	if (value_print(item, &text))
		printf("%.*s\n", (int)buffer_size(&text), text.bytes + text.start);
	buffer_finish(&text);
}

static struct value *question_of(
	const struct command *command, const struct wishes *wishes)
{
	struct value *question = client_question(command->name);
	int64_t left_ms = wishes->until_ms - clock_wall_ms();

	value_set_text(question, "watch", slice_of(wishes->watch));
	value_set_text(question, "target", slice_of(wishes->target));
	value_set_truth(question, "only_in", wishes->in && !wishes->out);
	value_set_truth(question, "only_out", wishes->out && !wishes->in);
	if (wishes->begun)
		value_set_number(question, "wait_ms",
			!wishes->until_ms || left_ms > WAIT_MS ? WAIT_MS : left_ms);
	return question;
}

static bool hear(struct client *client, struct wishes *wishes)
{
	struct value *line;
	bool last = false;

	while ((line = client_hear(client, &last)) && !last) {
		wishes->lines++;
		if (wishes->json)
			print_json(line);
		else
			print_words(line);
		value_release(&line);
	}
	fflush(stdout);
	if (line && value_get_number(line, "lost"))
		fprintf(stderr,
			"ringpost: %lld lines were lost: more is said than is read\n",
			(long long)value_get_number(line, "lost"));
	value_release(&line);
	return last;
}

static void end_watch(
	const struct command *command, struct client *client, struct wishes *wishes)
{
	struct value *question = question_of(command, wishes);
	bool last = false;

	value_set_truth(question, "end", true);
	if (client_ask(client, &question)) {
		struct value *line = client_hear(client, &last);

		value_release(&line);
	}
	value_release(&question);
}

static void announce(struct wishes *wishes)
{
	fprintf(stderr, "Watching for %s%s; > is what we say, < what others\n",
		wishes->target, wishes->until_ms ? "" : " until it is interrupted");
	wishes->begun = true;
}

static int watch(const struct command *command, const struct arguments *arguments,
	struct wishes *wishes)
{
	struct client *client = client_open_for(arguments);
	bool good = client != NULL, over = false;

	while (good && !over && !ferror(stdout)) {
		struct value *question = question_of(command, wishes);

		over = wishes->until_ms && clock_wall_ms() >= wishes->until_ms;
		good = client_ask(client, &question) && hear(client, wishes);
		value_release(&question);
		if (good && !wishes->begun)
			announce(wishes);
	}
	if (good)
		end_watch(command, client, wishes);
	client_close(&client);
	if (good && !wishes->lines && !wishes->json)
		fprintf(stderr,
			"Nothing was said that has to do with %s. Of a message that "
			"waits, ringpost why tells more.\n",
			wishes->target);
	return good ? EXIT_GOOD : command_fail();
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct wishes wishes = {0};
	const char *length = NULL;
	const struct option options[] = {
		{"for", OPTION_TEXT, &length, NULL},
		{"in", OPTION_FLAG, &wishes.in, NULL},
		{"out", OPTION_FLAG, &wishes.out, NULL},
		{"json", OPTION_FLAG, &wishes.json, NULL},
	};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count != 1)
		return command_refuse(command,
			"one domain, host, site, address, account or message is due");
	wishes.target = arguments->words[0];
	if (!moment_read_end(length, NULL, &wishes.until_ms))
		return command_refuse(command, "%s", failure_last()->text);
	snprintf(wishes.watch, sizeof(wishes.watch), "%016llx",
		(unsigned long long)random_u64());
	return watch(command, arguments, &wishes);
}

const struct command command_trace = {
	.name = "trace",
	.summary = "Watch SMTP sessions, line by line, while they happen",
	.usage = "DOMAIN|HOST|SITE|ADDRESS|ACCOUNT|ID|NETWORK [--for TIME]\n"
		 "       [--in] [--out] [--json] [-c FILE] [--socket PATH]\n\n"
		 "Shows what is said, in and out, about messages to a DOMAIN (on port "
		 "25\n"
		 "also from it), from or to an ADDRESS, or with that ID, and in whole\n"
		 "sessions with a HOST, a SITE (as in ringpost sites), an address or\n"
		 "NETWORK, or of an ACCOUNT. > stands before what we say, < before "
		 "what the\n"
		 "other side says, * before what happens: TLS, connections that come "
		 "to\n"
		 "nothing, the end. Of contents and of AUTH only sizes are shown.\n"
		 "Ends after --for (30s, 5m), or when it is interrupted. --in: only\n"
		 "sessions others began, --out: only ours. Mail over HTTP has none.\n",
	.run = run,
};
