/*
 * Many sessions of several workers on the same mailboxes, a third of them of guests:
 * each ends with the same view, numbers told on the way add up, and what guests see in
 * memory is what they see when it is read again. For ThreadSanitizer, too.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "folder.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/acl.h"
#include "store/message.h"
#include "store/put_message.h"

#define WORKERS 3
#define FIBERS	12
#define TURNS	40
#define SOON	deadline_after_ms(120000)

static char folder[] = "/tmp/ringpost-crowd-XXXXXX";
static struct store *store;
static const char *const names[] = {"INBOX", "Other"};
static const char *const guests[] = {"bob@example.com", "eve@example.com"};
static _Atomic unsigned appended, ended;
static _Atomic bool begun;

struct session {
	struct store_port *port;
	struct store_account *account;
	struct view *view;
	unsigned state; /* of its draws */
	uint32_t count; /* as it was told */
	enum store_fault fault;
	struct arena arena;
};

static void tell_expunged(void *context, uint32_t seq, uint32_t uid)
{
	struct session *session = context;

	CHECK(seq >= 1 && seq <= session->count);
	session->count--;
}

static void tell_changed(void *context, uint32_t seq, const struct record *record)
{
	struct session *session = context;

	CHECK(seq >= 1 && seq <= session->view->state->count + session->count);
	(void)view_keywords(session->view, record->keywords);
}

static void tell_exists(void *context, uint32_t count)
{
	struct session *session = context;

	CHECK(count > session->count);
	session->count = count;
}

static void sync_view(struct session *session, bool expunges)
{
	struct view_teller teller = {tell_expunged, tell_changed, tell_exists, session};

	view_sync(session->view, expunges, &teller);
	CHECK_NUMBER(session->count, session->view->state->count);
}

static void append(struct session *session)
{
	CHECK(put_message(session->port, session->account, SLICE("INBOX"),
		SLICE("a: b\n\nc\n"), (struct append){0}, &session->fault));
	atomic_fetch_add(&appended, 1);
}

static struct uid_set some(struct session *session, unsigned draw)
{
	struct uid_set set = {0};
	const struct state *state = session->view->state;

	if (state->count)
		uid_set_add(&set, &session->arena,
			state_at(state, draw % state->count + 1)->uid,
			state_at(state, draw / 3 % state->count + 1)->uid);
	return set;
}

static void read_one(struct session *session, unsigned draw)
{
	const struct state *state = session->view->state;
	struct message_file message;
	struct stored_message one = {0};
	const struct message_reading reading = {.list = &one,
		.count = 1,
		.wanted = MESSAGE_FACTS | MESSAGE_BYTES,
		.arena = &session->arena};

	if (!state->count)
		return;
	one.file = state_at(state, draw % state->count + 1)->file;
	CHECK(view_read(session->view, &reading, SOON));
	CHECK(one.found != MESSAGE_UNREAD);
	message_close(&one.bytes);
	if (message_open(session->view, one.file, NULL, &message, NULL, &session->fault,
		    SOON))
		message_close(&message);
	else
		CHECK_NUMBER(session->fault, STORE_EXPUNGED);
}

static void turn(struct session *session)
{
	static const char *const words[] = {"", "one", "one two", "$Three"};
	unsigned draw = (unsigned)rand_r(&session->state);
	struct uid_set set = some(session, draw / 16), modified;
	struct flags_change change = {(enum flags_how)(draw % 3), draw / 3 % 32,
		slice_of(words[draw / 7 % 4]), UINT64_MAX};
	struct copied copied;

	switch (draw % 8) {
	case 0:
	case 1:
		append(session);
		break;
	case 2:
	case 3:
		CHECK(view_change_flags(session->view, &set, &change, &session->arena,
			&modified, &session->fault, SOON));
		break;
	case 4:
		CHECK(view_expunge(session->view, &set, false, &session->fault, SOON));
		break;
	case 5: /* one: else they would be more and more */
		if (set.count)
			set.at[0].last = set.at[0].first;
		CHECK(view_copy(session->view, &set, slice_of(names[draw / 16 % 2]),
			      false, &session->arena, &copied, &session->fault, SOON) ||
			session->fault);
		break;
	case 6:
		read_one(session, draw / 16);
		break;
	default:
		(void)view_wait(session->view, deadline_after_ms(1));
		break;
	}
	sync_view(session, draw / 64 % 2);
	arena_reset(&session->arena);
}

static struct store_port *ports[WORKERS];
static _Atomic unsigned seeds;

static void open_view(struct session *session, const char *name)
{
	session->view = view_open(session->port, session->account, slice_of(name),
		false, &session->fault, SOON);
	CHECK(session->view);
	session->count = session->view->state->count;
}

