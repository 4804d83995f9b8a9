/*
 * Fanning out: a letter to each worker, a fiber there, a letter back.
 *
 * A question whose asker has given up stays until its last part is back: the
 * letters are part of it.
 */
#include "daemon/fan.h"

#include "base/failure.h"
#include "base/memory.h"

struct fan_part {
	struct fan *fan;
	struct daemon_worker *worker;
	struct letter out, back;
	struct deadline deadline;
	struct value *result;
	struct failure failure; /* kind NONE: it went well */
};

struct fan {
	struct link link;
	const struct fan_job *job;
	struct value *request; /* read by all, changed by none */
	struct worker *home;
	unsigned count, out;
	bool abandoned;
	struct condition back;
	struct fan_part parts[];
};

static void destroy(struct fan *fan)
{
	list_remove(&fan->link);
	for (unsigned i = 0; i < fan->count; i++)
		value_release(&fan->parts[i].result);
	value_release(&fan->request);
	memory_free(fan);
}

static void come_back(struct letter *letter)
{
	struct fan *fan = CONTAINER_OF(letter, struct fan_part, back)->fan;

	fan->out--;
	if (fan->out == 0 && fan->abandoned)
		destroy(fan);
	else
		condition_signal(&fan->back);
}

static void send_back(struct fan_part *part)
{
	part->back.run = come_back;
	worker_post(part->fan->home, &part->back);
}

static void work(void *arg)
{
	struct fan_part *part = arg;

	failure_clear();
	if (!part->fan->job->run(
		    part->worker, part->fan->request, &part->result, part->deadline))
		part->failure = *failure_last();
	send_back(part);
}

static void arrive(struct letter *letter)
{
	struct fan_part *part = CONTAINER_OF(letter, struct fan_part, out);
	struct daemon_worker *worker = part->worker;
	bool serves = worker->open && !worker->stopping;

	if (!serves)
		fail(FAILURE_STORE, "the server is starting or stopping");
	if (serves && scope_spawn(&worker->asked, "ask", work, part))
		return;
	part->failure = *failure_last();
	send_back(part);
}

static struct fan *make(struct daemon *daemon, const struct fan_job *job,
	const struct value *request, struct deadline deadline)
{
	struct fan *fan = memory_allocate(
		sizeof(struct fan) + daemon->worker_count * sizeof(struct fan_part));

	fan->job = job;
	fan->request = value_copy(request);
	fan->home = worker_self();
	fan->count = fan->out = daemon->worker_count;
	condition_init(&fan->back);
	for (unsigned i = 0; i < fan->count; i++)
		fan->parts[i] = (struct fan_part){
			.fan = fan,
			.worker = &daemon->workers[i],
			.out.run = arrive,
			.deadline = deadline,
		};
	return fan;
}

static bool gather(struct fan *fan, struct value **results_r)
{
	struct value *results = value_list();

	for (unsigned i = 0; i < fan->count; i++) {
		struct fan_part *part = &fan->parts[i];

		if (part->failure.kind != FAILURE_NONE) {
			value_release(&results);
			return fail_again(&part->failure);
		}
		value_append(results, part->result ? part->result : value_object());
		part->result = NULL;
	}
	*results_r = results;
	return true;
}

bool fan_out(struct daemon *daemon, struct list *fans, const struct fan_job *job,
	const struct value *request, struct value **results_r, struct deadline deadline)
{
	struct fan *fan;
	bool good = true;

	for (unsigned i = 0; i < daemon->worker_count; i++)
		if (!daemon->workers[i].worker)
			return fail(FAILURE_STORE, "the server is starting");
	fan = make(daemon, job, request, deadline);
	list_append(fans, &fan->link);
	for (unsigned i = 0; i < fan->count; i++)
		worker_post(fan->parts[i].worker->worker, &fan->parts[i].out);
	while (fan->out && good)
		good = condition_wait(&fan->back, deadline);
	if (fan->out) {
		fan->abandoned = true;
		return false;
	}
	good = gather(fan, results_r);
	destroy(fan);
	return good;
}

void fans_destroy(struct list *fans)
{
	while (!list_is_empty(fans))
		destroy(LIST_FIRST(fans, struct fan, link));
}
