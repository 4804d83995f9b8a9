/*
 * `message list`: messages that are in the queue, each with all of its
 * destinations that are still there.
 *
 * They come shard by shard, in each in the order of their ids: so the last id is
 * the place to go on from, what stays where it is comes once and only once, and
 * nothing is remembered between two pages. A page costs a walk over as many shards
 * as it takes to fill it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "admin/call.h"
#include "admin/message_call.h"
#include "daemon/fan.h"
#include "report/entry_value.h"

#define LIMIT_MAX	 1000
#define LIMIT_DEFAULT	 100
#define RECIPIENTS_SHOWN 20
#define SAID_AT_A_TIME	 50 /* then others have their turn */

struct wanted {
	struct queue_selector selector;
	struct slice recipient; /* address, or "@domain"; empty: any */
	int64_t since_ms, until_ms;
	struct message_id after; /* "": from the beginning */
	size_t limit;
};

/* A page of one shard: the first of it by id, one more than are wanted. */
struct page {
	const struct wanted *wanted;
	unsigned shard;
	struct row {
		struct message_id id;
		struct value *value;
	} * rows;
	size_t count;
};

static bool read_after(struct slice text, struct message_id *id_r)
{
	if (!text.size)
		return true;
	return message_id_parse(text, id_r) ||
	       fail(FAILURE_DATA, "\"%.*s\" is no cursor of this list",
		       SLICE_PRINT(slice_part(text, 0, 40)));
}

/* Of a request whose times were read. */
static bool read_wanted(const struct value *request, struct wanted *wanted_r)
{
	int64_t limit = value_get_number(request, "limit");

	*wanted_r = (struct wanted){.since_ms = value_get_number(request, "since_ms"),
		.until_ms = value_get_number(request, "until_ms")};
	wanted_r->limit = limit <= 0	      ? LIMIT_DEFAULT
			  : limit > LIMIT_MAX ? LIMIT_MAX
					      : (size_t)limit;
	wanted_r->recipient = value_get_text(request, "recipient");
	return selector_read(request, &wanted_r->selector) &&
	       read_after(value_get_text(request, "cursor"), &wanted_r->after);
}

static bool is_to(const struct entry *entry, struct slice wanted)
{
	for (size_t i = 0; i < entry->recipient_count; i++) {
		struct slice address = entry->recipients[i].address;

		if (wanted.at[0] == '@' ? slice_ends_nocase(address, wanted)
					: slice_equal_nocase(address, wanted))
			return true;
	}
	return false;
}

static bool is_wanted(void *context, const struct queue_item *item)
{
	const struct page *page = context;
	const struct wanted *wanted = page->wanted;
	const struct envelope *envelope = &item->entry->message->envelope;

	if (wanted->after.text[0] && message_id_shard(&wanted->after) == page->shard &&
		strcmp(envelope->id.text, wanted->after.text) <= 0)
		return false;
	return envelope->created_ms >= wanted->since_ms &&
	       envelope->created_ms < wanted->until_ms &&
	       (!wanted->recipient.size || is_to(item->entry, wanted->recipient));
}

/* Its place, or where it would have one. */
static struct row *place_of(struct page *page, const struct message_id *id)
{
	size_t from = 0, to = page->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(page->rows[middle].id.text, id->text) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return &page->rows[from];
}

static bool add(void *context, const struct queue_item *item)
{
	struct page *page = context;
	const struct message_id *id = &item->entry->message->envelope.id;
	struct row *row = place_of(page, id), *end = page->rows + page->count;

	if (row == end || strcmp(row->id.text, id->text) != 0) {
		if (row == page->rows + page->wanted->limit + 1)
			return true;
		if (page->count == page->wanted->limit + 1) {
			value_release(&(--end)->value);
			page->count--;
		}
		memmove(row + 1, row, (size_t)((char *)end - (char *)row));
		page->count++;
		*row = (struct row){*id, message_value(item->entry)};
	}
	message_value_add(row->value, item, RECIPIENTS_SHOWN);
	return true;
}

