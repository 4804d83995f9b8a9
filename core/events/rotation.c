/* Files that are full: how they are called, which is next, which is too old. */
#include "events/rotation.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#define PACKED	  ".zst"
#define PART	  ".zst.part"
#define TIME_SIZE 20 /* 20261121T204312.123Z */
#define AGAIN_MAX 1000

static void print_time(int64_t ms, char text[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t size;

	gmtime_r(&seconds, &tm);
	size = strftime(text, 32, "%Y%m%dT%H%M%S", &tm);
	snprintf(text + size, 32 - size, ".%03uZ", (unsigned)(ms % 1000));
}

/* A name that is taken stays whose it is. */
bool rotation_rename(const char *path, int64_t now_ms)
{
	char time[32];

	for (unsigned i = 0; i < AGAIN_MAX; i++) {
		char *name, *packed;
		bool taken;

		print_time(now_ms + i, time);
		name = memory_format("%s.%s", path, time);
		packed = memory_format("%s" PACKED, name);
		taken = access(name, F_OK) == 0 || access(packed, F_OK) == 0;
		if (!taken && rename(path, name) != 0)
			fail_errno(FAILURE_FILE, errno, "cannot rename %s", path);
		else if (!taken)
			failure_clear();
		memory_free(packed);
		memory_free(name);
		if (!taken)
			return failure_kind_last() == FAILURE_NONE;
	}
	return fail(FAILURE_FILE, "cannot rename %s: no name is free", path);
}

/* What stands behind "BASE." when that is a time of ours; else NULL. */
static const char *behind_time(const char *name, const char *base)
{
	size_t size = strlen(base);
	const char *at = name + size + 1;

	if (strncmp(name, base, size) != 0 || name[size] != '.' ||
		strlen(at) < TIME_SIZE)
		return NULL;
	for (size_t i = 0; i < TIME_SIZE; i++) {
		char wanted = i == 8 ? 'T' : i == 15 ? '.' : i == 19 ? 'Z' : '0';

		if (wanted == '0' ? at[i] < '0' || at[i] > '9' : at[i] != wanted)
			return NULL;
	}
	return at + TIME_SIZE;
}

/* Names in the folder of PATH, its own in front cut off. */
struct names {
	char **at;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? memory_copy_text(slice_make(path, (size_t)(slash - path) + 1))
		     : memory_copy_text(SLICE("./"));
}

/* Those with END behind their time, oldest first. */
static struct names list(const char *path, const char *end)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *folder = folder_of(path);
	DIR *directory = opendir(folder);
	struct names names = {NULL, 0};
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		const char *rest = behind_time(entry->d_name, base);

		if (!rest || strcmp(rest, end) != 0)
			continue;
		names.at = memory_resize(
			names.at, (names.count + 1) * sizeof(*names.at));
		names.at[names.count++] = memory_format("%s%s", folder, entry->d_name);
	}
	if (directory)
		closedir(directory);
	memory_free(folder);
	if (names.count)
		qsort(names.at, names.count, sizeof(*names.at), compare);
	return names;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		memory_free(names->at[i]);
	memory_free(names->at);
}

bool rotation_find(const char *path, char found[ROTATION_PATH_MAX])
{
	struct names parts = list(path, PART), names = list(path, "");
	bool any = names.count > 0 && strlen(names.at[0]) < ROTATION_PATH_MAX;

	for (size_t i = 0; i < parts.count; i++)
		unlink(parts.at[i]);
	if (any)
		memcpy(found, names.at[0], strlen(names.at[0]) + 1);
	free_names(&parts);
	free_names(&names);
	return any;
}

void rotation_forget(const char *path, uint64_t most)
{
	struct names names = list(path, PACKED);

	for (size_t i = 0; most && i + most < names.count; i++)
		unlink(names.at[i]);
	free_names(&names);
}

/* "20261121T204312.123Z", which behind_time has looked at. */
static int64_t read_time(const char *at)
{
	int year = 0, month = 0;
	unsigned ms = 0;
	struct tm tm = {0};

	sscanf(at, "%4d%2d%2dT%2d%2d%2d.%3u", &year, &month, &tm.tm_mday, &tm.tm_hour,
		&tm.tm_min, &tm.tm_sec, &ms);
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	return (int64_t)timegm(&tm) * 1000 + (int64_t)ms;
}

char *rotation_next(
	const char *path, int64_t after_ms, int64_t *full_ms_r, bool *older_r)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *folder = folder_of(path), *found = NULL;
	DIR *directory = opendir(folder);
	struct dirent *entry;
	bool older = false;

	while (directory && (entry = readdir(directory))) {
		const char *rest = behind_time(entry->d_name, base);
		int64_t full_ms;

		if (!rest || (*rest && strcmp(rest, PACKED) != 0))
			continue;
		full_ms = read_time(rest - TIME_SIZE);
		older |= full_ms <= after_ms;
		if (full_ms <= after_ms || (found && full_ms >= *full_ms_r))
			continue;
		memory_free(found);
		found = memory_format(
			"%s%.*s", folder, (int)(rest - entry->d_name), entry->d_name);
		*full_ms_r = full_ms;
	}
	if (directory)
		closedir(directory);
	memory_free(folder);
	if (older_r)
		*older_r = older;
	return found;
}
