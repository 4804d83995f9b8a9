/*
 * SQLite, as far as mailboxes need it: the only user of that library is
 * database.c. Everything here blocks: it is for writer and reader threads, never
 * for a worker. A database is used by one thread at a time.
 *
 * Failures are FAILURE_STORE (now: busy, disk full) or FAILURE_DATA (it is
 * damaged, or of another version).
 */
#ifndef RINGPOST_STORE_DATABASE_H
#define RINGPOST_STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct database;
struct query;

/* Makes it where there is none: WAL, synchronous FULL, the schema of schema.sql. */
struct database *database_open(const char *path);
/* One of another kind. */
struct database_kind {
	const char *schema;	     /* sets its version: 1, if there are upgrades */
	const char *const *upgrades; /* to version 2 and so on; NULL: none */
	int64_t version;
	bool may_lose; /* the last commits when the machine stops: synchronous NORMAL */
};
struct database *database_open_kind(const char *path, const struct database_kind *kind);
/* One that is there, to read of it while others write. */
struct database *database_open_reader(const char *path);
void database_close(struct database **database);

/* A copy of what it has now, in a file PATH that is not there yet; others go on. */
bool database_copy(struct database *database, const char *path);

/* Whether what is committed from now on may be lost when the machine stops (not when
 * the process does), until something is committed that may not. */
bool database_may_lose(struct database *database, bool may);
bool database_begin(struct database *database);
bool database_begin_reading(struct database *database);
/* On the disk when it returns true. False: rolled back. */
bool database_commit(struct database *database);
void database_rollback(struct database *database);
/* Whether a transaction is: some failures (a full disk) end it. */
bool database_is_open(const struct database *database);
/* Inside a transaction: what follows may be undone alone. */
bool database_mark(struct database *database);
bool database_unmark(struct database *database);
void database_undo(struct database *database); /* to the mark, which goes */

/* Ready to be filled in; SQL is a literal, compiled once. NULL: failed. */
struct query *database_query(struct database *database, const char *sql);
/* Values, from 1. Bytes must last until query_end. */
void query_number(struct query *query, int at, int64_t value);
void query_text(struct query *query, int at, struct slice text);
void query_bytes(struct query *query, int at, struct slice bytes);
/* True: there is a row. False: the end, or a failure, which query_end says. */
bool query_row(struct query *query);
/* Columns, from 0; bytes last until the next query_row or query_end. */
int64_t query_number_of(const struct query *query, int column);
struct slice query_bytes_of(const struct query *query, int column);
/* Over; false if anything of it failed. May be called with NULL: false. */
bool query_end(struct query *query);
/* A query without rows, to its end. */
bool query_run(struct query *query);
/* Rows that the last one changed; the last rowid. */
int64_t database_changes(const struct database *database);
int64_t database_last_id(const struct database *database);

#endif