/* The messages of SHARD behind those in LIST. */
static bool list_shard(struct queue *queue, const struct wanted *wanted, unsigned shard,
	struct value *list, struct deadline deadline)
{
	struct page page = {.wanted = wanted,
		.shard = shard,
		.rows = memory_allocate_array(wanted->limit + 2, sizeof(struct row))};
	struct queue_selector selector = wanted->selector;
	bool good;

	selector.shard = &page.shard;
	selector.filter = is_wanted;
	selector.filter_context = &page;
	good = queue_each(queue, &selector, add, &page, deadline);
	for (size_t i = 0; i < page.count; i++)
		value_append(list, page.rows[i].value);
	memory_free(page.rows);
	return good;
}

static bool list_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	unsigned shards = (unsigned)worker->daemon->world->config->queue.shards;
	struct value *list = value_list();
	struct wanted wanted;
	bool good = read_wanted(request, &wanted);
	unsigned shard = good && wanted.after.text[0] ? message_id_shard(&wanted.after)
						      : 0;

	for (; good && shard < shards && value_count(list) <= wanted.limit; shard++)
		if (shard % worker->daemon->worker_count == worker->index)
			good = list_shard(
				worker->queue, &wanted, shard, list, deadline);
	*result_r = value_object();
	value_set(*result_r, "messages", list);
	return good;
}

struct found {
	struct message_id id;
	const struct value *value;
};

static int by_place(const void *a, const void *b)
{
	const struct found *left = a, *right = b;
	unsigned left_shard = message_id_shard(&left->id);
	unsigned right_shard = message_id_shard(&right->id);

	if (left_shard != right_shard)
		return left_shard < right_shard ? -1 : 1;
	return strcmp(left->id.text, right->id.text);
}

/* All that was found, in order. */
static struct found *sort(const struct value *results, size_t *count_r)
{
	struct found *all;
	size_t count = 0;

	for (size_t i = 0; i < value_count(results); i++)
		count += value_count(value_get(value_at(results, i), "messages"));
	all = memory_allocate_array(count + 1, sizeof(struct found));
	count = 0;
	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *list = value_get(value_at(results, i), "messages");

		for (size_t j = 0; j < value_count(list); j++) {
			struct found *found = &all[count];

			found->value = value_at(list, j);
			count += message_id_parse(
				value_get_text(found->value, "id"), &found->id);
		}
	}
	qsort(all, count, sizeof(struct found), by_place);
	*count_r = count;
	return all;
}

/* What the workers are asked; NULL with a failure. */
static struct value *make_request(struct admin_call *call)
{
	int64_t since_ms = 0, until_ms = INT64_MAX;
	struct value *request;

	if (!message_read_time(call, "since", &since_ms) ||
		!message_read_time(call, "until", &until_ms))
		return NULL;
	request = value_copy(call->request);
	value_set_number(request, "since_ms", since_ms);
	value_set_number(request, "until_ms", until_ms);
	return request;
}

static bool say_all(struct admin_call *call, const struct value *results, size_t limit,
	struct deadline deadline)
{
	size_t count;
	struct found *all = sort(results, &count);
	bool good = true;

	for (size_t i = 0; good && i < count && i < limit; i++) {
		good = admin_say(call, value_copy(all[i].value), deadline);
		if (i % SAID_AT_A_TIME == SAID_AT_A_TIME - 1)
			fiber_yield(deadline);
	}
	if (count > limit)
		value_set_text(
			call->answer, "next", message_id_slice(&all[limit - 1].id));
	memory_free(all);
	return good;
}

bool admin_message_list(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {list_here};
	struct value *request = make_request(call), *results = NULL;
	struct wanted wanted;
	bool good = request && read_wanted(request, &wanted) &&
		    fan_out(call->daemon, &call->admin->fans, &job, request, &results,
			    deadline) &&
		    say_all(call, results, wanted.limit, deadline);

	value_release(&results);
	value_release(&request);
	return good;
}
