/*
 * Waiting for a limit, across workers: a line for each limit under one lock of
 * the process, and a letter to the worker of whoever is called.
 *
 * Who waits looks once more after it stands in line, and who lets go of a place
 * looks at the line after: one of the two sees the other.
 */
#include "limits/limits_wait.h"

#include <assert.h>

#include "base/memory.h"
#include "run/worker.h"

#include "limits/limits_core.h"

struct limits_port {
	struct letter letter;
	struct link link;
	struct worker *worker;
	struct limits_node *node;
	struct list woken;
	bool posted, room_wanted;
	bool closed; /* its worker's alone */
	void (*make_room)(void *context);
	void *context;
};

static void run(struct letter *letter);

/* Under the lock. */
static void post(struct limits_port *port)
{
	if (port->posted)
		return;
	port->posted = true;
	port->letter.run = run;
	worker_post(port->worker, &port->letter);
}

static struct limit_waiter *next_woken(struct limits_port *port)
{
	struct link *link;

	pthread_mutex_lock(&port->node->wait_lock);
	link = list_take(&port->woken);
	pthread_mutex_unlock(&port->node->wait_lock);
	return link ? CONTAINER_OF(link, struct limit_waiter, woken_link) : NULL;
}

static void run(struct letter *letter)
{
	struct limits_port *port = CONTAINER_OF(letter, struct limits_port, letter);
	struct limit_waiter *waiter;
	bool room_wanted;

	/* The node may be gone by now. */
	if (port->closed) {
		memory_free(port);
		return;
	}
	pthread_mutex_lock(&port->node->wait_lock);
	port->posted = false;
	room_wanted = port->room_wanted;
	port->room_wanted = false;
	pthread_mutex_unlock(&port->node->wait_lock);
	if (room_wanted)
		port->make_room(port->context);
	while ((waiter = next_woken(port)))
		waiter->wake(waiter);
}

struct limits_port *limits_port_open(
	struct limits_node *node, void (*make_room)(void *context), void *context)
{
	struct limits_port *port = NEW(struct limits_port);

	port->node = node;
	port->worker = worker_self();
	port->make_room = make_room;
	port->context = context;
	list_init(&port->woken);
	pthread_mutex_lock(&node->wait_lock);
	list_append(&node->ports, &port->link);
	pthread_mutex_unlock(&node->wait_lock);
	return port;
}

void limits_port_close(struct limits_port **port)
{
	struct limits_port *old = *port;
	struct limits_node *node;
	bool posted;

	*port = NULL;
	if (!old)
		return;
	node = old->node;
	pthread_mutex_lock(&node->wait_lock);
	assert(list_is_empty(&old->woken));
	list_remove(&old->link);
	posted = old->posted;
	pthread_mutex_unlock(&node->wait_lock);
	old->closed = true;
	/* Else the letter that is on its way. */
	if (!posted)
		memory_free(old);
}

/* Under the lock. */
static void call(struct limit_waiter *waiter)
{
	waiter->called = true;
	if (!link_is_linked(&waiter->woken_link))
		list_append(&waiter->port->woken, &waiter->woken_link);
	post(waiter->port);
}

static bool has_room(const struct limits *limits)
{
	return atomic_load(&limits->connections) < atomic_load(&limits->most) ||
	       !(atomic_load(&limits->active) & ACTIVE_CONNECTIONS);
}

/* Under the lock. */
static void call_first(struct limits *limits)
{
	if (!has_room(limits))
		return;
	LIST_EACH (&limits->waiting, link) {
		struct limit_waiter *waiter = CONTAINER_OF(
			link, struct limit_waiter, link);

		if (!waiter->connection || waiter->called)
			continue;
		call(waiter);
		return;
	}
}

void limits_call_next(struct limits *limits)
{
	if (atomic_load(&limits->waiters) == 0)
		return;
	pthread_mutex_lock(&limits->node->wait_lock);
	call_first(limits);
	pthread_mutex_unlock(&limits->node->wait_lock);
}

/* Less is allowed than there are. */
static bool is_over(const struct limits *limits)
{
	return atomic_load(&limits->active) & ACTIVE_CONNECTIONS &&
	       atomic_load(&limits->connections) >
		       atomic_load(&limits->most) + atomic_load(&limits->yielding);
}

