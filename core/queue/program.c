/*
 * Children by posix_spawn: no copy of this process's memory, no lock of a
 * thread that is not there.
 */
#include "queue/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"

extern char **environ;

/* No signal blocked or ignored, a session of its own. */
static void attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setflags(attributes,
		POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

static bool spawn(char *const argv[], posix_spawn_file_actions_t *actions, pid_t *pid_r)
{
	posix_spawnattr_t how;
	int error;

	attributes(&how);
	error = posix_spawnp(pid_r, argv[0], actions, &how, argv, environ);
	posix_spawnattr_destroy(&how);
	return error == 0 ||
	       fail_errno(FAILURE_RESOURCE, error, "cannot run %s", argv[0]);
}

bool program_start(char *const argv[], const char *log, pid_t *pid_r)
{
	posix_spawn_file_actions_t actions;
	bool started;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, log ? log : "/dev/null",
		O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	started = spawn(argv, &actions, pid_r);
	posix_spawn_file_actions_destroy(&actions);
	return started;
}

static void read_all(int fd, struct buffer *output)
{
	char bytes[512];
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		buffer_append(output, slice_make(bytes, (size_t)got));
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool program_run(
	char *const argv[], struct slice input, struct buffer *output, int *status_r)
{
	posix_spawn_file_actions_t actions;
	int in[2] = {-1, -1}, out[2] = {-1, -1};
	bool ran = false;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
		fail_errno(FAILURE_RESOURCE, errno, "cannot run %s", argv[0]);
		goto done;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_adddup2(&actions, out[1], 2);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	ran = spawn(argv, &actions, &pid);
	posix_spawn_file_actions_destroy(&actions);
	if (!ran)
		goto done;
	close(out[1]);
	out[1] = -1;
	/* INPUT is an answer of a few bytes: a pipe takes it at once. */
	if (input.size && write(in[1], input.at, input.size) < 0)
		errno = 0;
	close(in[1]);
	in[1] = -1;
	read_all(out[0], output);
	*status_r = wait_for(pid);
done:
	for (int i = 0; i < 2; i++) {
		if (in[i] >= 0)
			close(in[i]);
		if (out[i] >= 0)
			close(out[i]);
	}
	return ran;
}
