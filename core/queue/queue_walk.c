/*
 * Walking over entries: by id straight to them, by domain, tenant or stream along
 * their schedules, else in pages over everything, while other fibers go on.
 *
 * What is in memory is shown as it is there (Q3); what Redis shows of the same
 * entry is older and left out.
 */
#include "queue/queue_walk.h"

#include "base/failure.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define PAGE 200

const char *queue_state_name(enum queue_state state)
{
	static const char *const names[] = {"ready", "taken", "deferred", "held"};

	return names[state];
}

static bool sender_matches(struct slice wanted, struct slice sender)
{
	if (wanted.size == 0)
		return true;
	if (slice_equal(wanted, SLICE("<>")))
		return sender.size == 0;
	if (wanted.at[0] == '@')
		return slice_ends_nocase(sender, wanted);
	return slice_equal_nocase(sender, wanted);
}

static bool has_tag(struct slice tags, struct slice tag)
{
	while (tags.at)
		if (slice_equal(slice_cut(&tags, ' '), tag))
			return true;
	return false;
}

static bool flow_matches(
	const struct queue_selector *selector, struct slice tenant, struct slice stream)
{
	return (selector->tenant.size == 0 ||
		       slice_equal_nocase(selector->tenant, tenant)) &&
	       (selector->stream.size == 0 ||
		       slice_equal_nocase(selector->stream, stream));
}

static bool matches(
	const struct queue_selector *selector, const struct queue_item *item)
{
	const struct entry *entry = item->entry;
	const struct envelope *envelope = &entry->message->envelope;
	struct slice id = selector->id;
	char text[32];

	return (!selector->state_set || selector->state == item->state) &&
	       (id.size == 0 || slice_equal(id, entry_key(entry, text)) ||
		       slice_equal(id, message_id_slice(&envelope->id))) &&
	       (selector->domain.size == 0 ||
		       slice_equal_nocase(selector->domain, entry->domain)) &&
	       flow_matches(selector, envelope->tenant, envelope->stream) &&
	       (selector->tag.size == 0 || has_tag(envelope->tags, selector->tag)) &&
	       sender_matches(selector->sender, envelope->reverse_path) &&
	       (!selector->filter || selector->filter(selector->filter_context, item));
}

/* False: no more is wanted. */
static bool show(struct walk *walk, enum queue_state state, const struct entry *entry)
{
	struct queue_item item = {.state = state, .entry = entry};

	if (!walk->stopped && matches(walk->selector, &item))
		walk->stopped = !walk->visit(walk->context, &item);
	return !walk->stopped;
}

static bool walk_memory(struct walk *walk, struct shard *shard)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *entry;

	while (map_next(&shard->active, &cursor, &key, &entry))
		if (!show(walk, QUEUE_TAKEN, entry))
			return false;
	return true;
}

/* An entry that cannot be understood is shown with what is known of it. */
static struct entry *placeholder(struct slice key, struct slice packed)
{
	struct message *message = message_create();
	struct attempt_note note = {
		.at_ms = worker_wall_ms(), .answer = slice_of(failure_last()->text)};
	unsigned index = 0;
	struct entry *entry;

	entry_key_parse(key, &message->envelope.id, &index);
	entry = entry_create(message, index, packed_domain(packed), NULL, 0);
	entry_add_note(entry, &note);
	message_release(&message);
	return entry;
}

static bool is_held(const struct redis_reply *list, size_t at)
{
	return slice_equal(
		redis_reply_text(redis_reply_at(list, at + 2)), SLICE("held"));
}

/* (key, packed, place) of an entry that is not in memory; RELEASE: until when it is
 * held. */
static bool walk_found(struct walk *walk, struct shard *shard,
	const struct redis_reply *list, size_t at, const struct redis_reply *release)
{
	struct slice key = redis_reply_text(redis_reply_at(list, at));
	struct slice packed = redis_reply_text(redis_reply_at(list, at + 1));
	bool held = is_held(list, at);
	int64_t due_ms = reply_number(held ? release : redis_reply_at(list, at + 2), 0);
	enum queue_state state = QUEUE_READY;
	struct entry *entry;
	bool more;

	if (map_find(&shard->active, key))
		return true;
	/* Who asks for one by name may want to read it. */
	entry = entry_unpack(
		walk->selector->id.size ? walk->queue->bodies : NULL, key, packed);
	if (!entry)
		entry = placeholder(key, packed);
	if (held)
		state = QUEUE_HELD;
	else if (due_ms > worker_wall_ms())
		state = QUEUE_DEFERRED;
	entry->due_ms = due_ms;
	more = show(walk, state, entry);
	entry_destroy(&entry);
	return more;
}

