/*
 * Watching sources: whether their addresses are on this machine, and whether
 * their proxies work. What changes is told.
 *
 * An address is here if a socket can be bound to it: that holds for whatever
 * way the system has it (an interface, a range on loopback, a route that is
 * local, net.ipv4.ip_nonlocal_bind), which a list of interfaces does not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/event.h"
#include "base/random.h"
#include "run/worker.h"

#include "relay/source_core.h"

#define PROXY_FIRST_US (5 * INT64_C(1000000)) /* left alone; then twice as long … */
#define PROXY_DOUBLES  6		      /* … so often */

bool source_is_here(const union host_address *address)
{
	bool ipv6 = address->any.sa_family == AF_INET6;
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool here;

	if (fd < 0)
		return errno != EAFNOSUPPORT; /* short of descriptors: no news */
	here = bind(fd, &address->any,
		       ipv6 ? sizeof(address->ipv6) : sizeof(address->ipv4)) == 0 ||
	       errno != EADDRNOTAVAIL;
	close(fd);
	return here;
}

static void tell_out(const struct source *source, const char *key, const char *value)
{
	struct event event;

	event_begin(&event, EVENT_WARNING, "source_out");
	event_text(&event, "source", source->name);
	event_text(&event, key, slice_of(value));
	event_end(&event);
}

static void tell_up(const struct source *source, const char *key, const char *value)
{
	struct event event;

	atomic_fetch_add(&source->states->ups, 1);
	event_begin(&event, EVENT_INFO, "source_up");
	event_text(&event, "source", source->name);
	event_text(&event, key, slice_of(value));
	event_end(&event);
}

bool source_look(struct source *source, enum source_family family)
{
	const union host_address *address = &source->address[family];
	bool here, gone;
	char text[INET6_ADDRSTRLEN] = "";

	if (!source->local || !source->families[family])
		return true;
	here = source_is_here(address);
	gone = atomic_exchange(&source->state->gone[family], !here);
	if (gone != here)
		return here; /* as it was */
	if (family == SOURCE_IPV4)
		inet_ntop(AF_INET, &address->ipv4.sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &address->ipv6.sin6_addr, text, sizeof(text));
	if (here)
		tell_up(source, "address", text);
	else
		tell_out(source, "address", text);
	return here;
}

void sources_look(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		for (int family = 0; family < SOURCE_FAMILIES; family++)
			source_look(&sources->list[i], (enum source_family)family);
}

/* ---- Proxies ---- */

void source_note_proxy_down(struct source *source, const char *reason)
{
	struct source_state *state = source->state;
	int64_t now_us = worker_now_us();
	int64_t until = atomic_load(&state->out_until_us);
	unsigned failures;
	int64_t wait_us;

	/* Several connections find out at the same time. */
	if (until > now_us)
		return;
	failures = atomic_load(&state->failures);
	wait_us = PROXY_FIRST_US
		  << (failures < PROXY_DOUBLES ? failures : PROXY_DOUBLES);
	wait_us += (int64_t)random_below((uint64_t)wait_us / 5);
	if (!atomic_compare_exchange_strong(
		    &state->out_until_us, &until, now_us + wait_us))
		return;
	atomic_fetch_add(&state->failures, 1);
	tell_out(source, "reason", reason);
}

void source_note_proxy_up(struct source *source)
{
	struct source_state *state = source->state;

	if (atomic_load_explicit(&state->failures, memory_order_relaxed) == 0)
		return;
	if (atomic_exchange(&state->failures, 0) == 0)
		return;
	atomic_store(&state->out_until_us, 0);
	tell_up(source, "reason", "its proxy works again");
}
