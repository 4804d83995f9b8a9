/* Keys that were made while the server ran; see made.h. */
#include "dkim/made.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#define MIDDLE SLICE("._domainkey.")
#define END    SLICE(".pem")

/* "rp1._domainkey.example.com.pem" */
static bool read_name(
	struct slice name, struct slice *domain_r, struct slice *selector_r)
{
	size_t at = slice_find(name, MIDDLE);

	if (at == name.size || at == 0 || !slice_ends(name, END))
		return false;
	*selector_r = slice_part(name, 0, at);
	*domain_r = slice_from(name, at + MIDDLE.size);
	if (domain_r->size <= END.size)
		return false;
	domain_r->size -= END.size;
	return true;
}

static char *path_of(
	const char *state_directory, struct slice domain, struct slice selector)
{
	return memory_format("%s/dkim/%.*s._domainkey.%.*s.pem", state_directory,
		SLICE_PRINT(selector), SLICE_PRINT(domain));
}

static struct dkim_key *read_one(const char *state_directory, struct slice name)
{
	struct slice domain, selector;
	struct dkim_key *key;
	char *path;

	if (!read_name(name, &domain, &selector))
		return NULL;
	path = path_of(state_directory, domain, selector);
	key = dkim_key_read(domain, selector, path);
	memory_free(path);
	return key;
}

struct dkim_key **dkim_made_load(const char *state_directory, size_t *count_r)
{
	char *folder = memory_format("%s/dkim", state_directory ? state_directory : "");
	DIR *directory = state_directory ? opendir(folder) : NULL;
	struct dkim_key **keys = memory_allocate_array(1, sizeof(*keys));
	struct dirent *entry;
	size_t count = 0;

	while (directory && count < DKIM_MADE_MAX &&
		(entry = readdir(directory)) != NULL) {
		struct dkim_key *key = read_one(
			state_directory, slice_of(entry->d_name));

		if (!key)
			continue;
		keys = memory_resize(keys, (count + 1) * sizeof(*keys));
		keys[count++] = key;
	}
	if (directory)
		closedir(directory);
	memory_free(folder);
	*count_r = count;
	return keys;
}

void dkim_made_free(struct dkim_key ***keys, size_t count)
{
	for (size_t i = 0; *keys && i < count; i++)
		dkim_key_destroy(&(*keys)[i]);
	memory_free(*keys);
	*keys = NULL;
}

static bool fill(int fd, struct slice pem)
{
	return write(fd, pem.at, pem.size) == (ssize_t)pem.size && fsync(fd) == 0;
}

static void sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

bool dkim_made_write(const char *state_directory, struct slice domain,
	struct slice selector, struct slice pem)
{
	char *folder = memory_format("%s/dkim", state_directory);
	char *path = path_of(state_directory, domain, selector);
	char *fresh = memory_format("%s.new", path);
	bool good = mkdir(folder, 0700) == 0 || errno == EEXIST;
	int fd = -1;

	if (good) {
		unlink(fresh);
		fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	}
	good = fd >= 0 && fill(fd, pem) && rename(fresh, path) == 0;
	if (!good)
		fail_errno(FAILURE_FILE, errno, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	if (good)
		sync_folder(folder);
	memory_free(fresh);
	memory_free(path);
	memory_free(folder);
	return good;
}

void dkim_made_remove(
	const char *state_directory, struct slice domain, struct slice selector)
{
	char *path = path_of(state_directory, domain, selector);

	unlink(path);
	memory_free(path);
}
