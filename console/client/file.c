/* Files that are named on a command line. */
#include "client/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"

#define PIECE 8192

bool file_read(const char *path, size_t most, struct buffer *into)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "re");
	size_t before = buffer_size(into), size;
	bool good;

	if (!file)
		return fail_errno(FAILURE_FILE, errno, "cannot open %s", path);
	while ((size = fread(buffer_reserve(into, PIECE), 1, PIECE, file)) > 0 &&
		buffer_size(into) - before <= most)
		buffer_advance(into, size);
	good = !ferror(file) || fail_errno(FAILURE_FILE, errno, "cannot read %s", path);
	if (!standard)
		fclose(file);
	return good &&
	       (buffer_size(into) - before <= most ||
		       fail(FAILURE_FILE, "%s has more than %zu bytes", path, most));
}
