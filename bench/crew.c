/* The workers of a run, their signals, ticks and end. */
#include "bench/crew.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/ring.h"

/* timeout(1) signals the process and its group: both are one wish. */
#define SAME_US 500000

struct member {
	struct crew *crew;
	unsigned index;
	struct worker *worker;
	struct letter stop;
	pthread_t thread;
	bool started;
};

struct crew {
	struct crew_plan plan;
	struct member *members;
	atomic_bool stopping;
	int64_t asked_us; /* when a signal asked for the end; 0: none did */
	int signal_fd;
	int ended_fd; /* an eventfd: some member has ended */
};

static bool open_descriptors(struct crew *crew);
static bool create_workers(struct crew *crew);
static bool start_threads(struct crew *crew);
static void watch(struct crew *crew);
static void hear_signal(struct crew *crew);
static void *thread_main(void *arg);
static void first_fiber(void *arg);
static void deliver_stop(struct letter *letter);
static void destroy(struct crew **crew);
static void raise_descriptor_limit(void);

bool crew_run(const struct crew_plan *plan, struct crew **crew_r)
{
	struct crew *crew = NEW(struct crew);
	bool good;

	*crew_r = crew;
	crew->plan = *plan;
	crew->signal_fd = crew->ended_fd = -1;
	crew->members = memory_allocate_array(plan->workers, sizeof(*crew->members));
	raise_descriptor_limit();
	/* What the engine warns an operator of is no news to a load generator. */
	event_set_level(EVENT_ERROR);
	good = ring_probe() && open_descriptors(crew) && create_workers(crew) &&
	       start_threads(crew);
	if (good && plan->ready)
		plan->ready(plan->context);
	if (good)
		watch(crew);
	destroy(crew_r);
	return good;
}

void crew_stop(struct crew *crew)
{
	if (atomic_exchange(&crew->stopping, true))
		return;
	for (unsigned i = 0; i < crew->plan.workers; i++)
		worker_post(crew->members[i].worker, &crew->members[i].stop);
}

static bool open_descriptors(struct crew *crew)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	crew->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	crew->ended_fd = eventfd(0, EFD_CLOEXEC);
	if (crew->signal_fd < 0 || crew->ended_fd < 0)
		return fail_errno(FAILURE_RESOURCE, errno, "signalfd or eventfd");
	return true;
}

static bool create_workers(struct crew *crew)
{
	for (unsigned i = 0; i < crew->plan.workers; i++) {
		struct member *member = &crew->members[i];
		struct worker_options options = crew->plan.options;

		options.index = i;
		member->crew = crew;
		member->index = i;
		member->stop.run = deliver_stop;
		member->worker = worker_create(&options);
		if (!member->worker)
			return false;
	}
	return true;
}

/* Those that run are asked to end when one cannot be had. */
static bool start_threads(struct crew *crew)
{
	for (unsigned i = 0; i < crew->plan.workers; i++) {
		struct member *member = &crew->members[i];
		int error = pthread_create(&member->thread, NULL, thread_main, member);

		if (error) {
			crew_stop(crew);
			return fail_errno(FAILURE_RESOURCE, error, "worker %u", i);
		}
		member->started = true;
	}
	return true;
}

static void watch(struct crew *crew)
{
	struct pollfd watched[] = {{.fd = crew->signal_fd, .events = POLLIN},
		{.fd = crew->ended_fd, .events = POLLIN}};
	int64_t next_us = clock_monotonic_us() + 1000000;
	uint64_t ended = 0;

	while (ended < crew->plan.workers) {
		int64_t left_us = next_us - clock_monotonic_us();
		uint64_t count;

		if (left_us <= 0) {
			crew->plan.tick(crew->plan.tick_context);
			next_us += 1000000;
			continue;
		}
		if (poll(watched, ARRAY_COUNT(watched), (int)(left_us / 1000) + 1) <= 0)
			continue;
		if (watched[0].revents)
			hear_signal(crew);
		if (watched[1].revents &&
			read(crew->ended_fd, &count, sizeof(count)) == sizeof(count))
			ended += count;
	}
}

static void hear_signal(struct crew *crew)
{
	struct signalfd_siginfo info;

	if (read(crew->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (!crew->asked_us)
		crew->asked_us = clock_monotonic_us();
	else if (clock_monotonic_us() - crew->asked_us > SAME_US)
		_exit(128 + (int)info.ssi_signo);
	crew_stop(crew);
}

static void *thread_main(void *arg)
{
	struct member *member = arg;
	uint64_t one = 1;
	ssize_t written;

	worker_run(member->worker, first_fiber, member);
	written = write(member->crew->ended_fd, &one, sizeof(one));
	(void)written;
	return NULL;
}

static void first_fiber(void *arg)
{
	struct member *member = arg;

	member->crew->plan.body(member->crew->plan.context, member->index);
}

static void deliver_stop(struct letter *letter)
{
	struct member *member = CONTAINER_OF(letter, struct member, stop);

	member->crew->plan.stop(member->crew->plan.context, member->index);
}

static void destroy(struct crew **crew)
{
	struct crew *c = *crew;

	for (unsigned i = 0; i < c->plan.workers; i++)
		if (c->members[i].started)
			pthread_join(c->members[i].thread, NULL);
	for (unsigned i = 0; i < c->plan.workers; i++)
		worker_destroy(&c->members[i].worker);
	if (c->signal_fd >= 0)
		close(c->signal_fd);
	if (c->ended_fd >= 0)
		close(c->ended_fd);
	memory_free(c->members);
	memory_free(c);
	*crew = NULL;
}

/* As many connections as the administrator allows, not as the shell does. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}
