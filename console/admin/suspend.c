/*
 * `suspend`, `resume`, `suspensions`: what an operator leaves alone for a while.
 * Redis has it, for all nodes and over restarts; our workers are told at once, the
 * others look each second.
 */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"
#include "mail/domain.h"
#include "relay/suspended.h"

#include "admin/call.h"
#include "daemon/fan.h"

static bool load_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct redis *redis = worker->redis;

	(void)request;
	*result_r = value_object();
	return worker->relay && relay_load_suspensions(worker->relay, redis, deadline);
}

static bool tell_workers(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {load_here};
	struct value *results = NULL;
	bool good = fan_out(call->daemon, &call->admin->fans, &job, call->request,
		&results, deadline);

	value_release(&results);
	return good;
}

static struct redis *redis_of(struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

/* A plain command; an error reply is a failure. */
static bool ask(struct admin_call *call, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	if (!redis_call(redis_of(call), count, argv, reply_r, deadline))
		return false;
	return redis_reply_kind(*reply_r) != REDIS_ERROR || redis_reply_fail(*reply_r);
}

static bool is_a_name(struct slice name, bool spaces)
{
	for (size_t i = 0; i < name.size; i++)
		if ((unsigned char)name.at[i] < (spaces ? ' ' : '!') ||
			name.at[i] == 0x7f)
			return false;
	return true;
}

/* The form that domains have in entries: A-labels in lower case. */
static bool read_domain(
	struct slice name, char text[DOMAIN_MAX + 2], struct slice *into)
{
	bool below = slice_starts(name, SLICE("."));
	struct slice ascii;

	if (!domain_to_ascii(slice_from(name, below), text + 1, &ascii))
		return fail(FAILURE_DATA, "\"%.*s\" is no domain", SLICE_PRINT(name));
	text[0] = '.';
	*into = below ? slice_make(text, ascii.size + 1)
		      : slice_make(text + 1, ascii.size);
	return true;
}

static bool check_name(const struct config *config, const struct suspension *one)
{
	if (one->scope != SUSPEND_SOURCE)
		return true;
	for (size_t i = 0; i < config->source_count; i++)
		if (slice_equal(slice_of(config->sources[i].name), one->name))
			return true;
	return fail(FAILURE_DATA, "there is no source \"%.*s\" in %s",
		SLICE_PRINT(one->name), config->path);
}

static bool read_one(struct admin_call *call, struct suspension *one,
	char text[DOMAIN_MAX + 2], bool ending)
{
	const struct value *request = call->request;
	struct slice name = value_get_text(request, "name");

	if (!suspend_scope_parse(value_get_text(request, "scope"), &one->scope) ||
		!name.size || name.size > SUSPENSION_NAME_MAX ||
		!is_a_name(name, false))
		return admin_refuse(
			call, ADMIN_WRONG, "scope", "which mail? a scope and a name");
	one->name = name;
	one->until_ms = value_get_number(request, "until_ms");
	one->since_ms = worker_wall_ms();
	one->reason = value_get_text(request, "reason");
	if (one->reason.size > SUSPENSION_REASON_MAX || !is_a_name(one->reason, true))
		return admin_refuse(call, ADMIN_WRONG, "reason",
			"a reason is one line of up to %d bytes",
			SUSPENSION_REASON_MAX);
	if (one->scope == SUSPEND_DOMAIN && !read_domain(name, text, &one->name))
		return false;
	if (ending)
		return true;
	if (one->until_ms && one->until_ms <= one->since_ms)
		return admin_refuse(
			call, ADMIN_WRONG, "until_ms", "that time is over already");
	return check_name(call->daemon->world->config, one);
}

static void describe(const struct suspension *one, struct value *item)
{
	value_set_text(item, "scope", slice_of(suspend_scope_name(one->scope)));
	value_set_text(item, "name", one->name);
	value_set_number(item, "since_ms", one->since_ms);
	if (one->until_ms)
		value_set_number(item, "until_ms", one->until_ms);
	value_set_text(item, "reason", one->reason);
}

bool admin_suspend(struct admin_call *call, struct deadline deadline)
{
	char domain[DOMAIN_MAX + 2], field[SUSPENSION_FIELD_SIZE];
	struct buffer value = {0};
	struct redis_reply *reply = NULL;
	struct suspension one;
	bool good;

	if (!read_one(call, &one, domain, false))
		return false;
	suspension_print_value(&one, &value);
	struct slice count[] = {SLICE("HLEN"), SLICE(SUSPENSIONS_KEY)};
	struct slice set[] = {SLICE("HSET"), SLICE(SUSPENSIONS_KEY),
		suspension_field(&one, field), buffer_contents(&value)};

	good = ask(call, ARRAY_COUNT(count), count, &reply, deadline);
	if (good && redis_reply_number(reply) >= SUSPENSIONS_MAX)
		good = fail(FAILURE_LIMIT, "%d are suspended already; end some",
			SUSPENSIONS_MAX);
	redis_reply_free(&reply);
	good = good && ask(call, ARRAY_COUNT(set), set, &reply, deadline);
	redis_reply_free(&reply);
	buffer_finish(&value);
	if (!good)
		return false;
	suspended_tell(&one);
	describe(&one, call->answer);
	return tell_workers(call, deadline);
}

bool admin_resume(struct admin_call *call, struct deadline deadline)
{
	char domain[DOMAIN_MAX + 2], field[SUSPENSION_FIELD_SIZE];
	struct redis_reply *reply = NULL;
	struct suspension one;
	bool good, was;

	if (!read_one(call, &one, domain, true))
		return false;
	struct slice argv[] = {
		SLICE("HDEL"), SLICE(SUSPENSIONS_KEY), suspension_field(&one, field)};

	one.until_ms = 0;
	good = ask(call, ARRAY_COUNT(argv), argv, &reply, deadline);
	was = good && redis_reply_number(reply) == 1;
	redis_reply_free(&reply);
	if (!good)
		return false;
	if (was)
		suspended_tell_end(&one, "operator");
	value_set_truth(call->answer, "was", was);
	return tell_workers(call, deadline);
}

static void add(struct admin_call *call, struct value *list, struct slice field,
	struct slice value)
{
	struct suspension one;
	struct value *item;

	(void)call;
	if (!suspension_parse(field, value, &one) ||
		suspension_is_over(&one, worker_wall_ms()))
		return;
	item = value_object();
	describe(&one, item);
	value_append(list, item);
}

bool admin_suspensions(struct admin_call *call, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGETALL"), SLICE(SUSPENSIONS_KEY)};
	struct redis_reply *reply = NULL;
	struct value *list = value_list();
	bool good = ask(call, ARRAY_COUNT(argv), argv, &reply, deadline);

	for (size_t i = 0; good && i + 1 < redis_reply_count(reply); i += 2)
		add(call, list, redis_reply_text(redis_reply_at(reply, i)),
			redis_reply_text(redis_reply_at(reply, i + 1)));
	redis_reply_free(&reply);
	value_set(call->answer, "suspensions", list);
	return good;
}
