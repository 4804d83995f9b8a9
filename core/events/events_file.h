/*
 * Events as lines in a file, written by a thread of its own: what disks do
 * keeps no worker waiting. A file that is full is renamed and compressed; the
 * oldest of those go.
 *
 * What a kill leaves in memory is lost: at the most what came in the last
 * tenth of a second. Lines that find no room (EVENTS_FILE_MEMORY) are counted.
 */
#ifndef RINGPOST_EVENTS_EVENTS_FILE_H
#define RINGPOST_EVENTS_EVENTS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define EVENTS_FILE_MEMORY (16u << 20)

struct events_file;

struct events_file_options {
	const char *path;
	uint64_t size;	/* of a file, from there on it is rotated */
	uint64_t files; /* compressed ones that are kept; 0: all */
};

/* Opens PATH and starts the thread. NULL with FAILURE_FILE. Blocks. */
struct events_file *events_file_create(const struct events_file_options *options);
/* From now on with these options; PATH is opened anew, even if it is the same.
 * False with FAILURE_FILE: nothing has changed. Blocks. */
bool events_file_reload(
	struct events_file *file, const struct events_file_options *options);
/* Writes what waits. Blocks. */
void events_file_destroy(struct events_file **file);

/* COUNT whole lines. From any thread, never waits for the disk. */
void events_file_give(struct events_file *file, struct slice lines, unsigned count);

struct events_file_figures {
	uint64_t written, dropped; /* lines */
	uint64_t waiting_bytes;
};
struct events_file_figures events_file_figures(struct events_file *file);

#endif
