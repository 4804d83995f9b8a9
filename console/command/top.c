/* `ringpost top`: how the server and its destinations are doing, again and again. */
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/output.h"

#include "client/client.h"
#include "client/screen.h"
#include "command/commands.h"
#include "report/top.h"
#include "report/words.h"

#define INTERVAL_DEFAULT 2 /* seconds */
#define INTERVAL_MAX	 3600
#define ONCE_US		 1000000 /* that its rates are of */
#define NOTE_SIZE	 300

struct looking {
	const struct command *command;
	const struct arguments *arguments;
	struct client *client; /* NULL: the server is away */
	struct value *before, *now;
	struct top_view view;
	char note[NOTE_SIZE];
	bool paused;
};

/* One answer; NULL with a failure, and the next asks a new connection. */
static struct value *ask(struct looking *looking)
{
	struct value *question, *answer = NULL;
	bool last = false;

	if (!looking->client)
		looking->client = client_open_for(looking->arguments);
	if (!looking->client)
		return NULL;
	question = client_question(looking->command->name);
	if (client_ask(looking->client, &question))
		answer = client_hear(looking->client, &last);
	value_release(&question);
	if (!answer)
		client_close(&looking->client);
	return answer;
}

static bool look(struct looking *looking)
{
	struct value *now = ask(looking);

	if (!now)
		return false;
	value_release(&looking->before);
	looking->before = looking->now;
	looking->now = now;
	return true;
}

static void finish(struct looking *looking)
{
	client_close(&looking->client);
	value_release(&looking->before);
	value_release(&looking->now);
}

/* Two looks, for the rates. */
static int look_once(struct looking *looking, bool json)
{
	struct buffer text = {0};
	bool good = look(looking);

	if (good) {
		poll(NULL, 0, ONCE_US / 1000);
		good = look(looking);
	}
	if (good && json) {
		report_top_rates(looking->before, looking->now);
		value_print(looking->now, &text);
		buffer_append_byte(&text, '\n');
	} else if (good) {
		looking->view.width = words_terminal_width();
		report_top(looking->before, looking->now, &looking->view, &text);
	}
	if (good)
		output_text(buffer_contents(&text), stdout);
	buffer_finish(&text);
	finish(looking);
	return good ? EXIT_GOOD : command_fail();
}

static void draw(struct looking *looking)
{
	struct screen_size size = screen_size();
	struct buffer text = {0};

	looking->view.width = size.width;
	looking->view.height = size.height;
	looking->view.note = looking->note[0]  ? looking->note
			     : looking->paused ? "PAUSED: p goes on, q quits"
					       : "q quits, s sorts, p pauses";
	report_top(looking->before, looking->now, &looking->view, &text);
	screen_draw(buffer_contents(&text));
	buffer_finish(&text);
}

static void refresh(struct looking *looking)
{
	looking->note[0] = 0;
	if (!look(looking))
		snprintf(looking->note, sizeof(looking->note), "NO ANSWER: %s",
			failure_last()->text);
}

/* False: it was the end. */
static bool obey(struct looking *looking, char key)
{
	if (key == 's')
		looking->view.order = (looking->view.order + 1) % TOP_ORDERS;
	else if (key == 'p')
		looking->paused = !looking->paused;
	return key != 'q' && key != 'Q';
}

static void watch(struct looking *looking, int64_t interval_ms)
{
	int64_t next_us = clock_monotonic_us() + ONCE_US;
	bool goes_on = true;

	while (goes_on) {
		int64_t left_ms = (next_us - clock_monotonic_us()) / 1000 + 1;
		char key = 0;

		draw(looking);
		switch (screen_wait(left_ms > 0 ? left_ms : 0, &key)) {
		case SCREEN_TIME:
			if (!looking->paused)
				refresh(looking);
			next_us = clock_monotonic_us() + interval_ms * 1000;
			break;
		case SCREEN_KEY:
			goes_on = obey(looking, key);
			break;
		case SCREEN_END:
			goes_on = false;
			break;
		case SCREEN_RESIZED:
			break;
		}
	}
}

static int look_on(struct looking *looking, int64_t interval_ms)
{
	if (!look(looking) || !screen_open()) {
		finish(looking);
		return command_fail();
	}
	watch(looking, interval_ms);
	screen_close();
	finish(looking);
	return EXIT_GOOD;
}

static int run(const struct command *command, struct arguments *arguments)
{
	struct looking looking = {.command = command, .arguments = arguments};
	uint64_t interval = INTERVAL_DEFAULT;
	bool once = false, json = false;
	const struct option options[] = {
		{"interval", OPTION_NUMBER, &interval, NULL},
		{"once", OPTION_FLAG, &once, NULL},
		{"json", OPTION_FLAG, &json, NULL},
	};

	if (!arguments_parse(arguments, options, ARRAY_COUNT(options)))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	if (interval < 1 || interval > INTERVAL_MAX)
		return command_refuse(
			command, "--interval is 1 to %d seconds", INTERVAL_MAX);
	if (once || json || !screen_is_there())
		return look_once(&looking, json);
	return look_on(&looking, (int64_t)interval * 1000);
}

const struct command command_top = {
	.name = "top",
	.summary = "Watch rates, the queue, refusals and the worst destinations",
	.usage = "[--interval SECONDS] [--once] [--json] [-c FILE]\n"
		 "       [--socket PATH]\n\n"
		 "A screen that is drawn again every 2 seconds: q quits, s sorts the\n"
		 "destinations by what waits, what goes out, what is deferred, p "
		 "pauses.\n"
		 "--once, --json, or no terminal: two looks a second apart, printed "
		 "once.\n"
		 "The 500 destinations that most waits for are told.\n",
	.run = run,
};
