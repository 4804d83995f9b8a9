/*
 * The repair of a damaged tail: only the last increment can have one, for all
 * before it was complete when the last one was begun.
 */
#include "queue/embedded_repair.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "queue/program.h"

#define OUTPUT_MAX (64u << 10)

/* "appendonly.aof.7.incr.aof" → 7; 0: another kind of file. */
static unsigned long increment_number(const char *name)
{
	const char *dot = strchr(name, '.');
	size_t size = strlen(name);

	if (size < 9 || strcmp(name + size - 9, ".incr.aof") != 0 || !dot)
		return 0;
	dot = strchr(dot + 1, '.');
	return dot ? strtoul(dot + 1, NULL, 10) : 0;
}

static char *last_increment(const char *directory)
{
	char *folder = memory_format("%s/appendonlydir", directory), *path = NULL;
	DIR *open = opendir(folder);
	unsigned long newest = 0;
	struct dirent *item;

	while (open && (item = readdir(open))) {
		unsigned long number = increment_number(item->d_name);

		if (number <= newest)
			continue;
		newest = number;
		memory_free(path);
		path = memory_format("%s/%s", folder, item->d_name);
	}
	if (open)
		closedir(open);
	memory_free(folder);
	return path;
}

static bool copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t got = -1;

	if (in >= 0 && out >= 0)
		while ((got = copy_file_range(in, NULL, out, NULL, 1u << 30, 0)) > 0)
			;
	if (out >= 0 && got == 0 && fsync(out) != 0)
		got = -1;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return got == 0 ||
	       fail_errno(FAILURE_STORE, errno, "cannot copy %s aside", from);
}

static int64_t size_of(const char *path)
{
	struct stat stat_of;

	return stat(path, &stat_of) == 0 ? (int64_t)stat_of.st_size : -1;
}

static bool check(char *path, bool fix, int *status_r)
{
	struct buffer output = {.limit = OUTPUT_MAX};
	char *fixing[] = {"redis-check-aof", "--fix", path, NULL};
	char *looking[] = {"redis-check-aof", path, NULL};
	bool ran = program_run(fix ? fixing : looking, SLICE("y\n"), &output, status_r);

	if (ran && *status_r != 0)
		fail(FAILURE_STORE, "redis-check-aof: %.*s",
			SLICE_PRINT(slice_trim_all(buffer_contents(&output))));
	buffer_finish(&output);
	return ran;
}

static bool fix(const char *directory, char *path, uint64_t *bytes_r)
{
	char *aside = memory_format(
		"%s/damaged-%lld.aof", directory, (long long)clock_wall_ms());
	int64_t before = size_of(path);
	int status = -1;
	bool fixed = copy_file(path, aside) && check(path, true, &status) &&
		     status == 0;

	if (fixed) {
		*bytes_r = (uint64_t)(before - size_of(path));
		event_note(EVENT_ERROR, "redis_repaired",
			"the last %llu bytes of %s were damaged and are cut off; "
			"a copy is in %s",
			(unsigned long long)*bytes_r, path, aside);
	}
	memory_free(aside);
	return fixed;
}

bool embedded_repair(const char *directory, uint64_t *bytes_r)
{
	char *path = last_increment(directory);
	bool repaired = false;
	int status = 0;

	failure_clear();
	if (path && check(path, false, &status) && status != 0)
		repaired = fix(directory, path, bytes_r);
	memory_free(path);
	return repaired;
}
