/*
 * Looking for a message in a file of events and in those that it was before.
 *
 * Which is next is looked up when one is done with: meanwhile some got full, were
 * compressed, were removed. A file stays what it is while it is open.
 */
#include "report/event_hunt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "events/decompress.h"
#include "events/rotation.h"

#include "report/log_hunt.h"

#define PART	 (256u << 10)
#define STEP	 (2u << 20)
#define AT_SIZE	 24    /* 2026-11-21T07:32:47.123Z */
#define SLACK_MS 10000 /* lines are written a little later; clocks are set back */

void event_hunt_begin(struct event_hunt *hunt)
{
	event_hunt_begin_at(hunt, hunt->since_ms - SLACK_MS, 0);
}

/* Nothing older than SINCE_MS is looked through whatever place somebody names. */
void event_hunt_begin_at(struct event_hunt *hunt, int64_t after_ms, uint64_t offset)
{
	int64_t least_ms = hunt->since_ms - SLACK_MS;

	hunt->after_ms = after_ms > least_ms ? after_ms : least_ms;
	hunt->fd = -1;
	line_scan_move(&hunt->scan, offset);
}

static void close_file(struct event_hunt *hunt)
{
	if (hunt->fd >= 0)
		close(hunt->fd);
	hunt->fd = -1;
	decompress_close(&hunt->packed);
	hunt->is_open = false;
}

/* The one that is open is done with, or cannot be read on. */
static void leave(struct event_hunt *hunt)
{
	close_file(hunt);
	if (hunt->is_last) {
		hunt->ended = true;
		return;
	}
	hunt->after_ms = hunt->full_ms;
	line_scan_move(&hunt->scan, 0);
}

/* Bytes of a file that is not compressed have their places. */
static void place(struct event_hunt *hunt)
{
	uint64_t *offset = &hunt->scan.offset;
	struct stat facts;

	if (fstat(hunt->fd, &facts) != 0)
		facts.st_size = 0;
	if (*offset > (uint64_t)facts.st_size)
		*offset = 0; /* somebody has moved it away */
	if (*offset > 0)
		return;
	*offset = (uint64_t)log_hunt_place(hunt->fd, facts.st_size, hunt->since_ms);
	hunt->scan.passes = *offset > 0;
}

/* One that was full: NAME, or by now NAME.zst. */
static void open_full(struct event_hunt *hunt, const char *name)
{
	char *packed = memory_format("%s.zst", name);

	hunt->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (hunt->fd < 0 && errno == ENOENT)
		hunt->packed = decompress_open(packed);
	hunt->is_open = hunt->fd >= 0 || hunt->packed;
	/* It may have been removed as too old just now. */
	if (!hunt->is_open && (access(name, F_OK) == 0 || access(packed, F_OK) == 0))
		hunt->damaged++;
	memory_free(packed);
}

/* FILE itself, unless it got full while it was opened. */
static char *open_last(struct event_hunt *hunt)
{
	char *name;

	hunt->fd = open(hunt->file, O_RDONLY | O_CLOEXEC);
	hunt->is_open = hunt->fd >= 0;
	if (!hunt->is_open && errno != ENOENT)
		hunt->damaged++;
	name = rotation_next(hunt->file, hunt->after_ms, &hunt->full_ms, NULL);
	if (name)
		close_file(hunt);
	return name;
}

/* The next. False: there is none. */
static bool open_next(struct event_hunt *hunt)
{
	bool older, first = hunt->files == 0;
	char *name = rotation_next(hunt->file, hunt->after_ms, &hunt->full_ms, &older);

	if (!name)
		name = open_last(hunt);
	hunt->is_last = !name;
	if (name)
		open_full(hunt, name);
	memory_free(name);
	if (!hunt->is_open) {
		leave(hunt);
		return !hunt->is_last;
	}
	line_scan_move(&hunt->scan, hunt->scan.offset);
	hunt->skip = hunt->packed ? hunt->scan.offset : 0;
	if (!hunt->packed)
		place(hunt);
	if (first)
		hunt->begins_later = !older && hunt->scan.offset == 0;
	hunt->files++;
	return true;
}

/* The file's next bytes; *size_r 0: its end. False: it cannot be read. */
static bool read_part(struct event_hunt *hunt, size_t *size_r)
{
	char *room = buffer_reserve(&hunt->scan.part, PART);
	off_t offset = (off_t)(hunt->scan.offset + buffer_size(&hunt->scan.part));
	ssize_t size;

	if (hunt->packed)
		return decompress_read(hunt->packed, room, PART, size_r);
	do
		size = pread(hunt->fd, room, PART, offset);
	while (size < 0 && errno == EINTR);
	*size_r = size > 0 ? (size_t)size : 0;
	return size >= 0;
}

/* Whether the first line there is is younger than that. */
static bool begins_behind(struct slice text, int64_t since_ms)
{
	static const struct slice name = {"\"at\":\"", sizeof("\"at\":\"") - 1};
	char since[CLOCK_TEXT_SIZE];
	struct slice line = slice_cut(&text, '\n');
	size_t at = slice_find(line, name);

	line = slice_part(line, at < line.size ? at + name.size : at, AT_SIZE);
	return slice_compare(line, clock_format_iso(since_ms, since)) > 0;
}

/* SIZE bytes more were read. False: a line was not taken. */
static bool take(struct event_hunt *hunt, size_t size)
{
	size_t skip = hunt->skip < size ? (size_t)hunt->skip : size;

	buffer_advance(&hunt->scan.part, size);
	buffer_consume(&hunt->scan.part, skip);
	hunt->skip -= skip;
	hunt->bytes += size - skip;
	if (hunt->begins_later && !hunt->seen && size > skip)
		hunt->begins_later = begins_behind(
			buffer_contents(&hunt->scan.part), hunt->since_ms);
	hunt->seen |= size > skip;
	return line_scan_run(&hunt->scan);
}

bool event_hunt_step(struct event_hunt *hunt)
{
	size_t done = 0, size = 0;

	while (!hunt->ended && done < STEP) {
		if (!hunt->is_open) {
			if (!open_next(hunt))
				return false;
			continue;
		}
		if (!read_part(hunt, &size)) {
			hunt->damaged++;
			leave(hunt);
		} else if (size == 0) {
			leave(hunt);
		} else if (!take(hunt, size)) {
			close_file(hunt);
			return false;
		}
		done += size;
	}
	return !hunt->ended;
}

void event_hunt_finish(struct event_hunt *hunt)
{
	close_file(hunt);
	line_scan_finish(&hunt->scan);
}
