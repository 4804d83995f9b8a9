/*
 * The thread that libcurl runs on: takes transfers, drives up to FETCH_AT_ONCE
 * of them side by side, sends each back with a letter.
 *
 * A transfer that was given up is dropped at the next turn. Connections to
 * hosts the operator has named are kept, others are never shared.
 */
#include "io/fetch_core.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/memory.h"

#define POLL_MS	 30000
#define KEPT_MAX 16

static struct {
	pthread_mutex_t lock;
	struct list added; /* new ones */
	unsigned pending;  /* taken, and not back */
	bool stopping, someone_left;
	pthread_t thread;
	bool started;
	CURLM *multi;
	struct list waiting, running; /* the thread's */
	unsigned running_count;
	_Atomic uint64_t requests, failures;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *serve(void *arg);

bool fetch_start(void)
{
	sigset_t all, before;
	int error;

	assert(!pool.started);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return fail(FAILURE_RESOURCE, "libcurl cannot be used");
	pool.multi = curl_multi_init();
	if (!pool.multi) {
		curl_global_cleanup();
		return fail(FAILURE_RESOURCE, "libcurl cannot be used");
	}
	curl_multi_setopt(pool.multi, CURLMOPT_MAXCONNECTS, (long)KEPT_MAX);
	list_init(&pool.added);
	list_init(&pool.waiting);
	list_init(&pool.running);
	pool.stopping = false;
	/* Signals are the workers' business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&pool.thread, NULL, serve, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		curl_multi_cleanup(pool.multi);
		curl_global_cleanup();
		return fail_errno(FAILURE_RESOURCE, error, "no thread to fetch on");
	}
	pool.started = true;
	return true;
}

void fetch_stop(void)
{
	if (!pool.started)
		return;
	pthread_mutex_lock(&pool.lock);
	pool.stopping = true;
	pthread_mutex_unlock(&pool.lock);
	curl_multi_wakeup(pool.multi);
	pthread_join(pool.thread, NULL);
	assert(pool.pending == 0);
	curl_multi_cleanup(pool.multi);
	curl_global_cleanup();
	pool.started = false;
}

struct fetch_figures fetch_figures(void)
{
	struct fetch_figures figures = {
		.requests = atomic_load(&pool.requests),
		.failures = atomic_load(&pool.failures),
	};

	pthread_mutex_lock(&pool.lock);
	figures.pending = pool.pending;
	pthread_mutex_unlock(&pool.lock);
	return figures;
}

bool fetch_thread_take(struct transfer *transfer)
{
	bool room;

	assert(pool.started);
	pthread_mutex_lock(&pool.lock);
	room = pool.pending < FETCH_AT_ONCE + FETCH_WAITING_MAX;
	if (room) {
		pool.pending++;
		list_append(&pool.added, &transfer->link);
	}
	pthread_mutex_unlock(&pool.lock);
	if (!room)
		return fail(FAILURE_LIMIT, "%u requests over HTTPS wait already",
			FETCH_AT_ONCE + FETCH_WAITING_MAX);
	curl_multi_wakeup(pool.multi);
	return true;
}

bool fetch_thread_give_up(struct transfer *transfer)
{
	bool posted;

	pthread_mutex_lock(&pool.lock);
	posted = transfer->posted;
	transfer->given_up = true;
	pool.someone_left = true;
	pthread_mutex_unlock(&pool.lock);
	if (!posted)
		curl_multi_wakeup(pool.multi);
	return posted;
}

/* --- The thread --- */

/* It goes back; the letter is posted under the lock, so that who gives up knows
 * for sure whether it comes. */
static void give_back(struct transfer *transfer)
{
	bool given_up;

	atomic_fetch_add(&pool.requests, 1);
	if (transfer->failure)
		atomic_fetch_add(&pool.failures, 1);
	pthread_mutex_lock(&pool.lock);
	pool.pending--;
	given_up = transfer->given_up;
	if (!given_up) {
		transfer->posted = true;
		worker_post(transfer->worker, &transfer->done);
	}
	pthread_mutex_unlock(&pool.lock);
	if (given_up)
		fetch_transfer_destroy(transfer);
}

static void begin(struct transfer *transfer)
{
	if (fetch_handle_open(transfer) &&
		curl_multi_add_handle(pool.multi, transfer->handle) == CURLM_OK) {
		list_append(&pool.running, &transfer->link);
		pool.running_count++;
		return;
	}
	transfer->failure = FAILURE_RESOURCE;
	snprintf(transfer->reason, sizeof(transfer->reason), "libcurl has no memory");
	fetch_handle_close(transfer);
	give_back(transfer);
}

static void leave(struct transfer *transfer)
{
	curl_multi_remove_handle(pool.multi, transfer->handle);
	list_remove(&transfer->link);
	pool.running_count--;
}

static void finish(struct transfer *transfer, int code)
{
	fetch_handle_read(transfer, code);
	leave(transfer);
	fetch_handle_close(transfer);
	give_back(transfer);
}

/* Under the lock: whoever was given up moves into GONE. */
static void find_given_up(struct list *from, struct list *gone)
{
	LIST_EACH_SAFE (from, link) {
		struct transfer *transfer = CONTAINER_OF(link, struct transfer, link);

		if (!transfer->given_up)
			continue;
		if (transfer->handle)
			leave(transfer);
		else
			list_remove(&transfer->link);
		list_append(gone, &transfer->link);
	}
}

/* News from the workers; false: it is over. */
static bool take_news(void)
{
	struct list gone;
	struct link *link;
	bool goes_on;

	list_init(&gone);
	pthread_mutex_lock(&pool.lock);
	list_move_all(&pool.waiting, &pool.added);
	if (pool.someone_left) {
		find_given_up(&pool.waiting, &gone);
		find_given_up(&pool.running, &gone);
		pool.someone_left = false;
	}
	goes_on = !pool.stopping;
	pthread_mutex_unlock(&pool.lock);
	while ((link = list_take(&gone))) {
		struct transfer *transfer = CONTAINER_OF(link, struct transfer, link);

		fetch_handle_close(transfer);
		give_back(transfer);
	}
	return goes_on;
}

static void *serve(void *arg)
{
	(void)arg;
	while (take_news()) {
		struct CURLMsg *message;
		struct link *link;
		int left;

		while (pool.running_count < FETCH_AT_ONCE &&
			(link = list_take(&pool.waiting)))
			begin(CONTAINER_OF(link, struct transfer, link));
		curl_multi_perform(pool.multi, &left);
		while ((message = curl_multi_info_read(pool.multi, &left))) {
			struct transfer *transfer = NULL;
			CURLcode code = message->data.result;

			curl_easy_getinfo(
				message->easy_handle, CURLINFO_PRIVATE, &transfer);
			finish(transfer, (int)code);
		}
		if (list_is_empty(&pool.waiting) || pool.running_count == FETCH_AT_ONCE)
			curl_multi_poll(pool.multi, NULL, 0, POLL_MS, NULL);
	}
	return NULL;
}
