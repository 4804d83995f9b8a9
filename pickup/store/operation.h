/*
 * Operations: what is to be done to an account's mail, by a writer thread, for a
 * fiber that waits. All operations that wait for an account run in one
 * transaction, each behind a mark of its own, so that one that is refused undoes
 * nothing of the others; all are answered when the transaction is on the disk.
 *
 * An operation and all it needs lives in memory of its own: a fiber that gives up
 * waiting leaves it behind, and it may still happen.
 */
#ifndef RINGPOST_STORE_OPERATION_H
#define RINGPOST_STORE_OPERATION_H

#include "base/failure.h"
#include "base/list.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "store/store.h"

struct database;

struct operation {
	struct arena arena; /* for what it needs and what it found */
	struct store_port *port;
	struct store_account *account; /* held */
	/* In the transaction, on the writer's thread. False: refused (`fault`), or the
	 * database failed. */
	bool (*run)(struct operation *operation, struct database *database);
	/* Behind the commit, on that thread, in order: into memory. */
	void (*publish)(struct operation *operation);
	/* Gives back what is not in the arena; at its end, whatever became of it. */
	void (*finish)(struct operation *operation);
	/* It speaks of files that were named in cur/ just now: the names are to be on
	 * the disk before the commit. */
	bool names_files;
	/* What it changes may be lost when the machine stops. */
	bool may_lose;
	bool is_done, good;
	enum store_fault fault;
	/* Private: */
	struct link link;
	struct letter letter;
	struct condition changed;
	struct failure failure;
	bool left;
};

/* SIZE zeroed bytes that begin with a struct operation. */
void *operation_create(
	size_t size, struct store_port *port, struct store_account *account);
/*
 * Waits until it is done: true, and it happened. False with its failure, and
 * is_done, or with TIMEOUT or CANCELLED: then only operation_destroy may touch it.
 */
bool operation_perform(struct operation *operation, struct deadline deadline);
/* Or leaves it behind, where it is not done. */
void operation_destroy(void *operation);
/* For `run`: refuses with FAILURE_DATA. */
bool operation_refuse(struct operation *operation, enum store_fault fault,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
