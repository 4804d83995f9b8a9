/*
 * What the configuration asks of this machine: ports, a user, folders and
 * files that this user can still read at a reload, a redis-server.
 */
#include "check/check.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "queue/embedded_files.h"
#include "serve/listener.h"

#include "client/client.h"

#define DEFAULT_USER  "ringpost"
#define PORT_LOW      1024
#define DIRECTORY_MAX 88 /* with /redis/redis.sock, sun_path */

/* --- Ports --- */

static void check_port(struct check *check, size_t index, const struct value *running)
{
	const struct config_listener *listener = &check->config->listeners[index];

	if (socket_is_free(check->config, index))
		return;
	if (errno == EADDRINUSE && value_has_text(running, slice_of(listener->address)))
		return;
	if (errno == EACCES && geteuid() != 0 && listener->endpoint.port < PORT_LOW)
		check_warning(check, &listener->address,
			"whether this port is free only root can find out");
	else
		check_error(check, &listener->address, failure_last()->text);
}

/* The addresses a daemon of this state directory listens on are its own. */
static void check_ports(struct check *check, const char *socket)
{
	struct value *status = client_ask_once(socket, "status");
	const struct value *running = value_get(status, "listeners");

	for (size_t i = 0; i < check->config->listener_count; i++)
		check_port(check, i, running);
	value_release(&status);
}

/* --- The user, and what is to be theirs --- */

/* Who will serve; NULL: whoever we are. */
static const struct passwd *find_user(struct check *check)
{
	const struct config *config = check->config;
	bool named = config->user && config->user[0];
	const struct passwd *user;

	errno = 0;
	user = getpwnam(named ? config->user : DEFAULT_USER);
	if (named && !user) {
		char *text = memory_format(
			"there is no user called %s; make one with: useradd "
			"--system --home-dir %s --shell /usr/sbin/nologin %s",
			config->user, config->state_directory, config->user);

		check_error(check, &config->user, text);
		memory_free(text);
	}
	return geteuid() == 0 && user && user->pw_uid ? user : NULL;
}

/* The nearest folder above PATH that there is; TEXT is PATH, and changed. */
static const char *existing_above(char *text)
{
	struct stat facts;

	while (stat(text, &facts) != 0) {
		char *slash = strrchr(text, '/');

		if (!slash || slash == text)
			return "/";
		*slash = 0;
	}
	return text;
}

/* Root makes the directory, but its user has to get there. */
static char *closed_above(const struct passwd *user, const char *directory)
{
	char *text = memory_copy_text(slice_of(directory)), *message = NULL;
	char *slash = strrchr(text, '/');

	if (slice_ends(slice_of(text), SLICE("/")) && slash > text) {
		*slash = 0;
		slash = strrchr(text, '/');
	}
	if (slash && slash > text) {
		*slash = 0;
		existing_above(text);
		if (!check_user_may(user, text, X_OK))
			message = memory_format("user %s cannot get into %s: chmod o+x",
				user->pw_name, text);
	}
	memory_free(text);
	return message;
}

static void check_directory(struct check *check, const struct passwd *user)
{
	const struct config *config = check->config;
	const char *directory = config->state_directory;
	char *text = memory_copy_text(slice_of(directory)), *message = NULL;
	bool exists = access(directory, F_OK) == 0;
	struct stat facts;

	existing_above(text);
	if (stat(text, &facts) == 0 && !S_ISDIR(facts.st_mode))
		message = memory_format("cannot be made: %s is no directory", text);
	/* Root gives it to the server's user at each start. */
	else if (geteuid() != 0 && access(text, R_OK | W_OK | X_OK) != 0)
		message = memory_format(exists ? "cannot use %s: %s"
					       : "cannot make a directory in %s: %s",
			text, strerror(errno));
	else if (strlen(directory) > DIRECTORY_MAX)
		message = memory_format(
			"unix sockets in %s would have too long a name; it can have "
			"%d bytes",
			directory, DIRECTORY_MAX);
	else if (user)
		message = closed_above(user, directory);
	if (message)
		check_error(check, &config->state_directory, message);
	memory_free(message);
	memory_free(text);
}

void check_host(struct check *check, const char *socket)
{
	struct config *config = check->config;
	const struct passwd *user = find_user(check);

	check_ports(check, socket);
	check_directory(check, user);
	check_files(check, user);
	if (strcmp(config->queue.redis, "embedded") == 0 && !embedded_check_version())
		check_error(check, &config->queue.redis, failure_last()->text);
}
