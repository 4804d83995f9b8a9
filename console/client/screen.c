/* A terminal as a screen, by the control sequences all of them know (ECMA-48). */
#include "client/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/failure.h"

#define ENTER "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"

static struct termios before;
static volatile sig_atomic_t resized, ended;

static void note(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

static void hear_signals(void)
{
	static const int numbers[] = {SIGWINCH, SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = note};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

bool screen_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void write_all(struct slice bytes)
{
	while (bytes.size) {
		ssize_t written = write(STDOUT_FILENO, bytes.at, bytes.size);

		if (written < 0 && errno == EINTR && !ended)
			continue;
		if (written <= 0) {
			ended = 1;
			return;
		}
		bytes = slice_from(bytes, (size_t)written);
	}
}

bool screen_open(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return fail_errno(FAILURE_RESOURCE, errno, "the terminal");
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	hear_signals();
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
		return fail_errno(FAILURE_RESOURCE, errno, "the terminal");
	write_all(SLICE(ENTER));
	return true;
}

void screen_close(void)
{
	write_all(SLICE(LEAVE));
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

struct screen_size screen_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row)
		return (struct screen_size){size.ws_col, size.ws_row};
	return (struct screen_size){80, 24};
}

void screen_draw(struct slice lines)
{
	struct buffer out = {0};

	buffer_append(&out, SLICE("\033[H"));
	while (lines.size) {
		buffer_append(&out, slice_cut(&lines, '\n'));
		buffer_append(&out, SLICE("\033[K"));
		if (lines.size) /* the last would scroll */
			buffer_append(&out, SLICE("\n"));
	}
	buffer_append(&out, SLICE("\033[J"));
	write_all(buffer_contents(&out));
	buffer_finish(&out);
}

enum screen_key screen_wait(int64_t ms, char *key_r)
{
	struct pollfd key = {.fd = STDIN_FILENO, .events = POLLIN};
	int ready = ended || resized ? 0 : poll(&key, 1, (int)ms);

	if (ended)
		return SCREEN_END;
	if (resized) {
		resized = 0;
		return SCREEN_RESIZED;
	}
	if (ready <= 0)
		return SCREEN_TIME;
	return read(STDIN_FILENO, key_r, 1) == 1 ? SCREEN_KEY : SCREEN_END;
}
