/* Searching the end of the event log. */
#include "report/log_search.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"

#include "report/value.h"
#include "report/words.h"

#define WIDTH 100

struct printing {
	struct buffer *into;
	size_t count;
};

/* The fields that the time and the name stand for are not repeated. */
static void print_field(void *context, const char *name, const struct value *item)
{
	struct buffer *into = context;
	struct slice text = value_text(item);

	if (strcmp(name, "at") == 0 || strcmp(name, "level") == 0 ||
		strcmp(name, "event") == 0 || strcmp(name, "id") == 0)
		return;
	buffer_append_format(into, " %s=", name);
	if (text.at)
		buffer_append(into, text);
	else
		value_print(item, into);
}

bool log_line_print(struct slice line, int64_t now_ms, struct buffer *into)
{
	struct value *event = value_parse(line);
	struct slice at = value_get_text(event, "at");
	struct buffer text = {0};

	(void)now_ms;
	if (!at.size) {
		value_release(&event);
		return false;
	}
	/* "2026-11-21T07:32:47.123Z" without its letters. */
	buffer_append_format(&text, "%.*s %.*s %.*s",
		SLICE_PRINT(slice_part(at, 0, 10)), SLICE_PRINT(slice_part(at, 11, 8)),
		SLICE_PRINT(value_get_text(event, "event")));
	value_each(event, print_field, &text);
	words_wrap(buffer_contents(&text), 2, WIDTH, into);
	buffer_finish(&text);
	value_release(&event);
	return true;
}

static size_t search(
	struct slice text, struct slice id, int64_t now_ms, struct buffer *into)
{
	size_t count = 0;

	while (count < LOG_SEARCH_LINES) {
		const char *hit = text.size ? memmem(text.at, text.size, id.at, id.size)
					    : NULL;
		const char *start = hit, *end;

		if (!hit)
			break;
		while (start > text.at && start[-1] != '\n')
			start--;
		end = memchr(hit, '\n', text.size - (size_t)(hit - text.at));
		if (!end)
			break;
		count += log_line_print(
			slice_make(start, (size_t)(end - start)), now_ms, into);
		text = slice_from(text, (size_t)(end + 1 - text.at));
	}
	return count;
}

bool log_search(const char *file, struct slice id, int64_t now_ms, struct buffer *into)
{
	struct stat facts;
	size_t size, found = 0;
	off_t from;
	void *text;
	int fd;

	if (strcmp(file, "-") == 0)
		return fail(FAILURE_FILE,
			"The log goes to standard error (the journal, under systemd: "
			"journalctl -u ringpost --grep %.*s)",
			SLICE_PRINT(id));
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &facts) != 0) {
		fail_errno(FAILURE_FILE, errno, "Cannot look into %s", file);
		if (fd >= 0)
			close(fd);
		return false;
	}
	/* Whole pages from where the last part begins. */
	from = facts.st_size > (off_t)LOG_SEARCH_MAX
		       ? (facts.st_size - (off_t)LOG_SEARCH_MAX) & ~(off_t)0xfffff
		       : 0;
	size = (size_t)(facts.st_size - from);
	text = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, from) : MAP_FAILED;
	close(fd);
	if (text != MAP_FAILED) {
		found = search(slice_make(text, size), id, now_ms, into);
		munmap(text, size);
	}
	return found || fail(FAILURE_DATA, "%s says nothing about it", file);
}