/* Until when those of LIST are held that are; NULL: none is. False with a failure. */
static bool ask_releases(struct walk *walk, struct shard *shard,
	const struct redis_reply *list, struct redis_reply **releases_r,
	struct deadline deadline)
{
	struct call call;
	size_t none;

	call_begin(&call, shard, "releases");
	none = call.count;
	for (size_t i = 0; i + 2 < redis_reply_count(list); i += 3)
		if (is_held(list, i))
			call_add(&call, redis_reply_text(redis_reply_at(list, i)));
	if (call.count > none)
		return call_run(walk->queue, shard, &call, releases_r, deadline);
	call_finish(&call);
	return true;
}

static bool walk_list(struct walk *walk, struct shard *shard,
	const struct redis_reply *list, struct deadline deadline)
{
	struct redis_reply *releases = NULL;
	bool more = ask_releases(walk, shard, list, &releases, deadline);
	size_t held = 0;

	for (size_t i = 0; more && i + 2 < redis_reply_count(list); i += 3) {
		const struct redis_reply *release = NULL;

		if (is_held(list, i))
			release = redis_reply_at(releases, held++);
		more = walk_found(walk, shard, list, i, release);
	}
	redis_reply_free(&releases);
	return more;
}

/* Pages of `waiting` (a schedule, by name) or of `holding` (no name). */
static bool walk_ordered(struct walk *walk, struct shard *shard, struct slice name,
	struct deadline deadline)
{
	for (int64_t offset = 0;; offset += PAGE) {
		struct redis_reply *reply = NULL;
		struct call call;
		size_t count;
		bool more;

		call_begin(&call, shard, name.size ? "waiting" : "holding");
		if (name.size)
			call_add(&call, name);
		call_add_number(&call, offset);
		call_add_number(&call, PAGE);
		if (!call_run(walk->queue, shard, &call, &reply, deadline))
			return false;
		count = redis_reply_count(reply);
		more = walk_list(walk, shard, reply, deadline);
		redis_reply_free(&reply);
		if (!more)
			return false;
		if (count < (size_t)3 * PAGE)
			return true;
	}
}

static bool walk_pages(struct walk *walk, struct shard *shard, struct deadline deadline)
{
	char cursor[24] = "0";

	do {
		struct redis_reply *reply = NULL;
		struct call call;
		bool more;

		call_begin(&call, shard, "page");
		call_add(&call, slice_of(cursor));
		call_add_number(&call, PAGE);
		if (!call_run(walk->queue, shard, &call, &reply, deadline))
			return false;
		more = walk_list(walk, shard, redis_reply_at(reply, 1), deadline) &&
		       slice_to_text(redis_reply_text(redis_reply_at(reply, 0)), cursor,
			       sizeof(cursor));
		redis_reply_free(&reply);
		if (!more)
			return false;
	} while (!slice_equal(slice_of(cursor), SLICE("0")));
	return true;
}

static bool walk_id(struct walk *walk, struct shard *shard, struct deadline deadline)
{
	bool whole = walk->selector->id.size == MESSAGE_ID_SIZE;
	struct redis_reply *reply = NULL;
	struct call call;
	bool more;

	call_begin(&call, shard, whole ? "find_message" : "find");
	call_add(&call, walk->selector->id);
	if (!call_run(walk->queue, shard, &call, &reply, deadline))
		return false;
	more = walk_list(walk, shard, reply, deadline);
	redis_reply_free(&reply);
	return more;
}

