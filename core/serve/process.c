/*
 * Limits, privileges and signals of a server process.
 */
#include "serve/process.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"

#define DEFAULT_USER "ringpost"

void process_set_limits(void)
{
	struct rlimit none = {0, 0}, files;

	setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	umask(077);
	signal(SIGPIPE, SIG_IGN);
}

static bool refuse(const struct config *config, const void *member, const char *what,
	const char *name)
{
	char place[CONFIG_PLACE_SIZE];
	int error = errno;

	config_place(config, config_mark_of(config, member), place);
	return error ? fail_errno(FAILURE_CONFIG, error, "%s%s %s", place, what, name)
		     : fail(FAILURE_CONFIG, "%s%s %s", place, what, name);
}

/* Every folder of PATH that is missing; the last one for us alone. */
static bool make_directory(const char *path)
{
	char part[4096];
	size_t size = strlen(path);

	if (size == 0 || size >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(part, path, size + 1);
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return false;
		*at = '/';
	}
	return mkdir(part, 0700) == 0 || errno == EEXIST;
}

/* The user to become, NULL to stay. False: there is no such user. */
static bool find_user(const struct config *config, struct passwd **user_r)
{
	bool named = config->user && config->user[0];

	*user_r = NULL;
	if (geteuid() != 0)
		return true;
	errno = 0;
	*user_r = getpwnam(named ? config->user : DEFAULT_USER);
	if (named && !*user_r)
		return refuse(
			config, &config->user, "there is no user called", config->user);
	if (*user_r && (*user_r)->pw_uid == 0)
		*user_r = NULL;
	return true;
}

static bool become(const struct config *config, const struct passwd *user)
{
	if (initgroups(user->pw_name, user->pw_gid) == 0 &&
		setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
		setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0 &&
		setuid(0) != 0)
		return true;
	return refuse(config, &config->user, "cannot become user", user->pw_name);
}

/* DIRECTORY is there and USER's (NULL: it stays whose it is). */
static bool hand_over(const struct config *config, char *const *directory,
	const struct passwd *user, const char *name)
{
	char what[80];

	errno = 0;
	snprintf(what, sizeof(what), "cannot make %s", name);
	if (!make_directory(*directory))
		return refuse(config, directory, what, *directory);
	snprintf(what, sizeof(what), "cannot give away %s", name);
	if (user && chown(*directory, user->pw_uid, user->pw_gid) != 0)
		return refuse(config, directory, what, *directory);
	return true;
}

static bool can_use(
	const struct config *config, char *const *directory, const char *name)
{
	char what[80];

	snprintf(what, sizeof(what), "cannot use %s", name);
	return access(*directory, R_OK | W_OK | X_OK) == 0 ||
	       refuse(config, directory, what, *directory);
}

bool process_drop_privileges(const struct config *config)
{
	char *const *state = &config->state_directory,
		    *const *mail = &config->pickup.directory;
	struct passwd *user;

	if (!find_user(config, &user) ||
		!hand_over(config, state, user, "the state directory") ||
		!hand_over(config, mail, user, "the mail directory"))
		return false;
	/* The log was opened as root; a reload opens it again as this user. */
	if (user && strcmp(config->log.file, "-") != 0 &&
		chown(config->log.file, user->pw_uid, user->pw_gid) != 0)
		return refuse(config, &config->log.file,
			"cannot give away the log file", config->log.file);
	if (user && !become(config, user))
		return false;
	if (!can_use(config, state, "the state directory") ||
		!can_use(config, mail, "the mail directory"))
		return false;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return true;
}

int process_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
