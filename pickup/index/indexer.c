/*
 * The index's thread: whose turn it is, and how much it may do.
 *
 * An account waits for a while after mail came, so that one transaction takes many
 * messages; an account with much to do is taken a piece at a time, in turn with the
 * others. After each piece the thread rests as long as it worked.
 */
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "index/grams.h"
#include "index/index_core.h"

#define DELAY_US  ((int64_t)20 * 1000000)
#define MANY	  200			 /* that have come: it is not waited for more */
#define CLOSE_US  ((int64_t)5 * 1000000) /* a file nobody wants stays open for */
#define LOWEST	  19
#define REST_MOST ((int64_t)2 * 1000000)

struct waiting {
	struct link link;
	int64_t at_us;
	unsigned asked;
	char account[]; /* not held: it may be forgotten, or go */
};

char *index_path_of(const struct store_account *account)
{
	return memory_format("%s/" INDEX_FILE_NAME, account->folder);
}

/* Under the lock: behind those whose turn is before. */
static void insert(struct index *index, struct waiting *waiting)
{
	struct link *at = &index->waiting.head;

	while (at->previous != &index->waiting.head &&
		CONTAINER_OF(at->previous, struct waiting, link)->at_us >
			waiting->at_us)
		at = at->previous;
	list_insert_before(at, &waiting->link);
	pthread_cond_signal(&index->changed);
}

/* It waits already, or does from now on. Under the lock. */
static struct waiting *want(struct index *index, struct slice account)
{
	struct waiting *waiting = map_find(&index->accounts, account);

	if (waiting)
		return waiting;
	waiting = memory_allocate(sizeof(*waiting) + account.size + 1);
	memcpy(waiting->account, account.at, account.size);
	waiting->at_us = clock_monotonic_us() + DELAY_US;
	map_set(&index->accounts, account, waiting);
	insert(index, waiting);
	return waiting;
}

/* Under the lock. */
static void hasten(struct index *index, struct waiting *waiting)
{
	int64_t now = clock_monotonic_us();

	if (waiting->at_us <= now)
		return;
	list_remove(&waiting->link);
	waiting->at_us = now;
	insert(index, waiting);
}

static void note_added(struct store_follower *follower, struct store_account *account)
{
	struct index *index = CONTAINER_OF(follower, struct index, follower);
	struct waiting *waiting;

	pthread_mutex_lock(&index->lock);
	waiting = want(index, store_account_name(account));
	if (++waiting->asked == MANY)
		hasten(index, waiting);
	pthread_mutex_unlock(&index->lock);
}

void index_want(struct index *index, struct store_account *account)
{
	pthread_mutex_lock(&index->lock);
	hasten(index, want(index, store_account_name(account)));
	pthread_mutex_unlock(&index->lock);
}

/* Until then (INT64_MAX: for ever), or until something else is to be done. Under the
 * lock. */
static void wait_until(struct index *index, int64_t until_us)
{
	int64_t left = until_us - clock_monotonic_us();
	struct timespec until;

	if (until_us == INT64_MAX) {
		pthread_cond_wait(&index->changed, &index->lock);
		return;
	}
	if (left <= 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += left / 1000000;
	until.tv_nsec += left % 1000000 * 1000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&index->changed, &index->lock, &until);
}

static struct waiting *first_of(struct index *index)
{
	return list_is_empty(&index->waiting)
		       ? NULL
		       : LIST_FIRST(&index->waiting, struct waiting, link);
}

/* The account whose turn it is; NULL: the end. Under the lock. */
static struct waiting *take(struct index *index)
{
	int64_t close_us = clock_monotonic_us() + CLOSE_US;

	while (!index->stopping) {
		struct waiting *waiting = first_of(index);
		int64_t now = clock_monotonic_us();
		int64_t until = waiting ? waiting->at_us : INT64_MAX;

		if (until <= now) {
			list_remove(&waiting->link);
			map_remove(&index->accounts, slice_of(waiting->account));
			return waiting;
		}
		if (!index->file) {
			wait_until(index, until);
		} else if (now < close_us) {
			wait_until(index, until < close_us ? until : close_us);
		} else {
			pthread_mutex_unlock(&index->lock);
			index_fill_end(index);
			pthread_mutex_lock(&index->lock);
		}
	}
	return NULL;
}

/* A piece of an account's work. Not under the lock. */
static void serve(struct index *index, struct waiting *waiting)
{
	struct store_account *account = store_account_hold(
		index->store, slice_of(waiting->account));
	bool more = false;

	memory_free(waiting);
	if (!index_fill(index, account, &more)) {
		event_note(EVENT_WARNING, "mailbox_index", "%s: %s", account->name,
			failure_last()->text);
		index_fill_end(index);
	}
	if (more)
		index_want(index, account);
	store_account_release(&account);
}

static void *run(void *arg)
{
	struct index *index = arg;
	struct waiting *waiting;

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST);
	pthread_mutex_lock(&index->lock);
	while ((waiting = take(index))) {
		int64_t from = clock_thread_cpu_us(), rest, until;

		pthread_mutex_unlock(&index->lock);
		serve(index, waiting);
		rest = clock_thread_cpu_us() - from;
		until = clock_monotonic_us() + (rest < REST_MOST ? rest : REST_MOST);
		pthread_mutex_lock(&index->lock);
		while (!index->stopping && clock_monotonic_us() < until)
			wait_until(index, until);
	}
	pthread_mutex_unlock(&index->lock);
	index_fill_end(index);
	return NULL;
}

struct index *index_create(struct store *store)
{
	struct index *index = NEW(struct index);
	pthread_condattr_t clock;

	index->store = store;
	index->follower.added = note_added;
	list_init(&index->waiting);
	list_init(&index->readers);
	pthread_mutex_init(&index->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&index->changed, &clock);
	pthread_condattr_destroy(&clock);
	if (pthread_create(&index->thread, NULL, run, index)) {
		memory_free(index);
		fail(FAILURE_RESOURCE, "no thread for the index of mailboxes");
		return NULL;
	}
	store_follow(store, &index->follower);
	return index;
}

void index_destroy(struct index **index)
{
	struct index *old = *index;
	struct link *link;

	*index = NULL;
	if (!old)
		return;
	store_follow(old->store, NULL);
	pthread_mutex_lock(&old->lock);
	old->stopping = true;
	pthread_cond_broadcast(&old->changed);
	pthread_mutex_unlock(&old->lock);
	pthread_join(old->thread, NULL);
	while ((link = list_take(&old->waiting)))
		memory_free(CONTAINER_OF(link, struct waiting, link));
	map_finish(&old->accounts);
	index_close_readers(old);
	pthread_cond_destroy(&old->changed);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

struct index_figures index_figures(struct index *index)
{
	struct index_figures figures;

	pthread_mutex_lock(&index->lock);
	figures = index->figures;
	figures.waiting = index->accounts.count;
	pthread_mutex_unlock(&index->lock);
	return figures;
}