/* A schedule of a page of them; false: no more is wanted, or a failure. */
static bool walk_schedule(struct walk *walk, struct shard *shard,
	const struct schedule *schedule, struct deadline deadline)
{
	const struct queue_selector *selector = walk->selector;
	char text[SCHEDULE_SIZE_MAX + 1];
	struct flow_parts parts = {.priority = 0};

	if (schedule->domain.size == 0)
		return true; /* of what is damaged */
	if ((selector->domain.size &&
		    !slice_equal_nocase(selector->domain, schedule->domain)) ||
		(schedule->flow.size && !flow_parse(schedule->flow, &parts)) ||
		!flow_matches(selector, parts.tenant, parts.stream))
		return true;
	return walk_ordered(walk, shard, schedule_name(schedule, text), deadline);
}

/* Pages of `names` (all schedules), or of `flows` (those of the domain). */
static bool walk_schedules(
	struct walk *walk, struct shard *shard, struct deadline deadline)
{
	struct slice domain = walk->selector->domain;
	char cursor[24] = "0";

	do {
		struct redis_reply *reply = NULL;
		const struct redis_reply *list;
		struct call call;
		bool more;

		call_begin(&call, shard, domain.size ? "flows" : "names");
		if (domain.size)
			call_add(&call, domain);
		call_add(&call, slice_of(cursor));
		call_add_number(&call, PAGE);
		if (!call_run(walk->queue, shard, &call, &reply, deadline))
			return false;
		list = redis_reply_at(reply, 1);
		more = slice_to_text(redis_reply_text(redis_reply_at(reply, 0)), cursor,
			sizeof(cursor));
		for (size_t i = 0; more && i < redis_reply_count(list); i++) {
			struct slice text = redis_reply_text(redis_reply_at(list, i));
			struct schedule schedule = {domain, text};

			if (domain.size == 0)
				schedule = schedule_of_name(text);
			more = walk_schedule(walk, shard, &schedule, deadline);
		}
		redis_reply_free(&reply);
		if (!more)
			return false;
	} while (!slice_equal(slice_of(cursor), SLICE("0")));
	return true;
}

/* By domain, tenant, stream, or several of these. */
static bool walk_flows(struct walk *walk, struct shard *shard, struct deadline deadline)
{
	const struct queue_selector *selector = walk->selector;
	bool held_only = selector->state_set && selector->state == QUEUE_HELD;
	bool never_held = selector->state_set && !held_only;
	struct schedule plain = {.domain = selector->domain};

	if (!held_only && plain.domain.size &&
		!walk_schedule(walk, shard, &plain, deadline))
		return false;
	return (held_only || walk_schedules(walk, shard, deadline)) &&
	       (never_held || walk_ordered(walk, shard, SLICE_EMPTY, deadline));
}

static bool walk_shard(struct walk *walk, struct shard *shard, struct deadline deadline)
{
	const struct queue_selector *selector = walk->selector;

	if (!shard_is_usable(walk->queue, shard))
		return !shard->owned || fail(FAILURE_STORE, "Redis: %s",
						redis_trouble(walk->queue->redis));
	if (!walk_memory(walk, shard))
		return false;
	if (selector->state_set && selector->state == QUEUE_TAKEN)
		return true;
	if (selector->id.size)
		return walk_id(walk, shard, deadline);
	if (selector->domain.size || selector->tenant.size || selector->stream.size)
		return walk_flows(walk, shard, deadline);
	if (selector->state_set && selector->state == QUEUE_HELD)
		return walk_ordered(walk, shard, SLICE_EMPTY, deadline);
	return walk_pages(walk, shard, deadline);
}

bool walk_all(struct walk *walk, struct deadline deadline)
{
	struct queue *queue = walk->queue;
	struct slice id = walk->selector->id;
	struct message_id parsed;
	unsigned index;

	if (id.size && !entry_key_parse(id, &parsed, &index))
		return fail(FAILURE_DATA, "%.*s is not a message id", SLICE_PRINT(id));
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		if ((id.size && message_id_shard(&parsed) != i) ||
			(walk->selector->shard && *walk->selector->shard != i))
			continue;
		failure_clear();
		if (!walk_shard(walk, &queue->shards[i], deadline))
			return walk->stopped;
	}
	return true;
}

bool queue_each(struct queue *queue, const struct queue_selector *selector,
	bool (*visit)(void *context, const struct queue_item *item), void *context,
	struct deadline deadline)
{
	struct walk walk = {.queue = queue,
		.selector = selector,
		.visit = visit,
		.context = context};

	return walk_all(&walk, deadline);
}
