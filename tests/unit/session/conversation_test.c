/* What a client says is heard line by line, within budgets, and told apart from what
 * is no line. */
#include "session/conversation.h"

#include "base/memory.h"
#include "check.h"
#include "run/on_worker.h"

#define SOON deadline_after_ms(60000)

/* Runs each case below in a fiber. */
#define FIBER_CASE(title)                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg);   \
	CASE(title)                                           \
	{                                                     \
		on_worker(CHECK_JOIN(body_, __LINE__), NULL); \
	}                                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg)

static struct stream *peer;
static struct attendance *attendance;
static struct conversation conversation;
static bool stopping, resting;

static bool begin(const struct conversation_limits *limits)
{
	struct conversation_options options = {
		.limits = limits, .stopping = &stopping, .resting = &resting};

	attendance = attendance_create();
	options.attendance = attendance;
	CHECK(stream_pair(1 << 20, &peer, &options.stream));
	return conversation_begin(&conversation, &options, deadline_after_ms(600000));
}

static void end(void)
{
	conversation_end(&conversation, SOON);
	stream_close(&peer);
	attendance_destroy(&attendance);
	stopping = false;
}

static void say(struct slice text)
{
	CHECK(stream_send(peer, &text, 1, SOON));
}

static void hear(enum conversation_heard wanted, const char *text)
{
	struct slice line = SLICE_EMPTY;

	CHECK_NUMBER(conversation_hear(&conversation, 32, &line, SOON), wanted);
	if (text)
		CHECK_SLICE(line, text);
}

FIBER_CASE("lines, and what is none")
{
	struct conversation_limits limits = conversation_limits_usual(600000);

	CHECK(begin(&limits));
	say(SLICE("USER jo\r\n\r\nbare\nre\rturn\r\nnul\0\r\nx\r\r\n"));
	hear(HEARD_LINE, "USER jo");
	hear(HEARD_LINE, "");
	hear(HEARD_BROKEN, NULL);
	hear(HEARD_BROKEN, NULL);
	hear(HEARD_BROKEN, NULL);
	hear(HEARD_BROKEN, NULL);
	say(SLICE("123456789012345678901234567890\r\n"
		  "1234567890123456789012345678901\r\n"
		  "1234567890123456789012345678901234567890\r\nNOOP\r\n"));
	hear(HEARD_LINE, "123456789012345678901234567890");
	hear(HEARD_TOO_LONG, NULL);
	hear(HEARD_TOO_LONG, NULL);
	hear(HEARD_LINE, "NOOP");
	say(SLICE("QUI"));
	stream_finish(&peer, SOON);
	hear(HEARD_END, NULL);
	end();
}

FIBER_CASE("before the login: so many commands, so many bytes; behind it no such limit")
{
	struct conversation_limits limits = conversation_limits_usual(600000);

	limits.early_commands = 3;
	CHECK(begin(&limits));
	say(SLICE("1\r\n2\r\n3\r\n4\r\n"));
	hear(HEARD_LINE, "1");
	hear(HEARD_LINE, "2");
	hear(HEARD_LINE, "3");
	hear(HEARD_TOO_MUCH, NULL);
	end();
	limits.early_commands = 100;
	limits.early_bytes = 20;
	CHECK(begin(&limits));
	say(SLICE("12345678\r\n12345678\r\n1\r\n"));
	hear(HEARD_LINE, "12345678");
	hear(HEARD_LINE, "12345678");
	hear(HEARD_TOO_MUCH, NULL);
	end();
	CHECK(begin(&limits));
	CHECK(conversation_log_in(&conversation, SLICE("jo")));
	say(SLICE("12345678\r\n12345678\r\n1\r\n"));
	for (int i = 0; i < 3; i++)
		hear(HEARD_LINE, NULL);
	end();
}

FIBER_CASE("so many sessions of an address, and of an account")
{
	struct conversation_limits limits = conversation_limits_usual(600000);
	struct stream *other_peer;
	struct conversation other;
	struct conversation_options options = {.limits = &limits};

	limits.per_address = limits.per_account = 1;
	CHECK(begin(&limits));
	options.attendance = attendance;
	CHECK(stream_pair(1 << 20, &other_peer, &options.stream));
	CHECK(!conversation_begin(&other, &options, SOON));
	conversation_end(&other, SOON);
	stream_close(&other_peer);
	limits.per_address = 2;
	CHECK(stream_pair(1 << 20, &other_peer, &options.stream));
	CHECK(conversation_begin(&other, &options, SOON));
	CHECK(conversation_log_in(&other, SLICE("jo")));
	CHECK(!conversation_log_in(&conversation, SLICE("jo")));
	conversation_end(&other, SOON);
	CHECK(conversation_log_in(&conversation, SLICE("jo")));
	stream_close(&other_peer);
	end();
}

