/* Sending to one webhook: batch after batch, each until it is taken or dead. */
#include "events/webhook_send.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "events/reader.h"
#include "events/webhook_dead.h"
#include "events/webhook_post.h"
#include "run/worker.h"

#define UP_MS	     1000
#define CALL_MS	     10000
#define POLL_MS	     100
#define SENDERS_FAST 10	     /* more of them look more rarely */
#define REMEMBER_US  5000000 /* when only uninteresting events came */
#define CHECK_US     10000000
#define BACKOFF_MS   1000
#define BACKOFF_MAX  600000
#define DEAD_SOON_US 60000000 /* too old, and it failed just now: not tried */
#define READS_MAX    16	      /* for more, once there is something */
#define TOO_LARGE    413

struct sender {
	struct arena arena; /* of the webhook */
	struct webhook webhook;
	struct redis *redis;
	struct dns *dns;
	int64_t since_ms;
	unsigned *senders;
	struct scope scope;
	struct webhook_state state;
	struct reader reader;
	struct webhook_body body;
	size_t limit;	     /* events of a request; less where it says 413 */
	bool caught_up;	     /* there was nothing more for it */
	bool complete;	     /* the body takes no more */
	struct cursor first; /* of the body: where it begins */
	int64_t remembered_us, checked_us, failed_us;
	unsigned attempts; /* in a row that failed */
	unsigned tries;	   /* of this body */
};

static bool remember(struct sender *sender)
{
	sender->remembered_us = worker_now_us();
	return webhook_state_write(sender->redis, sender->webhook.name, &sender->state,
		deadline_after_ms(CALL_MS));
}

/* ---- Reading ---- */

static bool take_line(void *context, struct slice line)
{
	struct sender *sender = context;
	struct webhook_body *body = &sender->body;
	struct events_line read;

	if (!events_line_read(line, &read) || !webhook_wants(&sender->webhook, &read))
		return true;
	if (body->count >= sender->limit ||
		buffer_size(&body->text) >= WEBHOOK_BODY_MAX) {
		sender->complete = true;
		return false;
	}
	if (body->count == 0)
		sender->first = sender->reader.cursor;
	webhook_body_add(body, line);
	return true;
}

/* A body of what there is now; one without events, too. */
static bool gather(struct sender *sender)
{
	bool more = true;
	unsigned reads = 0;

	sender->reader.cursor = sender->state.cursor;
	sender->complete = false;
	webhook_body_begin(&sender->body);
	while (more && !sender->complete &&
		(sender->body.count == 0 || reads++ < READS_MAX)) {
		if (!reader_read(&sender->reader, &more, deadline_after_ms(CALL_MS)))
			return false;
		if (sender->body.count == 0)
			sender->state.cursor = sender->reader.cursor;
	}
	return true;
}

/* Where it was; for one that is new, where it was made. */
static bool begin(struct sender *sender)
{
	struct webhook_state *state = &sender->state;

	if (!webhook_state_read(sender->redis, sender->webhook.name, state,
		    deadline_after_ms(CALL_MS)))
		return false;
	if (state->known)
		return true;
	state->cursor = (struct cursor){.ms = (uint64_t)sender->since_ms};
	state->known = true;
	if (remember(sender))
		return true;
	state->known = false;
	return false;
}

static void tell(struct sender *sender, enum event_level level, const char *name,
	const char *why)
{
	struct event event;

	event_begin(&event, level, name);
	event_text(&event, "webhook", sender->webhook.name);
	if (why)
		event_text(&event, "reason", slice_of(why));
	event_end(&event);
}

/* What was cut off the stream before it was sent is lost. */
static bool check_missed(struct sender *sender)
{
	struct cursor gone;
	bool missed;

	if (sender->checked_us && worker_now_us() - sender->checked_us < CHECK_US)
		return true;
	sender->reader.cursor = sender->state.cursor;
	if (!reader_check(&sender->reader, &missed, &gone, deadline_after_ms(CALL_MS)))
		return false;
	sender->checked_us = worker_now_us();
	if (!missed)
		return true;
	sender->state.cursor = gone;
	sender->state.missed++;
	tell(sender, EVENT_WARNING, "webhook_missed", NULL);
	return remember(sender);
}

/* ---- Sending ---- */

static int64_t age_ms(const struct sender *sender)
{
	return worker_wall_ms() - (int64_t)sender->first.ms;
}

static bool is_too_old(const struct sender *sender)
{
	return age_ms(sender) > sender->webhook.retry_for_ms;
}

static void sent(struct sender *sender, unsigned status)
{
	struct webhook_state *state = &sender->state;

	if (state->failing_ms)
		tell(sender, EVENT_INFO, "webhook_works", NULL);
	state->failing_ms = 0;
	state->status = status;
	state->why[0] = '\0';
	state->sent += sender->body.count;
	state->sent_ms = worker_wall_ms();
	state->cursor = sender->reader.cursor;
	sender->attempts = sender->tries = 0;
	sender->failed_us = 0;
	if (sender->limit < sender->webhook.batch)
		sender->limit = 2 * sender->limit < sender->webhook.batch
					? 2 * sender->limit
					: sender->webhook.batch;
}

