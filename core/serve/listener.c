/*
 * Listeners: an accepting fiber for each address of each worker, kept over
 * reloads where the address stays.
 */
#include "serve/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/list.h"
#include "base/memory.h"
#include "run/ring.h"

#include "serve/listener_core.h"

#define LISTENER_PAUSE_MS 100

/* One address of one worker. */
struct accepting {
	struct link link;
	struct listeners *listeners;
	struct ring_acceptor *acceptor;
	struct scope scope; /* of its one fiber */
	char *address;
	size_t index; /* of its listener in the present configuration */
	bool retired; /* not in it any more */
};

static void accept_all(void *arg)
{
	struct accepting *accepting = arg;
	struct listeners *listeners = accepting->listeners;

	for (;;) {
		int fd = ring_acceptor_wait(accepting->acceptor, deadline_none());

		if (fd >= 0)
			session_begin(listeners, accepting->index, fd);
		else if (fd == -ECANCELED ||
			 !fiber_sleep(deadline_after_ms(LISTENER_PAUSE_MS)))
			break;
	}
	ring_acceptor_close(&accepting->acceptor);
}

static bool accept_on(
	struct listeners *listeners, struct socket_group *group, size_t index)
{
	struct accepting *accepting = NEW(struct accepting);
	/* Not for children: a Redis would keep the port when we are gone. */
	int fd = fcntl(group->fds[listeners->worker], F_DUPFD_CLOEXEC, 0);

	scope_init(&accepting->scope);
	accepting->listeners = listeners;
	accepting->index = index;
	accepting->address = memory_copy_text(slice_of(group->address));
	list_append(&listeners->accepting, &accepting->link);
	accepting->acceptor = fd >= 0 ? ring_acceptor_open(fd) : NULL;
	if (accepting->acceptor &&
		scope_spawn(&accepting->scope, "accept", accept_all, accepting))
		return true;
	ring_acceptor_close(&accepting->acceptor);
	accepting->retired = true;
	return fail(FAILURE_RESOURCE, "cannot accept on %s", group->address);
}

struct listeners *listeners_open(unsigned worker, struct session_counts *counts,
	struct scope *scope,
	void (*session)(void *context, const struct session_start *start),
	void *context)
{
	struct listeners *listeners = NEW(struct listeners);

	listeners->counts = counts;
	listeners->sessions = scope;
	listeners->worker = worker;
	listeners->session = session;
	listeners->context = context;
	list_init(&listeners->accepting);
	list_init(&listeners->admitted);
	return listeners;
}

static struct accepting *find_accepting(
	struct listeners *listeners, const char *address)
{
	LIST_EACH (&listeners->accepting, link) {
		struct accepting *accepting = CONTAINER_OF(
			link, struct accepting, link);

		if (!accepting->retired && strcmp(accepting->address, address) == 0)
			return accepting;
	}
	return NULL;
}

static void retire_all(struct listeners *listeners)
{
	LIST_EACH (&listeners->accepting, link)
		CONTAINER_OF(link, struct accepting, link)->retired = true;
}

static void stop_retired(struct listeners *listeners)
{
	LIST_EACH (&listeners->accepting, link) {
		struct accepting *accepting = CONTAINER_OF(
			link, struct accepting, link);

		if (accepting->retired)
			scope_cancel(&accepting->scope);
	}
}

bool listeners_reload(struct listeners *listeners, struct sockets *sockets,
	struct config *config, struct tls_server *tls)
{
	struct accepting **kept = memory_allocate_array(
		sockets->count + 1, sizeof(struct accepting *));
	bool all = true;

	config_hold(config);
	config_release(&listeners->config);
	listeners->config = config;
	if (tls)
		tls_server_hold(tls);
	tls_server_release(&listeners->tls);
	listeners->tls = tls;

	for (size_t i = 0; i < sockets->count; i++)
		kept[i] = find_accepting(listeners, sockets->groups[i]->address);
	retire_all(listeners);
	for (size_t i = 0; i < sockets->count; i++) {
		if (kept[i]) {
			kept[i]->retired = false;
			kept[i]->index = i;
		} else {
			all &= accept_on(listeners, sockets->groups[i], i);
		}
	}
	stop_retired(listeners);
	memory_free(kept);
	return all;
}

void listeners_stop(struct listeners *listeners)
{
	listeners->stopping = true;
	sessions_hurry(listeners);
	retire_all(listeners);
	stop_retired(listeners);
}

void listeners_close(struct listeners **listeners, struct deadline deadline)
{
	struct listeners *old = *listeners;
	struct link *link;

	*listeners = NULL;
	if (!old)
		return;
	while ((link = list_take(&old->accepting))) {
		struct accepting *accepting = CONTAINER_OF(
			link, struct accepting, link);

		scope_cancel(&accepting->scope);
		scope_finish(&accepting->scope, deadline);
		memory_free(accepting->address);
		memory_free(accepting);
	}
	tls_server_release(&old->tls);
	config_release(&old->config);
	memory_free(old);
}
