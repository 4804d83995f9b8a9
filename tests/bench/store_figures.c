/*
 * How fast mailboxes are on this machine, in a folder of a disk: store_figures
 * FOLDER [MESSAGES]. Appends a second with 1, 10 and 100 fibers, each durable; then a
 * mailbox of MESSAGES: opened cold and again, changed, its facts read.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "store/acl.h"
#include "store/draft.h"
#include "store/message.h"

#define SOON	 deadline_after_ms(600000)
#define LINE	 "A line of a message that says nothing of interest to anybody.\r\n"
#define FOR_US	 (3 * 1000000)
#define FACTS_OF 100

static const char *folder;
static uint32_t wanted;
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static enum store_fault fault;
static struct buffer text;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, failure_last()->text);
	exit(1);
}

static double ms_since(int64_t us)
{
	return (double)(clock_monotonic_us() - us) / 1000;
}

static const char *into = "INBOX";

static void append_one(struct slice bytes)
{
	struct append one = {.draft = draft_begin(port, account, SOON)};
	uint32_t uidvalidity, uid;

	must(one.draft && draft_write(one.draft, bytes, SOON) &&
			draft_finish(one.draft, SOON) &&
			mailbox_append(port, account, slice_of(into), &one, 1,
				&uidvalidity, &uid, &fault, SOON),
		"append");
	draft_discard(&one.draft);
}

static int64_t until_us;
static unsigned appended;

static void append_many(void *arg)
{
	while (clock_monotonic_us() < until_us) {
		append_one(buffer_contents(&text));
		appended++;
	}
}

static void appends(unsigned fibers)
{
	struct scope scope;
	int64_t from = clock_monotonic_us();

	appended = 0;
	until_us = from + FOR_US;
	scope_init(&scope);
	for (unsigned i = 0; i < fibers; i++)
		must(scope_spawn(&scope, "append", append_many, NULL), "spawn");
	(void)scope_join(&scope, deadline_none());
	printf("appends of %zu bytes, %u fibers: %.0f a second\n", buffer_size(&text),
		fibers, appended / ms_since(from) * 1000);
}

/* A mailbox of many messages that share one file, by copying. */
static void fill(void)
{
	struct view *view;
	struct uid_range range = {1, 1};
	struct uid_set set = {&range, 1, 1};
	struct arena arena = {0};
	struct copied copied;
	int64_t from = clock_monotonic_us();

	must(mailbox_create(port, account, SLICE("Big"), MAILBOX_NO_USE, &fault, SOON),
		"create");
	view = view_open(port, account, SLICE("INBOX"), true, &fault, SOON);
	must(view, "open");
	range.last = wanted < view->state->count ? wanted : view->state->count;
	must(view_copy(view, &set, SLICE("Big"), false, &arena, &copied, &fault, SOON),
		"copy");
	view_close(&view);
	for (uint32_t have = range.last; have < wanted; have += range.last) {
		view = view_open(port, account, SLICE("Big"), true, &fault, SOON);
		must(view, "open");
		range.last = wanted - have < have ? wanted - have : have;
		must(view_copy(view, &set, SLICE("Big"), false, &arena, &copied, &fault,
			     SOON),
			"copy");
		view_close(&view);
	}
	arena_finish(&arena);
	printf("filled a mailbox of %u by copying: %.1f s\n", wanted,
		ms_since(from) / 1000);
}

static void begin(void)
{
	store = store_create(folder, 2);
	must(store, "store");
	port = store_port_open(store);
	account = store_account_hold(store, SLICE("jo@example.com"));
}

static void end(void)
{
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
}

static struct view *open_big(const char *how)
{
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	int64_t from = clock_monotonic_us();
	struct view *view = view_open(port, account, SLICE("Big"), true, &fault, SOON);

	must(view, "open");
	printf("opened %s: %.1f ms, %.1f bytes a message\n", how, ms_since(from),
		(double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) /
			view->state->count);
	return view;
}

static void read_facts(struct view *view)
{
	static struct stored_message list[FACTS_OF];
	struct message_file message;
	struct slice facts;
	struct arena arena = {0};
	struct message_reading reading = {.list = list,
		.count = FACTS_OF,
		.wanted = MESSAGE_FACTS,
		.arena = &arena};
	int64_t from = clock_monotonic_us();

	for (unsigned i = 0; i < FACTS_OF; i++)
		list[i].file = state_at(view->state, i + 1)->file;
	for (int i = 0; i < 100; i++) {
		must(view_read(view, &reading, SOON), "facts");
		arena_reset(&arena);
	}
	printf("facts of %d messages in one go: %.3f ms\n", FACTS_OF,
		ms_since(from) / 100);
	from = clock_monotonic_us();
	reading.count = 1;
	for (int i = 0; i < 1000; i++) {
		must(view_read(view, &reading, SOON), "facts");
		arena_reset(&arena);
	}
	printf("facts of one: %.3f ms\n", ms_since(from) / 1000);
	from = clock_monotonic_us();
	for (int i = 0; i < 1000; i++) {
		must(message_open(view, list[0].file, &arena, &message, &facts, &fault,
			     SOON),
			"open");
		must(message_read(&message, 0, arena_take(&arena, 2000), 2000, SOON),
			"read");
		message_close(&message);
		arena_reset(&arena);
	}
	printf("a message opened and read: %.3f ms\n", ms_since(from) / 1000);
	arena_finish(&arena);
}

