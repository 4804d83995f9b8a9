/*
 * The SMTP client with several messages in flight against any replies: the first
 * byte says how many, the second into pieces of what size the rest, what the peer
 * says after EHLO, is cut. Whatever it says, each message ends; what was taken has
 * a positive answer of its own; what has none was not begun, or is unknown.
 */
#include "relay/smtp_delivery.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/memory.h"
#include "run/fiber.h"
#include "run/worker.h"

#include "watched.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define LIMIT_MS   60000
#define MESSAGES   6
#define RECIPIENTS 2

#define WELCOME "220 peer\r\n250-peer\r\n250-PIPELINING\r\n250 CHUNKING\r\n"

struct talk {
	struct slice input;
	size_t piece, most;
	struct stream *peer, *ours;
	struct smtp_client *client;
	struct arena arena;
	struct smtp_delivery deliveries[MESSAGES];
	size_t begun, ended;
};

static const struct envelope envelope = {.reverse_path = {"a@x.test", 8}};
static const struct recipient recipients[RECIPIENTS] = {
	{.address = {"b@y.test", 8}}, {.address = {"c@y.test", 8}}};

static void begin_more(void *context)
{
	struct talk *talk = context;

	while (talk->begun < MESSAGES && talk->begun - talk->ended < talk->most) {
		struct smtp_delivery *delivery = &talk->deliveries[talk->begun++];

		*delivery = (struct smtp_delivery){
			.envelope = &envelope,
			.recipients = recipients,
			.recipient_count = RECIPIENTS,
			.content = SLICE("A: b\r\n\r\nc\r\n"),
			.size = 11,
			.arena = &talk->arena,
			.answers = arena_take_array(
				&talk->arena, RECIPIENTS, sizeof(struct smtp_answer)),
		};
		HOLD(smtp_client_begin(talk->client, delivery));
	}
}

static void judge(const struct smtp_delivery *delivery, bool good)
{
	bool broken = delivery->failure.kind != FAILURE_NONE;

	HOLD(broken == !good);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		const struct smtp_answer *answer = &delivery->answers[i];

		HOLD(broken || answer->reply.code);
		HOLD(!reply_is_positive(&answer->reply) ||
			answer->stage == STAGE_CONTENT);
		/* Nothing that is settled by its content's reply is in doubt. */
		HOLD(!delivery->unknown || answer->stage != STAGE_CONTENT);
		HOLD(!delivery->behind || answer->reply.code != 503);
	}
}

static void deliver(struct talk *talk)
{
	bool good = true;

	for (; talk->ended < MESSAGES; talk->ended++) {
		struct smtp_delivery *delivery = &talk->deliveries[talk->ended];

		good = good && smtp_client_may_go_on(talk->client);
		if (talk->begun == talk->ended && good)
			begin_more(talk);
		if (talk->begun == talk->ended)
			return;
		if (good)
			good = smtp_client_await(
				talk->client, delivery, begin_more, talk);
		else
			smtp_client_abandon(talk->client, delivery);
		judge(delivery, good);
	}
}

static void send(void *arg)
{
	struct talk *talk = arg;
	const struct smtp_client_options options = {
		.hostname = "here.test",
		.peer_name = "peer",
		.greeting_timeout_ms = LIMIT_MS,
		.command_timeout_ms = LIMIT_MS,
		.data_timeout_ms = LIMIT_MS,
		.reply_timeout_ms = LIMIT_MS,
	};
	struct smtp_opening opening;

	talk->client = smtp_client_open_on(
		talk->ours, &options, &talk->arena, &opening);
	HOLD(talk->client);
	deliver(talk);
	smtp_client_close(&talk->client, deadline_after_ms(LIMIT_MS));
	arena_finish(&talk->arena);
}

static void rest(void)
{
	for (int i = 0; i < 3; i++)
		fiber_yield(deadline_none());
}

static void converse(void *arg)
{
	struct talk *talk = arg;
	struct slice welcome = SLICE(WELCOME);
	struct scope scope;

	watched_begin();
	scope_init(&scope);
	HOLD(stream_pair(1 << 20, &talk->peer, &talk->ours));
	HOLD(scope_spawn(&scope, "client", send, talk));
	HOLD(stream_send(talk->peer, &welcome, 1, deadline_after_ms(LIMIT_MS)));
	rest();
	while (talk->input.size) {
		struct slice piece = slice_part(talk->input, 0, talk->piece);

		talk->input = slice_from(talk->input, piece.size);
		if (!stream_send(talk->peer, &piece, 1, deadline_after_ms(LIMIT_MS)))
			break;
		rest();
	}
	stream_close(&talk->peer);
	HOLD(scope_join(&scope, deadline_after_ms(LIMIT_MS)));
	scope_finish(&scope, deadline_after_ms(0));
	watched_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct worker *worker;
	struct talk *talk;

	if (size < 2)
		return 0;
	if (!worker) {
		event_set_level(EVENT_ERROR);
		worker = worker_create(&(struct worker_options){
			.ring_entries = 64, .buffer_count = 16, .fibers_max = 100});
		HOLD(worker);
	}
	talk = NEW(struct talk);
	talk->most = 1 + data[0] % 8;
	talk->piece = data[1] ? data[1] : size;
	talk->input = slice_make(data + 2, size - 2);
	worker_run(worker, converse, talk);
	memory_free(talk);
	return 0;
}
