/*
 * Names of files that are full: PATH.20261121T204312.123Z, and the same with
 * .zst behind once it is compressed. Blocks.
 */
#ifndef RINGPOST_EVENTS_ROTATION_H
#define RINGPOST_EVENTS_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#define ROTATION_PATH_MAX 4096

/* Renames PATH. False with FAILURE_FILE. */
bool rotation_rename(const char *path, int64_t now_ms);
/* The oldest that is not compressed yet, into FOUND; false: there is none. What a
 * process that was killed left half compressed is removed. */
bool rotation_find(const char *path, char found[ROTATION_PATH_MAX]);
/* Removes the oldest compressed ones, but MOST of them. 0: none. */
void rotation_forget(const char *path, uint64_t most);
/*
 * The oldest of those that were full behind AFTER_MS, compressed or not: its name
 * without .zst, to be freed, and when it was full; NULL: there is none. *older_r, if it
 * is not NULL: whether others were full by then.
 */
char *rotation_next(
	const char *path, int64_t after_ms, int64_t *full_ms_r, bool *older_r);

#endif
