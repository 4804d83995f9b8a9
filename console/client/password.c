/* Reading a password without showing it. */
#include "client/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

void password_finish(struct buffer *password)
{
	if (password->bytes)
		memory_wipe(password->bytes, password->capacity);
	buffer_finish(password);
}

/* Byte by byte, so that what follows the line is left to whoever reads next. */
static bool read_line(int fd, struct buffer *line)
{
	char byte;
	ssize_t got;

	for (;;) {
		got = read(fd, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(FAILURE_FILE, errno, "the password");
		if (got == 0 || byte == '\n')
			break;
		if (buffer_size(line) == PASSWORD_MAX)
			return fail(FAILURE_DATA, "a password has %d bytes at most",
				PASSWORD_MAX);
		buffer_append_byte(line, byte);
	}
	if (slice_ends(buffer_contents(line), SLICE("\r")))
		buffer_truncate(line, buffer_size(line) - 1);
	return buffer_size(line) || fail(FAILURE_DATA, "the password is empty");
}

static bool prompt(int terminal, const char *text, struct buffer *line)
{
	struct termios shown, hidden;
	bool good;

	if (tcgetattr(terminal, &shown) != 0)
		return fail_errno(FAILURE_FILE, errno, "the terminal");
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	hidden.c_lflag |= ECHONL;
	/* First, since it forgets what was typed before it. */
	tcsetattr(terminal, TCSAFLUSH, &hidden);
	dprintf(terminal, "%s: ", text);
	good = read_line(terminal, line);
	tcsetattr(terminal, TCSAFLUSH, &shown);
	return good;
}

static bool ask(struct buffer *password)
{
	struct buffer again = {0};
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	bool good;

	if (terminal < 0)
		return fail_errno(FAILURE_FILE, errno, "the terminal");
	buffer_reserve(&again, PASSWORD_MAX);
	good = prompt(terminal, "Password", password) &&
	       prompt(terminal, "The same again", &again);
	if (good && !slice_equal(buffer_contents(password), buffer_contents(&again)))
		good = fail(FAILURE_DATA, "these are two different passwords");
	password_finish(&again);
	close(terminal);
	return good;
}

bool password_read(const char *file, struct buffer *password)
{
	bool good;
	int fd;

	/* All of its room at once: growing would leave copies behind. */
	buffer_reserve(password, PASSWORD_MAX);
	if (!file)
		return isatty(STDIN_FILENO) ? ask(password)
					    : read_line(STDIN_FILENO, password);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(FAILURE_FILE, errno, "%s", file);
	good = read_line(fd, password);
	close(fd);
	return good;
}
