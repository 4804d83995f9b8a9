/* The child of store_kill that works on a store with many fibers until it is ended. */
#include "store_kill.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

struct view *views[MAILBOXES];
static _Atomic uint32_t next_token;
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static enum store_fault fault;

static void at_point(enum store_point point)
{
	if (point == fatal && atomic_fetch_sub(&passes_left, 1) == 1)
		kill(getpid(), SIGKILL);
}

void say(const struct line *line)
{
	if (write(pipe_fd, line, sizeof(*line)) != sizeof(*line))
		_exit(3);
}

uint32_t text_of(uint32_t token, char text[TEXT_SIZE])
{
	return (uint32_t)snprintf(text, TEXT_SIZE,
		"Subject: %u\r\nMessage-ID: <%u@kill>\r\n\r\n%0*u\r\n", token, token,
		(int)(token % 100) + 1, token);
}

static void do_append(uint32_t token, uint32_t mailbox)
{
	struct line line = {.kind = APPEND, .token = token, .mailbox = mailbox};
	struct append one = {.draft = draft_begin(port, account, SOON)};
	char text[TEXT_SIZE];
	uint32_t size = text_of(token, text);
	bool good;

	say(&line);
	good = one.draft && draft_write(one.draft, slice_make(text, size), SOON) &&
	       draft_finish(one.draft, SOON) &&
	       mailbox_append(port, account, slice_of(names[mailbox]), &one, 1,
		       &line.uidvalidity, &line.uid, &fault, SOON);
	draft_discard(&one.draft);
	line.done = true;
	if (!good)
		_exit(4);
	messages[token] = (struct message){
		.standing = THERE, .mailbox = mailbox, .uid = line.uid};
	say(&line);
}

static void do_change(uint32_t token, enum kind kind, uint8_t flags)
{
	struct message *message = &messages[token];
	struct view *view = views[message->mailbox];
	struct uid_range range = {message->uid, message->uid};
	struct uid_set set = {&range, 1, 1}, modified;
	struct flags_change change = {FLAGS_SET, flags, SLICE_EMPTY, UINT64_MAX};
	struct line line = {.kind = kind,
		.token = token,
		.mailbox = message->mailbox,
		.uid = message->uid,
		.to_mailbox = 1 - message->mailbox,
		.flags = flags};
	struct copied copied = {0};
	struct arena arena = {0};
	bool good = false;

	say(&line);
	if (kind == FLAGS)
		good = view_change_flags(
			view, &set, &change, &arena, &modified, &fault, SOON);
	else if (kind == EXPUNGE)
		good = view_expunge(view, &set, true, &fault, SOON);
	else
		good = view_copy(view, &set, slice_of(names[line.to_mailbox]), true,
			&arena, &copied, &fault, SOON);
	line.done = true;
	if (!good)
		_exit(5);
	if (kind == EXPUNGE)
		message->standing = GONE;
	if (kind == MOVE) {
		line.to_uid = uid_set_nth(&copied.to, 0);
		message->mailbox = line.to_mailbox;
		message->uid = line.to_uid;
	}
	say(&line);
	arena_finish(&arena);
}

static void work(void *arg)
{
	uint32_t *mine = memory_allocate_array(ROUND_LENGTH, sizeof(*mine));
	uint32_t count = 0;

	for (int i = 0; i < ROUND_LENGTH; i++) {
		unsigned draw = (unsigned)rand_r(&random_state);
		uint32_t which = count ? mine[draw / 16 % count] : 0;

		if (!which || messages[which].standing == GONE || draw % 8 < 4) {
			mine[count++] = atomic_fetch_add(&next_token, 1);
			do_append(mine[count - 1], draw / 8 % MAILBOXES);
		} else if (draw % 8 < 6) {
			do_change(which, FLAGS, draw / 64 % 32);
		} else {
			do_change(which, draw % 8 == 6 ? EXPUNGE : MOVE, 0);
		}
	}
	memory_free(mine);
}

void begin(void)
{
	store = store_create(folder, 2);
	if (!store) {
		fprintf(stderr, "%s\n", failure_last()->text);
		_exit(2);
	}
	port = store_port_open(store);
	account = store_account_hold(store, SLICE("jo@example.com"));
	(void)mailbox_create(
		port, account, SLICE("Other"), MAILBOX_NO_USE, &fault, SOON);
	for (int i = 0; i < MAILBOXES; i++)
		views[i] = view_open(
			port, account, slice_of(names[i]), false, &fault, SOON);
	if (!views[0] || !views[1])
		_exit(2);
}

void end(void)
{
	for (int i = 0; i < MAILBOXES; i++)
		view_close(&views[i]);
	store_account_release(&account);
	store_port_close(&port);
	store_destroy(&store);
}

void work_body(void *arg)
{
	struct scope scope;

	begin();
	next_token = token_count;
	scope_init(&scope);
	store_at_point = at_point;
	for (int i = 0; i < FIBERS; i++)
		(void)scope_spawn(&scope, "work", work, NULL);
	(void)scope_join(&scope, deadline_none());
	end();
}
