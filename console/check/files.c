/*
 * The files a configuration names: who can read them, and who should not; what
 * the certificates are for; whether the log can be written.
 */
#include "check/check.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/tls.h"

#define NAMES_SIZE 4096

bool check_user_may(const struct passwd *user, const char *path, int mode)
{
	int status = 0;
	pid_t child;

	if (!user)
		return access(path, mode) == 0;
	child = fork();
	if (child < 0)
		return true;
	if (child == 0) {
		if (initgroups(user->pw_name, user->pw_gid) == 0 &&
			setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0)
			_exit(access(path, mode) == 0 ? 0 : 1);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What root reads at the start, its user reads at a reload. */
static void check_readable(struct check *check, const struct passwd *user,
	char *const *member, const char *path)
{
	char *text;

	if (!path || !user || access(path, R_OK) != 0 ||
		check_user_may(user, path, R_OK))
		return;
	text = memory_format("%s can be read at the start, by root, but not at a "
			     "reload, by user %s: chgrp %s and chmod g+r it",
		path, user->pw_name, user->pw_name);
	check_warning(check, member, text);
	memory_free(text);
}

static void check_private(struct check *check, const struct passwd *user,
	char *const *member, const char *path)
{
	struct stat facts;
	char *text;

	check_readable(check, user, member, path);
	if (stat(path, &facts) != 0 || !(facts.st_mode & (S_IROTH | S_IWOTH)))
		return;
	text = memory_format("everyone on this machine may %s %s: chmod o= it",
		facts.st_mode & S_IWOTH ? "change" : "read", path);
	check_warning(check, member, text);
	memory_free(text);
}

/* "*.example.com" is for one label more (RFC 6125 6.4.3). */
static bool name_covers(struct slice name, struct slice host)
{
	if (slice_starts(name, SLICE("*.")))
		return slice_equal_nocase(
			slice_from(name, 1), slice_from(host, slice_index(host, '.')));
	return slice_equal_nocase(name, host);
}

static bool certificate_covers(const char *path, struct slice host)
{
	char names[NAMES_SIZE];
	struct slice rest;
	long long end_ms;

	if (!tls_certificate_facts(path, names, sizeof(names), &end_ms))
		return true; /* said elsewhere */
	rest = slice_of(names);
	while (rest.at)
		if (name_covers(slice_trim(slice_cut(&rest, ',')), host))
			return true;
	return false;
}

static void check_names(struct check *check)
{
	struct config *config = check->config;
	char *text;

	for (size_t i = 0; i < config->tls_count; i++)
		if (certificate_covers(
			    config->tls[i].certificate, slice_of(config->hostname)))
			return;
	if (!config->tls_count)
		return;
	text = memory_format(
		"no certificate is for our hostname, %s: clients that know us by it "
		"will not trust us",
		config->hostname);
	check_warning(check, &config->tls[0].certificate, text);
	memory_free(text);
}

static void check_log(struct check *check)
{
	struct config *config = check->config;
	const char *file = config->log.file;
	char *text, *slash;

	if (strcmp(file, "-") == 0 || access(file, W_OK) == 0)
		return;
	if (errno == ENOENT) {
		text = memory_copy_text(slice_of(file));
		slash = strrchr(text, '/');
		if (slash > text)
			*slash = 0;
		errno = access(text, W_OK | X_OK) == 0 ? 0 : errno;
		memory_free(text);
	}
	if (errno == 0)
		return;
	text = memory_format("cannot write to %s: %s", file, strerror(errno));
	check_error(check, &config->log.file, text);
	memory_free(text);
}

void check_files(struct check *check, const struct passwd *user)
{
	struct config *config = check->config;

	check_readable(check, user, NULL, config->path);
	for (size_t i = 0; i < config->tls_count; i++) {
		check_readable(check, user, &config->tls[i].certificate,
			config->tls[i].certificate);
		check_private(check, user, &config->tls[i].key, config->tls[i].key);
	}
	for (size_t i = 0; i < config->dkim_count; i++)
		check_private(check, user, &config->dkim[i].key, config->dkim[i].key);
	/* Who else may read secrets is looked at where they are read. */
	for (size_t i = 0; i < config->route_count; i++)
		check_readable(check, user, &config->routes[i].password_file,
			config->routes[i].password_file);
	check_readable(
		check, user, &config->queue.password_file, config->queue.password_file);
	check_names(check);
	check_log(check);
}
