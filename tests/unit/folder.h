/*
 * Tests that need a folder of their own: made before the first case, removed with
 * all that is in it behind the last one, and threads for what waits for the disk.
 *
 *	static char folder[] = "/tmp/ringpost-NAME-XXXXXX";
 *
 *	CHECK_MAIN_IN(folder)
 */
#ifndef RINGPOST_TESTS_FOLDER_H
#define RINGPOST_TESTS_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "run/worker.h"

static inline void folder_remove(const char *folder)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command)) /* a test's own folder */
		fprintf(stderr, "%s is still there\n", folder);
}

/* How many files there are in FOLDER/NAME. */
static inline size_t folder_count(const char *folder, const char *name)
{
	char path[300];
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	dir = opendir(path);
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count > 2 ? count - 2 : 0; /* . and .. */
}

static inline int check_run_in(char *folder)
{
	int result;

	if (!mkdtemp(folder) || !offload_start(3, 256))
		return EXIT_FAILURE;
	result = check_run();
	offload_stop();
	folder_remove(folder);
	return result;
}

#define CHECK_MAIN_IN(folder)                \
	int main(void)                       \
	{                                    \
		return check_run_in(folder); \
	}

#endif
