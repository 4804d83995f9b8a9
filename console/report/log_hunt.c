/* Looking for a message in a file of events, which may be large, and grow. */
#include "report/log_hunt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/failure.h"

#include "report/line_scan.h"

#define PART	 (1u << 20)  /* read at a time */
#define LOOK	 (32u << 10) /* … to see what time it is there; a line has 8 KiB */
#define AT_SIZE	 24	     /* 2026-11-21T07:32:47.123Z */
#define SLACK_MS 10000	     /* lines are written some milliseconds later */

static bool read_part(int fd, off_t offset, size_t size, struct buffer *into)
{
	char *room = buffer_reserve(into, size);
	ssize_t got;

	if (!room)
		return false;
	do
		got = pread(fd, room, size, offset);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		buffer_advance(into, (size_t)got);
	return got > 0;
}

/* What time the first whole line behind OFFSET has; empty: that cannot be told. */
static struct slice time_behind(int fd, off_t offset, struct buffer *part)
{
	static const struct slice name = {"\"at\":\"", sizeof("\"at\":\"") - 1};
	struct slice text;
	const char *at;

	buffer_clear(part);
	if (!read_part(fd, offset, LOOK, part))
		return SLICE_EMPTY;
	text = buffer_contents(part);
	slice_cut(&text, '\n');
	at = text.size ? memmem(text.at, text.size, name.at, name.size) : NULL;
	if (!at)
		return SLICE_EMPTY;
	text = slice_from(text, (size_t)(at - text.at) + name.size);
	return text.size < AT_SIZE ? SLICE_EMPTY : slice_part(text, 0, AT_SIZE);
}

off_t log_hunt_place(int fd, off_t size, int64_t since_ms)
{
	char text[CLOCK_TEXT_SIZE];
	struct slice since = clock_format_iso(since_ms - SLACK_MS, text);
	struct buffer part = {0};
	off_t from = 0, to = size;

	while (since_ms > SLACK_MS && to - from > (off_t)PART) {
		off_t middle = from + (to - from) / 2;
		struct slice at = time_behind(fd, middle, &part);

		if (!at.size)
			break;
		if (memcmp(at.at, since.at, AT_SIZE) < 0)
			from = middle;
		else
			to = middle;
	}
	buffer_finish(&part);
	return from;
}

static void read_on(struct log_hunt *hunt, int fd, off_t offset)
{
	struct line_scan scan = {.wanted = hunt->id,
		.visit = hunt->visit,
		.context = hunt->context,
		.offset = (uint64_t)offset,
		.passes = offset > 0};

	while (read_part(fd, offset, PART, &scan.part) && line_scan_run(&scan))
		offset = (off_t)(scan.offset + buffer_size(&scan.part));
	line_scan_finish(&scan);
}

bool log_hunt(struct log_hunt *hunt)
{
	int fd = open(hunt->file, O_RDONLY | O_CLOEXEC);
	struct stat facts;
	off_t from;

	if (fd < 0 || fstat(fd, &facts) != 0) {
		fail_errno(FAILURE_FILE, errno, "Cannot look into %s", hunt->file);
		if (fd >= 0)
			close(fd);
		return false;
	}
	from = log_hunt_place(fd, facts.st_size, hunt->since_ms);
	hunt->cut = facts.st_size - from > LOG_HUNT_MAX;
	if (hunt->cut)
		from = facts.st_size - (off_t)LOG_HUNT_MAX;
	if (hunt->id.size)
		read_on(hunt, fd, from);
	close(fd);
	return true;
}