static void failed(struct sender *sender, const struct webhook_answer *answer)
{
	struct webhook_state *state = &sender->state;

	if (!state->failing_ms) {
		tell(sender, EVENT_WARNING, "webhook_failing", answer->why);
		state->failing_ms = worker_wall_ms();
	}
	state->failed++;
	state->status = answer->status;
	memcpy(state->why, answer->why, sizeof(state->why));
	sender->failed_us = worker_now_us();
	sender->attempts++;
}

/* True: it is among the dead letters. */
static bool bury(struct sender *sender, struct slice body)
{
	struct webhook_state *state = &sender->state;

	if (!webhook_dead_add(sender->redis, sender->webhook.name, body,
		    sender->body.count, state->why, deadline_after_ms(CALL_MS)))
		return false;
	tell(sender, EVENT_WARNING, "webhook_dead", state->why);
	state->dead += sender->body.count;
	sender->tries = 0;
	state->cursor = sender->reader.cursor;
	return true;
}

static int64_t backoff_ms(unsigned attempts)
{
	int64_t ms = BACKOFF_MS;

	for (unsigned i = 1; i < attempts && ms < BACKOFF_MAX; i++)
		ms *= 2;
	if (ms > BACKOFF_MAX)
		ms = BACKOFF_MAX;
	return ms * 3 / 4 + (int64_t)random_below((uint64_t)ms / 2);
}

/* False: the same events, or fewer of them, are to be tried again after a while. */
static bool deliver(struct sender *sender)
{
	struct slice body = webhook_body_end(&sender->body);
	bool hopeless = sender->failed_us && is_too_old(sender) &&
			worker_now_us() - sender->failed_us < DEAD_SOON_US;
	struct webhook_answer answer;

	if (!hopeless) {
		if (webhook_post(&sender->webhook, body, ++sender->tries, sender->dns,
			    &answer, deadline_none())) {
			sent(sender, answer.status);
			return true;
		}
		if (fiber_is_cancelled())
			return false;
		failed(sender, &answer);
		if (answer.status == TOO_LARGE && sender->body.count == 1)
			return bury(sender, body);
		if (answer.status == TOO_LARGE) {
			sender->limit = sender->body.count / 2;
			return true;
		}
	}
	return is_too_old(sender) && bury(sender, body);
}

static bool rest(int64_t ms)
{
	return fiber_sleep(deadline_after_ms(ms));
}

/* False: the fiber ends. */
static bool round_once(struct sender *sender)
{
	unsigned slow = 1 + *sender->senders / SENDERS_FAST;
	bool good;

	if (!check_missed(sender) || !gather(sender))
		return rest(UP_MS);
	sender->caught_up = sender->body.count == 0;
	if (sender->caught_up) {
		if (worker_now_us() - sender->remembered_us > REMEMBER_US)
			remember(sender);
		return rest(POLL_MS * slow);
	}
	good = deliver(sender);
	if (fiber_is_cancelled())
		return false;
	/* Without it, the same is sent once more after a restart, no worse. */
	remember(sender);
	return good || rest(backoff_ms(sender->attempts));
}

static void run(void *arg)
{
	struct sender *sender = arg;

	while (!fiber_is_cancelled()) {
		if (!redis_wait_up(sender->redis, deadline_after_ms(UP_MS)))
			continue;
		if (!sender->state.known && !begin(sender)) {
			if (!rest(UP_MS))
				break;
			continue;
		}
		if (!round_once(sender))
			break;
	}
}

/* ---- Opening and closing ---- */

static void copy_webhook(struct sender *sender, const struct webhook *from)
{
	struct webhook *webhook = &sender->webhook;

	*webhook = *from;
	webhook->name = arena_copy(&sender->arena, from->name);
	webhook->url = arena_copy(&sender->arena, from->url);
	webhook->secret = arena_copy(&sender->arena, from->secret);
	webhook->tenants = arena_copy(&sender->arena, from->tenants);
	webhook->ca_file = arena_copy(&sender->arena, from->ca_file);
}

struct sender *sender_open(const struct sender_options *options)
{
	struct sender *sender = NEW(struct sender);

	copy_webhook(sender, options->webhook);
	sender->redis = options->redis;
	sender->dns = options->dns;
	sender->since_ms = options->since_ms;
	sender->senders = options->senders;
	sender->limit = sender->webhook.batch;
	sender->reader = (struct reader){
		.redis = sender->redis, .visit = take_line, .context = sender};
	sender->remembered_us = worker_now_us();
	scope_init(&sender->scope);
	if (!scope_spawn(&sender->scope, "webhook", run, sender)) {
		arena_finish(&sender->arena);
		memory_free(sender);
		return NULL;
	}
	return sender;
}

const struct webhook *sender_webhook(const struct sender *sender)
{
	return &sender->webhook;
}

const struct webhook_state *sender_state(const struct sender *sender)
{
	return &sender->state;
}

int64_t sender_behind_ms(const struct sender *sender)
{
	return sender->caught_up || !sender->body.count ? 0 : age_ms(sender);
}

void sender_close(struct sender **sender)
{
	struct sender *old = *sender;

	*sender = NULL;
	if (!old)
		return;
	scope_finish(&old->scope, deadline_after_ms(0));
	webhook_body_finish(&old->body);
	memory_wipe((void *)old->webhook.secret.at, old->webhook.secret.size);
	arena_finish(&old->arena);
	memory_free(old);
}