static void work(void *arg)
{
	struct session *session = NEW(struct session);

	session->state = atomic_fetch_add(&seeds, 1) + 1;
	session->port = ports[worker_index()];
	if (session->state % 3 == 0)
		session->port = store_port_as(
			session->port, slice_of(guests[session->state % 2]));
	session->account = store_account_hold(store, SLICE("jo@example.com"));
	open_view(session, names[session->state % 2]);
	for (int i = 0; i < TURNS; i++) {
		turn(session);
		if (i % 16 == 15) { /* SELECT another one */
			view_close(&session->view);
			open_view(session, names[rand_r(&session->state) % 2]);
		}
	}
	view_close(&session->view);
	if (session->port != ports[worker_index()])
		store_port_leave(&session->port);
	store_account_release(&session->account);
	arena_finish(&session->arena);
	memory_free(session);
}

static void body(void *arg)
{
	struct scope scope;

	ports[worker_index()] = store_port_open(store);
	scope_init(&scope);
	for (int i = 0; i < FIBERS; i++)
		CHECK(scope_spawn(&scope, "session", work, NULL));
	CHECK(scope_join(&scope, deadline_none()));
	store_port_close(&ports[worker_index()]);
}

static void *run(void *arg)
{
	struct worker *worker = arg;

	worker_run(worker, body, NULL);
	worker_destroy(&worker);
	return NULL;
}

static void prepare(void *arg)
{
	struct store_port *port = store_port_open(store);
	struct store_account *account = store_account_hold(
		store, SLICE("jo@example.com"));
	struct grant all = {SLICE("anyone"), RIGHTS_ALL};
	enum store_fault fault;

	CHECK(mailbox_create(
		port, account, SLICE("Other"), MAILBOX_NO_USE, &fault, SOON));
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		CHECK(mailbox_grant(port, account, slice_of(names[i]), GRANT_SET, &all,
			&fault, SOON));
	store_account_release(&account);
	store_port_close(&port);
}

/* What each guest sees of each mailbox, from memory or read again. */
static struct buffer in_memory, again;

static void tell_nobody(void *context, uint32_t seq, uint32_t uid)
{
}

static void tell_no_change(void *context, uint32_t seq, const struct record *record)
{
}

static void tell_no_more(void *context, uint32_t count)
{
}

static void dump(struct view *view, struct buffer *out)
{
	struct view_teller teller = {tell_nobody, tell_no_change, tell_no_more, NULL};

	view_sync(view, true, &teller);
	buffer_append_format(out, "%u %llu %u:", view->state->count,
		(unsigned long long)view->state->highest_modseq, view->state->unseen);
	for (uint32_t i = 1; i <= view->state->count; i++) {
		const struct record *record = state_at(view->state, i);

		buffer_append_format(out, " %u=%u@%llu", record->uid, record->flags,
			(unsigned long long)record->modseq);
	}
	buffer_append(out, SLICE("\n"));
}

/* Views that are open all the time. */
static void watch(void *arg)
{
	struct buffer *out = arg;
	struct store_port *port = store_port_open(store), *as[ARRAY_COUNT(guests)];
	struct view *views[ARRAY_COUNT(guests) * ARRAY_COUNT(names)];
	struct store_account *account = store_account_hold(
		store, SLICE("jo@example.com"));
	enum store_fault fault;

	for (size_t i = 0; i < ARRAY_COUNT(guests); i++)
		as[i] = store_port_as(port, slice_of(guests[i]));
	for (size_t i = 0; i < ARRAY_COUNT(views); i++)
		CHECK(views[i] = view_open(as[i / ARRAY_COUNT(names)], account,
			      slice_of(names[i % ARRAY_COUNT(names)]), false, &fault,
			      SOON));
	atomic_store(&begun, true);
	while (atomic_load(&ended) < WORKERS)
		(void)fiber_sleep(deadline_after_ms(5));
	for (size_t i = 0; i < ARRAY_COUNT(views); i++) {
		dump(views[i], out);
		view_close(&views[i]);
	}
	for (size_t i = 0; i < ARRAY_COUNT(guests); i++)
		store_port_leave(&as[i]);
	store_account_release(&account);
	store_port_close(&port);
}

static void *run_watch(void *arg)
{
	struct worker *worker = worker_create(
		&(struct worker_options){.index = WORKERS});

	worker_run(worker, watch, arg);
	worker_destroy(&worker);
	return NULL;
}

CASE("many sessions of several workers")
{
	pthread_t threads[WORKERS], watcher;
	store = store_create(folder, 3);
	on_worker(prepare, NULL);
	CHECK(pthread_create(&watcher, NULL, run_watch, &in_memory) == 0);
	while (!atomic_load(&begun))
		sched_yield();
	for (unsigned i = 0; i < WORKERS; i++)
		CHECK(pthread_create(&threads[i], NULL, run,
			      worker_create(&(struct worker_options){.index = i})) ==
			0);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&ended, WORKERS);
	pthread_join(watcher, NULL);
	store_destroy(&store);
	CHECK(appended > 0);
	store = store_create(folder, 1);
	run_watch(&again);
	store_destroy(&store);
	CHECK(slice_equal(buffer_contents(&again), buffer_contents(&in_memory)));
	buffer_finish(&again);
	buffer_finish(&in_memory);
}

CHECK_MAIN_IN(folder)