FIBER_CASE("so many errors; the process ends; nobody logs in in time")
{
	struct conversation_limits limits = conversation_limits_usual(600000);

	limits.errors = 2;
	limits.login_ms = 0;
	CHECK(begin(&limits));
	CHECK(conversation_count_error(&conversation));
	CHECK(!conversation_count_error(&conversation));
	hear(HEARD_NOTHING, NULL);
	stopping = true;
	hear(HEARD_STOPPING, NULL);
	CHECK(!resting);
	end();
}

static void read_slowly(void *arg)
{
	struct slice bytes;
	size_t *heard = arg;

	while (stream_read(peer, 4096, &bytes, SOON))
		*heard += bytes.size;
}

FIBER_CASE("who asks on is heard once he has taken what he asked for")
{
	struct conversation_limits limits = conversation_limits_usual(600000);
	static char much[CONVERSATION_OUTBOX + 1];
	struct scope scope;
	size_t heard = 0;

	scope_init(&scope);
	CHECK(begin(&limits));
	say(SLICE("1\r\n2\r\n"));
	CHECK(scope_spawn(&scope, "reader", read_slowly, &heard));
	stream_write(conversation.stream, slice_make(much, 100));
	hear(HEARD_LINE, "1");
	CHECK_NUMBER(stream_outbox_size(conversation.stream), 100);
	stream_write(conversation.stream, slice_make(much, sizeof(much)));
	hear(HEARD_LINE, "2");
	CHECK_NUMBER(stream_outbox_size(conversation.stream), 0);
	conversation_end(&conversation, SOON);
	scope_finish(&scope, SOON);
	CHECK_NUMBER(heard, sizeof(much) + 100);
	end();
}

FIBER_CASE("bytes: a command at a time, what is behind it is given back")
{
	struct conversation_limits limits = conversation_limits_usual(600000);
	struct slice bytes = SLICE_EMPTY;

	limits.early_commands = 2;
	limits.early_bytes = 12;
	CHECK(begin(&limits));
	say(SLICE("abcdefghij"));
	CHECK_NUMBER(conversation_hear_bytes(&conversation, false, 100, &bytes, SOON),
		HEARD_LINE);
	CHECK_SLICE(bytes, "abcdefghij");
	conversation_unhear(&conversation, 4);
	CHECK_NUMBER(conversation_hear_bytes(&conversation, true, 3, &bytes, SOON),
		HEARD_LINE);
	CHECK_SLICE(bytes, "ghi");
	CHECK_NUMBER(conversation_hear_bytes(&conversation, false, 100, &bytes, SOON),
		HEARD_LINE);
	CHECK_SLICE(bytes, "j");
	CHECK_NUMBER(conversation.early_bytes, 10);
	say(SLICE("kl"));
	CHECK_NUMBER(conversation_hear_bytes(&conversation, true, 2, &bytes, SOON),
		HEARD_LINE);
	say(SLICE("m"));
	CHECK_NUMBER(conversation_hear_bytes(&conversation, true, 2, &bytes, SOON),
		HEARD_TOO_MUCH);
	say(SLICE("n"));
	CHECK_NUMBER(conversation_hear_bytes(&conversation, false, 2, &bytes, SOON),
		HEARD_TOO_MUCH);
	end();
}

static void wake(void *arg)
{
	while (!conversation.waiter)
		fiber_yield(SOON);
	conversation_wake(&conversation);
}

FIBER_CASE("woken while it waits, or before: once, and never for who speaks")
{
	struct conversation_limits limits = conversation_limits_usual(600000);
	struct scope scope;

	scope_init(&scope);
	CHECK(begin(&limits));
	CHECK(conversation_log_in(&conversation, SLICE("jo")));
	CHECK(scope_spawn(&scope, "waker", wake, NULL));
	stream_write(conversation.stream, SLICE("* OK\r\n"));
	hear(HEARD_WOKEN, NULL);
	CHECK(!resting && !conversation.waiter && !conversation.woken);
	CHECK(stream_is_whole(conversation.stream));
	CHECK_NUMBER(stream_outbox_size(conversation.stream), 0);
	scope_finish(&scope, SOON);
	say(SLICE("NOOP\r\n"));
	conversation_wake(&conversation);
	hear(HEARD_LINE, "NOOP");
	hear(HEARD_WOKEN, NULL);
	say(SLICE("NOOP\r\n"));
	hear(HEARD_LINE, "NOOP");
	stopping = true;
	conversation_wake(&conversation);
	hear(HEARD_STOPPING, NULL);
	end();
}

CHECK_MAIN()