static void want_room(struct limits_node *node)
{
	LIST_EACH (&node->ports, link) {
		struct limits_port *port = CONTAINER_OF(link, struct limits_port, link);

		port->room_wanted = true;
		post(port);
	}
}

void limits_call_all(struct limits *limits)
{
	pthread_mutex_lock(&limits->node->wait_lock);
	LIST_EACH (&limits->waiting, link)
		call(CONTAINER_OF(link, struct limit_waiter, link));
	if (is_over(limits))
		want_room(limits->node);
	pthread_mutex_unlock(&limits->node->wait_lock);
}

void limits_count(struct limit_user *user, bool counted)
{
	if (user->counted == counted)
		return;
	user->counted = counted;
	if (counted)
		atomic_fetch_add(&user->limits->users, 1);
	else
		atomic_fetch_sub(&user->limits->users, 1);
}

/* How many connections each user may keep when others want some. */
static uint64_t even_share(const struct limits *limits)
{
	unsigned users = atomic_load(&limits->users);

	return atomic_load(&limits->most) / (users ? users : 1);
}

static void set_starved(struct limit_waiter *waiter, bool starved)
{
	if (waiter->starved == starved)
		return;
	waiter->starved = starved;
	if (starved)
		atomic_fetch_add(&waiter->on->starved, 1);
	else
		atomic_fetch_sub(&waiter->on->starved, 1);
}

/* Under the lock. */
static void stand_in_line(struct limit_waiter *waiter, struct limits *limits)
{
	waiter->on = limits;
	list_append(&limits->waiting, &waiter->link);
	if (waiter->connection)
		atomic_fetch_add(&limits->waiters, 1);
}

void limits_wait(struct limit_set *set, struct limit_user *user, bool connection)
{
	struct limit_waiter *waiter = &set->waiter;
	struct limits *limits = user->limits;
	uint64_t share;
	bool fresh;

	if (waiter->on && (waiter->on != limits || waiter->connection != connection))
		limits_wait_end(set);
	if (connection) {
		limits_count(user, true);
		share = even_share(limits);
	} else {
		share = 0;
	}
	pthread_mutex_lock(&limits->node->wait_lock);
	waiter->called = false;
	waiter->waits++;
	waiter->connection = connection;
	fresh = !waiter->on;
	if (fresh)
		stand_in_line(waiter, limits);
	if (connection) {
		set_starved(waiter, user->open < (share ? share : 1));
		if (fresh && atomic_load(&limits->connections) > user->open)
			want_room(limits->node);
		call_first(limits);
	}
	pthread_mutex_unlock(&limits->node->wait_lock);
}

void limits_wait_end(struct limit_set *set)
{
	struct limit_waiter *waiter = &set->waiter;
	struct limits *limits = waiter->on;

	if (!limits)
		return;
	set_starved(waiter, false);
	pthread_mutex_lock(&limits->node->wait_lock);
	list_remove(&waiter->link);
	list_remove(&waiter->woken_link);
	waiter->on = NULL;
	waiter->called = false;
	if (waiter->connection) {
		atomic_fetch_sub(&limits->waiters, 1);
		call_first(limits);
	}
	pthread_mutex_unlock(&limits->node->wait_lock);
	for (size_t i = 0; waiter->connection && i < set->count; i++)
		if (set->at[i].limits == limits && set->at[i].open == 0)
			limits_count(&set->at[i], false);
}

struct limits *limits_yield(struct limit_set *set, bool idle)
{
	for (size_t i = 0; i < set->count; i++) {
		struct limits *limits = set->at[i].limits;
		unsigned wanted = atomic_load_explicit(
			&limits->waiters, memory_order_relaxed);

		if (is_over(limits)) {
			atomic_fetch_add(&limits->yielding, 1);
			return limits;
		}
		if (wanted == 0)
			continue;
		if (!idle)
			wanted = set->at[i].open > even_share(limits)
					 ? atomic_load(&limits->starved)
					 : 0;
		if (atomic_load(&limits->yielding) >= wanted)
			continue;
		atomic_fetch_add(&limits->yielding, 1);
		return limits;
	}
	return NULL;
}

void limits_yielded(struct limits **limits)
{
	if (*limits)
		atomic_fetch_sub(&(*limits)->yielding, 1);
	*limits = NULL;
}
