/* Operations as the fiber sees them; see operation.h. */
#include "store/operation.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "metrics/timing.h"
#include "run/worker.h"
#include "store/store_core.h"

void *operation_create(
	size_t size, struct store_port *port, struct store_account *account)
{
	struct operation *operation = memory_allocate(size);

	operation->port = port;
	operation->account = store_account_hold(
		port->store, store_account_name(account));
	condition_init(&operation->changed);
	return operation;
}

static void release(struct operation *operation)
{
	if (operation->finish)
		operation->finish(operation);
	store_account_release(&operation->account);
	arena_finish(&operation->arena);
	memory_free(operation);
}

/* On its worker: it was done. */
static void told(struct letter *letter)
{
	struct operation *operation = CONTAINER_OF(letter, struct operation, letter);
	struct store_port *port = operation->port;

	operation->is_done = true;
	if (operation->left)
		release(operation);
	else
		condition_signal(&operation->changed);
	store_port_end(port);
}

bool operation_perform(struct operation *operation, struct deadline deadline)
{
	struct store_account *account = operation->account;
	int64_t began_us = worker_now_us();

	operation->letter.run = told;
	store_port_begin(operation->port);
	pthread_mutex_lock(&account->lock);
	list_append(&account->operations, &operation->link);
	pthread_mutex_unlock(&account->lock);
	pthread_mutex_lock(&account->store->lock);
	store_make_ready(account);
	pthread_mutex_unlock(&account->store->lock);
	while (!operation->is_done) {
		if (!condition_wait(&operation->changed, deadline))
			return false;
	}
	timing_record(TIMING_STORE, worker_now_us() - began_us);
	return operation->good || fail_again(&operation->failure);
}

void operation_destroy(void *operation)
{
	struct operation *old = operation;

	if (!old)
		return;
	/* One that was never performed is done, too. */
	if (old->is_done || !old->letter.run)
		release(old);
	else
		old->left = true;
}

bool operation_refuse(
	struct operation *operation, enum store_fault fault, const char *format, ...)
{
	char text[sizeof(operation->failure.text)];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	operation->fault = fault;
	return fail(FAILURE_DATA, "%s", text);
}
