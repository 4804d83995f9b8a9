/* Asks for mailbox tasks, or runs them; see mailbox_ask.h. */
#include "command/mailbox_ask.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "manage/settings.h"

#include "client/client.h"
#include "client/errand.h"
#include "admin/mailbox_task.h"
#include "client/small_worker.h"
#include "report/words.h"

static void show_progress(const struct value *line)
{
	int64_t count = value_get_number(line, "progress");
	char text[WORDS_SIZE];

	if (count && isatty(2))
		fprintf(stderr, "\r%s so far … ",
			words_count((uint64_t)count, "message", "messages", text));
}

static void hear(const struct mailbox_ask *ask, const struct value *line)
{
	if (value_has(line, "progress"))
		show_progress(line);
	else if (ask->json)
		command_print_json(line);
	else if (ask->hear)
		ask->hear(ask->context, line);
}

/* ---- By the server ---- */

static struct value *ask_server(
	const struct mailbox_ask *ask, struct client *client, struct value **question)
{
	struct value *line = NULL;
	bool last = false;

	if (!client_ask(client, question))
		return NULL;
	while ((line = client_hear(client, &last)) && !last) {
		hear(ask, line);
		value_release(&line);
	}
	return line;
}

/* ---- By ourselves ---- */

struct alone {
	const struct mailbox_ask *ask;
	struct config *config;
	const char *folder;
	const struct value *question;
	struct value *answer;
	struct failure failure;
};

static bool say(void *context, struct value *line, struct deadline deadline)
{
	struct alone *alone = context;

	(void)deadline;
	hear(alone->ask, line);
	value_release(&line);
	return true;
}

static void work(void *arg)
{
	struct alone *alone = arg;
	struct mailbox_task task = {
		.config = alone->config,
		.request = alone->question,
		.answer = alone->answer,
		.say = say,
		.context = alone,
	};
	bool good = false;

	task.store = store_create(alone->folder, 1);
	if (task.store) {
		settings_apply(task.store, alone->config);
		task.port = store_port_open(task.store);
		good = mailbox_task_run(&task, deadline_none());
	}
	if (!good)
		alone->failure = *failure_last();
	if (task.port)
		store_port_close(&task.port);
	store_destroy(&task.store);
}

/* What is made must be the server's own. */
static bool become_owner(const char *folder)
{
	struct stat status;

	if (stat(folder, &status))
		return errno == ENOENT ? fail(FAILURE_FILE,
						 "there are no mailboxes in %s: the "
						 "server makes that folder when it "
						 "runs",
						 folder)
				       : fail_errno(FAILURE_FILE, errno, "%s", folder);
	if (geteuid() != 0 || status.st_uid == 0)
		return true;
	return (setgroups(0, NULL) == 0 &&
		       setresgid(status.st_gid, status.st_gid, status.st_gid) == 0 &&
		       setresuid(status.st_uid, status.st_uid, status.st_uid) == 0) ||
	       fail_errno(FAILURE_RESOURCE, errno, "cannot become the owner of %s",
		       folder);
}

static struct value *ask_ourselves(
	const struct mailbox_ask *ask, const struct value *question)
{
	struct alone alone = {.ask = ask,
		.question = question,
		.config = errand_config(ask->arguments)};
	bool good;

	if (!alone.config) {
		fail(FAILURE_CONFIG,
			"%s is wrong, so where mailboxes are cannot be "
			"told",
			ask->arguments->config);
		return NULL;
	}
	alone.folder = alone.config->pickup.directory;
	alone.answer = value_object();
	/* Of what the log would say, only that. */
	good = become_owner(alone.folder) && small_worker_run(work, &alone);
	if (good && alone.failure.kind)
		good = fail_again(&alone.failure);
	if (!good)
		value_release(&alone.answer);
	config_release(&alone.config);
	return alone.answer;
}

struct value *mailbox_ask(const struct mailbox_ask *ask, struct value *question)
{
	struct client *client = client_open_for(ask->arguments);
	struct value *answer = NULL;

	if (client)
		answer = ask_server(ask, client, &question);
	else if (client_is_nobody_there() && !ask->arguments->socket)
		answer = ask_ourselves(ask, question);
	client_close(&client);
	value_release(&question);
	if (answer && ask->json && !ask->hear)
		command_print_json(answer);
	return answer;
}
