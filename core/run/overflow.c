/*
 * Stack overflows: a fault in the guard below the running fiber's stack is
 * reported with the fiber's name, then the process ends of it as it would
 * have anyway. The handler needs a stack of its own, for there is none left.
 */
#include "run/overflow.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "run/worker_core.h"

#define HANDLER_STACK_BYTES (32u << 10)

static _Thread_local void *handler_stack;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static void install(void);
static void handle(int number, siginfo_t *info, void *machine);
static void write_text(const char *text);

void overflow_watch(void)
{
	stack_t stack = {.ss_size = HANDLER_STACK_BYTES};

	if (sanitize_is_watching()) /* they have handlers of their own */
		return;
	handler_stack = stack.ss_sp = memory_allocate(HANDLER_STACK_BYTES);
	sigaltstack(&stack, NULL);
	pthread_once(&installed, install);
}

void overflow_unwatch(void)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	if (!handler_stack)
		return;
	sigaltstack(&none, NULL);
	memory_free(handler_stack);
	handler_stack = NULL;
}

static void install(void)
{
	struct sigaction action = {
		.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	struct sigaction before;

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSEGV, NULL, &before) || before.sa_handler != SIG_DFL)
		return;
	sigaction(SIGSEGV, &action, NULL);
}

static void handle(int number, siginfo_t *info, void *machine)
{
	struct worker *worker = worker_here();
	const struct fiber *fiber = worker ? worker->running : NULL;
	const char *at = info->si_addr;

	(void)machine;
	/* A frame is smaller than a page, the guard is one. */
	if (fiber && at < fiber->stack && at >= fiber->stack - 4096) {
		write_text("fiber ");
		write_text(fiber->name);
		write_text(" overflowed its stack\n");
	}
	/* The instruction faults again, now for good. */
	signal(number, SIG_DFL);
}

static void write_text(const char *text)
{
	ssize_t written = write(2, text, strlen(text));

	(void)written;
}
