/*
 * Histograms of durations; see timing.h.
 *
 * Each thread has a block of its own, the only one it writes, so that counting is a
 * plain addition; blocks are in a list that only grows. A thread that ends leaves its
 * block to the next one that begins.
 */
#include "metrics/timing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/memory.h"

struct series {
	_Atomic uint64_t buckets[TIMING_BOUNDS + 1];
	_Atomic uint64_t sum_us;
};

struct block {
	struct block *next;
	_Atomic bool used; /* by a thread that runs */
	struct series series[TIMINGS];
};

static const struct {
	const char *name, *meaning;
} texts[TIMINGS] = {
	[TIMING_ACCEPT] = {"accept", "from the end of a message to its reply"},
	[TIMING_CHECKS] = {"checks", "what is found out about its sender and header"},
	[TIMING_SIGN] = {"sign", "its signatures"},
	[TIMING_COMMIT] = {"commit", "until Redis and the disk have a message"},
	[TIMING_QUEUE] = {"queue", "from there to the end of the first attempt"},
	[TIMING_DNS] = {"dns", "a question that was sent"},
	[TIMING_CONNECT] = {"connect", "TCP to a receiver"},
	[TIMING_TLS] = {"tls", "the handshake with a receiver"},
	[TIMING_GREETING] = {"greeting", "a receiver's greeting"},
	[TIMING_EHLO] = {"ehlo", "its reply to EHLO"},
	[TIMING_MAIL] = {"mail", "its reply to MAIL"},
	[TIMING_RCPT] = {"rcpt", "its reply to each RCPT"},
	[TIMING_DATA] = {"data", "its reply to DATA"},
	[TIMING_FINAL] = {"final", "its reply to the whole message"},
	[TIMING_REDIS] = {"redis", "a call of Redis"},
	[TIMING_FSYNC] = {"fsync", "a write of the spool, down to the disk"},
	[TIMING_LOGIN] = {"login", "an attempt to log in"},
	[TIMING_STORE] = {"store", "a change of a mailbox, down to the disk"},
	[TIMING_HTTP] = {"http", "a request over HTTP"},
};

const int64_t timing_bounds_us[TIMING_BOUNDS] = {100, 250, 500, 1000, 2500, 5000, 10000,
	25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
	30000000, 60000000, 300000000, 3600000000};

static _Atomic(struct block *) blocks;
static _Thread_local struct block *own;
static pthread_key_t ending;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

const char *timing_name(enum timing timing)
{
	return texts[timing].name;
}

const char *timing_meaning(enum timing timing)
{
	return texts[timing].meaning;
}

static void give_back(void *block)
{
	atomic_store(&((struct block *)block)->used, false);
}

static void prepare(void)
{
	pthread_key_create(&ending, give_back);
}

static struct block *take_one(void)
{
	struct block *block;
	bool used;

	for (block = atomic_load(&blocks); block; block = block->next) {
		used = false;
		if (atomic_compare_exchange_strong(&block->used, &used, true))
			return block;
	}
	block = NEW(struct block);
	atomic_store(&block->used, true);
	block->next = atomic_load(&blocks);
	while (!atomic_compare_exchange_weak(&blocks, &block->next, block))
		;
	return block;
}

static struct block *begin(void)
{
	pthread_once(&prepared, prepare);
	own = take_one();
	pthread_setspecific(ending, own);
	return own;
}

/* By its one writer: readers may see it a moment later. */
static void add(_Atomic uint64_t *to, uint64_t more)
{
	atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + more,
		memory_order_relaxed);
}

void timing_record(enum timing timing, int64_t us)
{
	struct series *series = &(own ? own : begin())->series[timing];
	size_t at = 0;

	if (us < 0)
		us = 0;
	while (at < TIMING_BOUNDS && us > timing_bounds_us[at])
		at++;
	add(&series->buckets[at], 1);
	add(&series->sum_us, (uint64_t)us);
}

void timing_keep(struct timing_steps *steps, const struct timing_step *step)
{
	if (!steps)
		return;
	if (steps->count < TIMING_STEPS_MAX)
		steps->list[steps->count++] = *step;
	else
		steps->lost++;
}

void timing_read(enum timing timing, struct timing_figures *figures_r)
{
	*figures_r = (struct timing_figures){.count = 0};
	for (struct block *block = atomic_load(&blocks); block; block = block->next) {
		struct series *series = &block->series[timing];

		for (size_t i = 0; i <= TIMING_BOUNDS; i++) {
			uint64_t here = atomic_load_explicit(
				&series->buckets[i], memory_order_relaxed);

			figures_r->buckets[i] += here;
			figures_r->count += here;
		}
		figures_r->sum_us += atomic_load_explicit(
			&series->sum_us, memory_order_relaxed);
	}
}
