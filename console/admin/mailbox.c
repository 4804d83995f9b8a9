/* `mailbox …`: tasks (mailbox_task.h) by the server, which has mailboxes open. */
#include "account/account_quota.h"
#include "account/accounts.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

#include "admin/call.h"
#include "admin/mailbox_task.h"

/* All messages of an account, or of all accounts, may take long: who asked hears that
 * it goes on, and ends it when he goes away. */
#define TASK_MS (24 * 3600 * INT64_C(1000))

static bool say(void *context, struct value *line, struct deadline deadline)
{
	return admin_say_now(context, line, deadline);
}

static struct store_sums quota_of(
	const struct account *account, const struct config *config)
{
	struct account_quota quota = account_quota(account, config);

	return (struct store_sums){quota.bytes, quota.messages};
}

static bool look_up(void *context, struct slice name, bool *there_r,
	struct store_sums *quota_r, struct deadline deadline)
{
	struct admin_call *call = context;
	struct daemon_worker *worker = &call->daemon->workers[0];
	struct arena arena = {0};
	struct account account;
	bool good;

	*there_r = account_cache_read(
		worker->accounts->cache, name, &arena, &account, deadline);
	good = *there_r || failure_kind_last() == FAILURE_DATA;
	if (*there_r)
		*quota_r = quota_of(&account, worker->world->config);
	arena_finish(&arena);
	return good;
}

/* One task, in a fiber of the worker's: it ends before what it works with is closed,
 * which who asked, and is told so, outlives. */
struct working {
	struct mailbox_task *task;
	struct condition ended;
	struct failure failure; /* unless good */
	bool finished, good;
};

static void work(void *arg)
{
	struct working *working = arg;

	working->good = mailbox_task_run(working->task, deadline_after_ms(TASK_MS));
	if (!working->good)
		working->failure = *failure_last();
	working->finished = true;
	condition_signal(&working->ended);
}

static bool run(struct daemon_worker *worker, struct mailbox_task *task)
{
	struct working *working;
	bool good;

	if (!worker->open || worker->stopping)
		return fail(FAILURE_STORE, "the server is starting or stopping");
	working = NEW(struct working);
	working->task = task;
	condition_init(&working->ended);
	good = scope_spawn(&worker->asked, "mailbox task", work, working);
	while (good && !working->finished)
		(void)condition_wait(&working->ended, deadline_none());
	good = good && (working->good || fail_again(&working->failure));
	memory_free(working);
	return good;
}

bool admin_mailbox(struct admin_call *call, struct deadline deadline)
{
	struct daemon_worker *worker = &call->daemon->workers[0];
	struct mailbox_task task = {
		.store = call->daemon->store,
		.port = worker->store_port,
		.config = worker->world->config,
		.request = call->request,
		.answer = call->answer,
		.say = say,
		.look_up = look_up,
		.context = call,
	};

	(void)deadline;
	if (!task.store || !task.port)
		return fail(FAILURE_CONFIG,
			"this server keeps no mailboxes: no route, tenant or listener "
			"of its configuration needs them");
	return run(worker, &task);
}