/* Every second one of COUNT, in one go. */
static void expunge(struct view *view, uint32_t count)
{
	struct arena arena = {0};
	struct uid_set set = {0};
	int64_t from;

	for (uint32_t i = 1; i <= count && i <= view->state->count; i += 2)
		uid_set_add(&set, &arena, state_at(view->state, i)->uid,
			state_at(view->state, i)->uid);
	from = clock_monotonic_us();
	must(view_expunge(view, &set, true, &fault, SOON), "expunge");
	printf("every second one of %u expunged: %.0f ms\n", count, ms_since(from));
	arena_finish(&arena);
}

static void change_flag(struct view *view)
{
	struct uid_range range = {wanted / 2, wanted / 2};
	struct uid_set set = {&range, 1, 1}, modified;
	struct arena arena = {0};
	int64_t from = clock_monotonic_us();

	for (int i = 0; i < 100; i++) {
		struct flags_change change = {i % 2 ? FLAGS_ADD : FLAGS_REMOVE,
			MESSAGE_FLAGGED, SLICE_EMPTY, UINT64_MAX};

		must(view_change_flags(
			     view, &set, &change, &arena, &modified, &fault, SOON),
			"flags");
	}
	printf("a flag of one of them, durable: %.3f ms\n", ms_since(from) / 100);
	arena_finish(&arena);
}

static struct view *open_as(struct store_port *by, const char *how)
{
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	int64_t from = clock_monotonic_us();
	struct view *view = view_open(by, account, SLICE("Big"), false, &fault, SOON);

	must(view, "open");
	printf("opened by another, %s: %.1f ms, %.1f bytes a message more\n", how,
		ms_since(from),
		(double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) /
			view->state->count);
	return view;
}

/* One who has seen nothing, then all of it, then all but one. */
static void look_as_another(void)
{
	struct store_port *by = store_port_as(port, SLICE("bob@example.com"));
	struct grant grant = {
		SLICE("bob@example.com"), RIGHT_LOOKUP | RIGHT_READ | RIGHT_SEEN};
	struct flags_change change = {FLAGS_ADD, MESSAGE_SEEN, SLICE_EMPTY, UINT64_MAX};
	struct uid_set modified;
	struct arena arena = {0};
	struct view *view;
	int64_t from;

	must(mailbox_grant(
		     port, account, SLICE("Big"), GRANT_SET, &grant, &fault, SOON),
		"grant");
	view = open_as(by, "who has seen nothing");
	from = clock_monotonic_us();
	must(view_change_flags(view, NULL, &change, &arena, &modified, &fault, SOON),
		"seen");
	printf("all of it seen by him: %.0f ms\n", ms_since(from));
	view_close(&view);
	view = open_as(by, "who has seen all");
	view_close(&view);
	store_port_leave(&by);
	arena_finish(&arena);
}

static void body(void *arg)
{
	struct view *view;

	begin();
	for (unsigned fibers = 1; fibers <= 100; fibers *= 10)
		appends(fibers);
	if (wanted)
		fill();
	end();
	if (!wanted)
		return;
	begin();
	view = open_big("cold");
	view_close(&view);
	view = open_big("again, after its last view");
	read_facts(view);
	change_flag(view);
	look_as_another();
	into = "Big";
	printf("into the open big one: ");
	appends(100);
	expunge(view, 100000);
	view_close(&view);
	end();
}

int main(int count, char **list)
{
	struct worker *worker;

	if (count < 2) {
		fprintf(stderr, "store_figures FOLDER [MESSAGES]\n");
		return 2;
	}
	folder = list[1];
	wanted = count > 2 ? (uint32_t)strtoul(list[2], NULL, 10) : 0;
	buffer_append(
		&text, SLICE("Subject: figures\r\nFrom: <jo@example.com>\r\n\r\n"));
	while (buffer_size(&text) < 9000)
		buffer_append(&text, SLICE(LINE));
	must(offload_start(4, 256), "pool");
	worker = worker_create(&(struct worker_options){.index = 0});
	worker_run(worker, body, NULL);
	worker_destroy(&worker);
	offload_stop();
	buffer_finish(&text);
	return 0;
}
