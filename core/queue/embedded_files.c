/*
 * What the embedded Redis is started with: its program, password and
 * configuration.
 */
#include "queue/embedded_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "queue/program.h"

#define VERSION_LEAST  7
#define PASSWORD_BYTES 24

static bool write_file(const char *path, struct slice text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write(fd, text.at, text.size) == (ssize_t)text.size;

	if (!written)
		fail_errno(FAILURE_STORE, errno, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	return written;
}

bool embedded_read_file(const char *path, struct buffer *into)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char bytes[512];
	ssize_t got = -1;

	while (fd >= 0 && (got = read(fd, bytes, sizeof(bytes))) > 0)
		buffer_append(into, slice_make(bytes, (size_t)got));
	if (fd >= 0)
		close(fd);
	return got == 0;
}

/* Made once, kept beside the data: a server taken over knows it. */
bool embedded_find_password(const char *directory, const char *given, char **password_r)
{
	char *path = memory_format("%s/password", directory);
	struct buffer text = {0};
	char bytes[PASSWORD_BYTES], hex[2 * PASSWORD_BYTES];
	bool found = true;

	if (given) {
		*password_r = memory_copy_text(slice_of(given));
	} else if (embedded_read_file(path, &text) && buffer_size(&text)) {
		*password_r = memory_copy_text(buffer_contents(&text));
	} else {
		random_fill(bytes, sizeof(bytes));
		hex_encode(slice_make(bytes, sizeof(bytes)), hex);
		*password_r = memory_copy_text(slice_make(hex, sizeof(hex)));
		found = write_file(path, slice_make(hex, sizeof(hex)));
	}
	buffer_finish(&text);
	memory_free(path);
	return found;
}

static uint64_t memory_limit(uint64_t configured)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (configured)
		return configured;
	/* A rewrite of the append-only file forks, and may need as much again. */
	return (uint64_t)pages * (uint64_t)size / 100 * 45;
}

bool embedded_write_configuration(const char *directory, const char *socket,
	const char *password, uint64_t memory)
{
	char *path = memory_format("%s/redis.conf", directory);
	struct buffer text = {0};
	bool written;

	buffer_append_format(&text,
		"# Written by ringpost at each start; changes are lost.\n"
		"port 0\n"
		"unixsocket \"%s\"\n"
		"unixsocketperm 700\n"
		"dir \"%s\"\n"
		"pidfile \"%s/redis.pid\"\n"
		"requirepass %s\n"
		"daemonize no\n"
		"appendonly yes\n"
		"appendfsync always\n"
		"no-appendfsync-on-rewrite no\n"
		"aof-load-truncated yes\n"
		"aof-use-rdb-preamble yes\n"
		"auto-aof-rewrite-percentage 100\n"
		"auto-aof-rewrite-min-size 256mb\n"
		"save \"\"\n"
		"maxmemory %llu\n"
		"maxmemory-policy noeviction\n"
		"maxclients 1000\n"
		"latency-tracking no\n"
		"loglevel notice\n",
		socket, directory, directory, password,
		(unsigned long long)memory_limit(memory));
	written = write_file(path, buffer_contents(&text));
	buffer_finish(&text);
	memory_free(path);
	return written;
}

bool embedded_check_version(void)
{
	char *argv[] = {"redis-server", "--version", NULL};
	struct buffer output = {.limit = 4096};
	int status = -1, version = 0;
	bool ran = program_run(argv, SLICE_EMPTY, &output, &status);
	struct slice text = buffer_contents(&output);
	size_t at = slice_find(text, SLICE("v="));

	if (ran && at < text.size)
		version = atoi(text.at + at + 2);
	buffer_finish(&output);
	if (!ran || status != 0)
		return fail(FAILURE_RESOURCE,
			"queue.redis is embedded, and there is no "
			"redis-server: install the package of that "
			"name");
	if (version < VERSION_LEAST)
		return fail(FAILURE_RESOURCE,
			"redis-server is version %d; %d or newer is needed", version,
			VERSION_LEAST);
	return true;
}
