/*
 * Errands: see errand.h. One whose asker has given up stays until its letter is back,
 * for the letter is part of it; a worker waits for them at its end. Worker 0 lives
 * longest, and gives back at once what comes when it stops.
 */
#include "web/errand.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/memory.h"
#include "run/worker.h"

#define ERRAND_MS 60000
#define GRACE_MS  1000 /* behind the command's own deadline */

struct errand {
	struct errands *errands;
	struct worker *home;
	struct letter out, back;
	struct admin_output output;
	struct errand_wish wish;
	struct errand_result result;
	struct deadline deadline;
	size_t seen;
	bool finished, abandoned;
	struct condition ended;
};

static _Atomic unsigned running;

void web_errands_init(struct errands *errands, struct daemon *daemon)
{
	*errands = (struct errands){.daemon = daemon};
	condition_init(&errands->ended);
}

void web_errands_finish(struct errands *errands, struct deadline deadline)
{
	(void)deadline;
	while (errands->count)
		condition_wait(&errands->ended, deadline_none());
}

void web_errand_result_finish(struct errand_result *result)
{
	value_release(&result->answer);
	value_release(&result->items);
	value_release(&result->errors);
}

static void destroy(struct errand *errand)
{
	value_release(&errand->wish.request);
	web_errand_result_finish(&errand->result);
	memory_free(errand);
}

static void come_back(struct letter *letter)
{
	struct errand *errand = CONTAINER_OF(letter, struct errand, back);
	struct errands *errands = errand->errands;

	atomic_fetch_sub(&running, 1);
	errand->finished = true;
	errands->count--;
	if (!errands->count)
		condition_broadcast(&errands->ended);
	if (errand->abandoned)
		destroy(errand);
	else
		condition_signal(&errand->ended);
}

static void send_back(struct errand *errand)
{
	errand->back.run = come_back;
	worker_post(errand->home, &errand->back);
}

/* ---- In worker 0 ---- */

/* False: no more is wanted. */
static bool take(struct errand *errand, const struct value *item)
{
	if (errand->seen++ < errand->wish.skip)
		return true;
	if (value_count(errand->result.items) == errand->wish.limit) {
		errand->result.more = true;
		return false;
	}
	value_append(errand->result.items, value_copy(item));
	return true;
}

static bool take_all(struct errand *errand, const struct value *list)
{
	for (size_t i = 0; i < value_count(list); i++)
		if (!take(errand, value_at(list, i)))
			return false;
	return true;
}

static bool gather(struct admin_output *output, struct value *item, bool now,
	struct deadline deadline)
{
	struct errand *errand = CONTAINER_OF(output, struct errand, output);
	const struct web_resource *resource = errand->wish.resource;
	bool more = true;

	(void)now, (void)deadline;
	if (resource->shape == WEB_LIST && resource->list)
		more = take_all(errand, value_get(item, resource->list));
	else if (resource->shape == WEB_LIST || resource->shape == WEB_FIRST)
		more = take(errand, item);
	value_release(&item);
	return more;
}

/* The member that is wrong: what was said of it, or "name: …" of the failure. */
static void name_member(
	struct errand_result *result, const char *member, const struct value *request)
{
	struct slice rest = slice_of(result->failure.text), first;

	if (member)
		snprintf(result->member, sizeof(result->member), "%s", member);
	if (member || result->failure.kind != FAILURE_DATA)
		return;
	first = slice_cut(&rest, ':');
	if (!rest.at || !slice_to_text(first, result->member, sizeof(result->member)) ||
		!value_has(request, result->member))
		result->member[0] = '\0';
}

static void carry_out(struct errand *errand)
{
	struct errand_result *result = &errand->result;
	const struct web_resource *resource = errand->wish.resource;
	struct daemon *daemon = errand->errands->daemon;
	const struct errand_asker *asker = &errand->wish.asker;
	struct admin_call call = {
		.admin = daemon->admin,
		.daemon = daemon,
		.output = &errand->output,
		.asker = {slice_of(asker->by), slice_of(asker->name),
			slice_of(asker->address)},
		.request = errand->wish.request,
		.answer = value_object(),
	};

	errand->output.say = gather;
	result->items = value_list();
	if (!daemon->admin)
		result->done = fail(
			FAILURE_STORE, "the server is starting or stopping");
	else
		result->done = admin_carry_out(&call, errand->deadline) || result->more;
	if (result->done && resource->shape == WEB_LIST && resource->list)
		take_all(errand, value_get(call.answer, resource->list));
	result->refusal = call.refusal;
	if (!result->done) {
		result->failure = *failure_last();
		name_member(result, call.member, errand->wish.request);
	}
	result->errors = call.errors;
	result->answer = call.answer;
}

static void work(void *arg)
{
	struct errand *errand = arg;

	carry_out(errand);
	send_back(errand);
}

static void arrive(struct letter *letter)
{
	struct errand *errand = CONTAINER_OF(letter, struct errand, out);
	struct daemon_worker *worker = &errand->errands->daemon->workers[0];
	bool serves = worker->open && !worker->stopping;

	if (!serves)
		fail(FAILURE_STORE, "the server is starting or stopping");
	if (serves && scope_spawn(&worker->asked, "web errand", work, errand))
		return;
	errand->result.failure = *failure_last();
	send_back(errand);
}

/* ---- In the asker's ---- */

static struct errand *make(struct errands *errands, const struct errand_wish *wish,
	struct deadline deadline)
{
	struct errand *errand = NEW(struct errand);

	errand->errands = errands;
	errand->home = worker_self();
	errand->wish = *wish;
	errand->deadline = deadline;
	errand->out.run = arrive;
	condition_init(&errand->ended);
	return errand;
}

bool web_errand_run(struct errands *errands, const struct errand_wish *wish,
	struct errand_result *result_r, struct deadline deadline)
{
	struct deadline until = deadline_earlier(
		deadline, deadline_after_ms(ERRAND_MS));
	struct deadline end = deadline_after_ms(deadline_left_ms(until) + GRACE_MS);
	struct worker *first = errands->daemon->workers[0].worker;
	struct value *request = wish->request;
	struct errand *errand;
	bool good = true;

	if (!first || atomic_fetch_add(&running, 1) >= ERRANDS_MAX) {
		if (first)
			atomic_fetch_sub(&running, 1);
		value_release(&request);
		return fail(FAILURE_LIMIT, "too many ask at a time");
	}
	errand = make(errands, wish, until);
	errands->count++;
	worker_post(first, &errand->out);
	while (!errand->finished && good)
		good = condition_wait(&errand->ended, end);
	if (!errand->finished) {
		errand->abandoned = true;
		return false;
	}
	*result_r = errand->result;
	errand->result = (struct errand_result){.done = false};
	destroy(errand);
	return true;
}
