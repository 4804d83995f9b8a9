/* Stacks: reuse, memory given back, guards, painting, the warning of a long hold. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/event.h"
#include "on_worker.h"
#include "run/stack.h"

/* Pages of the stack that are in memory. */
static size_t resident_pages(char *bottom)
{
	unsigned char pages[STACK_BYTES / 4096];
	size_t count = 0;

	CHECK(!mincore(bottom, STACK_BYTES, pages));
	for (size_t i = 0; i < sizeof(pages); i++)
		count += pages[i] & 1;
	return count;
}

CASE("a stack that was used deep gives its pages back, a shallow one keeps them")
{
	struct stack_pool pool;
	char *bottom, *again;

	stack_pool_init(&pool, false);
	bottom = stack_take(&pool);
	CHECK(bottom != NULL);
	memset(bottom + STACK_BYTES - 8192, 1, 8192);
	stack_give_back(&pool, bottom);
	again = stack_take(&pool);
	CHECK(again == bottom);
	CHECK_NUMBER(again[STACK_BYTES - 8000], 1);

	memset(bottom + STACK_BYTES - 40000, 1, 40000);
	CHECK(resident_pages(bottom) >= 9);
	stack_give_back(&pool, bottom);
	again = stack_take(&pool);
	CHECK(again == bottom);
	if (!sanitize_is_watching())
		CHECK_NUMBER(resident_pages(bottom), 4);
	stack_give_back(&pool, again);
	stack_pool_finish(&pool);
}

CASE("a stack gives back what lies below its deepest frame, nothing above")
{
	struct stack_pool pool;
	char *bottom;

	stack_pool_init(&pool, false);
	bottom = stack_take(&pool);
	CHECK(bottom != NULL);
	memset(bottom + STACK_BYTES - 40000, 1, 40000);
	stack_trim(&pool, bottom, bottom + STACK_BYTES - 6000);
	CHECK_NUMBER(bottom[STACK_BYTES - 6000], 1);
	CHECK_NUMBER(bottom[STACK_BYTES - 6000 - 500], 1); /* a callee's */
	if (!sanitize_is_watching()) {
		CHECK_NUMBER(resident_pages(bottom), 2);
		CHECK_NUMBER(bottom[STACK_BYTES - 12000], 0);
	}
	stack_trim(&pool, bottom, bottom + 100); /* nothing is left to give */
	stack_give_back(&pool, bottom);
	stack_pool_finish(&pool);
}

CASE("a burst of stacks does not keep its memory")
{
	enum { COUNT = 3000 };
	static char *stacks[COUNT];
	struct stack_pool pool;
	size_t kept = 0;

	stack_pool_init(&pool, false);
	for (size_t i = 0; i < COUNT; i++) {
		stacks[i] = stack_take(&pool);
		memset(stacks[i] + STACK_BYTES - 8192, 1, 8192);
	}
	for (size_t i = 0; i < COUNT; i++)
		stack_give_back(&pool, stacks[i]);
	for (size_t i = 0; i < COUNT; i++)
		kept += stacks[i][STACK_BYTES - 100] == 1;
	CHECK_NUMBER(kept, 1024);
	stack_pool_finish(&pool);
}

CASE("stacks do not overlap")
{
	enum { COUNT = 200 };
	static char *stacks[COUNT];
	struct stack_pool pool;

	stack_pool_init(&pool, false);
	for (size_t i = 0; i < COUNT; i++) {
		stacks[i] = stack_take(&pool);
		memset(stacks[i], (int)i, STACK_BYTES);
	}
	for (size_t i = 0; i < COUNT; i++) {
		CHECK_NUMBER((unsigned char)stacks[i][0], i);
		CHECK_NUMBER((unsigned char)stacks[i][STACK_BYTES - 1], i);
		stack_give_back(&pool, stacks[i]);
	}
	stack_pool_finish(&pool);
}

/* As deep as asked, in frames of 512 bytes that are used after the call. */
static void recurse(unsigned depth)
{
	char frame[512];

	__asm__ volatile("" : : "r"(frame) : "memory");
	if (depth)
		recurse(depth - 1);
	__asm__ volatile("" : : "r"(frame) : "memory");
}

static void go_deep(void *arg)
{
	recurse((unsigned)(uintptr_t)arg);
}

static void go_deep_in_another(void *arg)
{
	struct scope scope;

	scope_init(&scope);
	CHECK(scope_spawn(&scope, "deep", go_deep, arg));
	scope_finish(&scope, deadline_none());
	CHECK_NUMBER(fiber_figures().stack_bytes, STACK_BYTES);
	CHECK(fiber_figures().stack_deepest > 40 * 512);
	CHECK(fiber_figures().stack_deepest < STACK_BYTES);
}

CASE("painted stacks tell how deep they were used")
{
	setenv("RINGPOST_PAINT_STACKS", "1", 1);
	on_worker(go_deep_in_another, (void *)(uintptr_t)40);
	unsetenv("RINGPOST_PAINT_STACKS");
}

/* What CHILD writes to standard error before it dies, and of which signal. */
static int in_child(void (*child)(void), char *text, size_t size)
{
	int ends[2], status = 0;
	ssize_t got;
	size_t used = 0;
	pid_t pid;

	CHECK(!pipe(ends));
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		child();
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + used, size - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(ends[0]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void overflow(void)
{
	on_worker(go_deep, (void *)(uintptr_t)1000);
}

CASE("a stack that overflows ends the process, and says whose it was")
{
	char text[4096];

	if (sanitize_is_watching())
		return; /* it tells in its own words */
	CHECK_NUMBER(in_child(overflow, text, sizeof(text)), SIGSEGV);
	CHECK(strstr(text, "fiber main overflowed its stack") != NULL);
}

static void hold(void *arg)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000000 +
			(now.tv_nsec - start.tv_nsec) / 1000 <
		(long)(intptr_t)arg);
}

static void hold_long(void)
{
	on_worker(hold, (void *)(intptr_t)40000);
}

static void hold_short(void)
{
	on_worker(hold, (void *)(intptr_t)2000);
}

CASE("a fiber that holds its worker above 20 ms is named in the log")
{
	char text[4096];

	CHECK_NUMBER(in_child(hold_long, text, sizeof(text)), 0);
	CHECK(strstr(text, "fiber_held_worker") && strstr(text, "main held it for "));
	/* On a busy machine we may be held ourselves, but not each time. */
	for (int i = 0; i < 100; i++) {
		CHECK_NUMBER(in_child(hold_short, text, sizeof(text)), 0);
		if (!strstr(text, "fiber_held_worker"))
			break;
	}
	CHECK(!strstr(text, "fiber_held_worker"));
}

static void hold_and_look(void *arg)
{
	unsigned busy = 0;

	hold((void *)(intptr_t)5000);
	fiber_yield(deadline_none());
	CHECK(worker_figures().longest_hold_us >= 4500);
	CHECK(worker_figures().longest_hold_us < 20000000);
	/* Half of a second busy, half asleep (the turn's clock stands meanwhile);
	 * others may take either half for themselves, but not for long. */
	for (int tries = 0; tries < 20; tries++) {
		for (int i = 0; i < 112; i++) {
			hold((void *)(intptr_t)5000);
			fiber_sleep(deadline_after_ms(10));
		}
		busy = worker_figures().busy_percent;
		if (busy >= 25 && busy <= 75)
			break;
	}
	CHECK(busy >= 25);
	CHECK(busy <= 75);
}

CASE("the figures tell how busy the worker was")
{
	on_worker(hold_and_look, NULL);
}

CHECK_MAIN()
