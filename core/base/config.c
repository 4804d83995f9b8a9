/* The configuration's snapshots: loading, sharing, places, secrets. */
#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/config_reading.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

#define SECRET_MAX 4096
#define READ_SIZE  4096 /* a step */

struct snapshot {
	struct config config;
	struct arena arena;
	struct config_marks marks;
	atomic_uint holders;
};

static struct slice folder_of(const char *path, struct arena *arena);
static bool read_file(
	const char *path, size_t limit, struct buffer *text, struct stat *status_r);
static struct slice without_line_end(struct slice text);
static void wipe(struct buffer *secret);
static void destroy(struct snapshot *snapshot);

static struct snapshot *snapshot_of(const struct config *config)
{
	return CONTAINER_OF(config, struct snapshot, config);
}

struct config *config_load(const char *path, char **errors_r)
{
	struct buffer text = {0};
	struct config *config = NULL;
	struct stat status;

	if (read_file(path, CONFIG_TEXT_MAX, &text, &status))
		config = config_parse_text(path, buffer_contents(&text), errors_r);
	else
		*errors_r = memory_format("%s\n", failure_last()->text);
	buffer_finish(&text);
	return config;
}

struct config *config_parse_text(const char *path, struct slice text, char **errors_r)
{
	struct snapshot *snapshot = NEW(struct snapshot);
	struct config_errors *errors = NEW(struct config_errors);
	struct arena scratch = {0};
	struct config_reading reading = {.config = &snapshot->config,
		.arena = &snapshot->arena,
		.scratch = &scratch,
		.errors = errors};
	const struct config_node *root;

	*errors = (struct config_errors){.path = path, .arena = &scratch};
	atomic_init(&snapshot->holders, 1);
	snapshot->config.path = arena_copy_text(&snapshot->arena, slice_of(path));
	reading.folder = folder_of(path, &scratch);
	root = config_yaml_read(text, &scratch, errors);
	if (root) {
		config_read_tree(&reading, root);
		config_marks_sort(&reading.marks);
		config_read_rules(&reading);
	}
	snapshot->marks = reading.marks;
	if (errors->count > 0) {
		*errors_r = config_errors_text(errors);
		destroy(snapshot);
		snapshot = NULL;
	}
	arena_finish(&scratch);
	memory_free(errors);
	return snapshot ? &snapshot->config : NULL;
}

struct config *config_hold(struct config *config)
{
	atomic_fetch_add_explicit(
		&snapshot_of(config)->holders, 1, memory_order_relaxed);
	return config;
}

void config_release(struct config **config)
{
	struct snapshot *snapshot;

	if (!*config)
		return;
	snapshot = snapshot_of(*config);
	*config = NULL;
	if (atomic_fetch_sub_explicit(&snapshot->holders, 1, memory_order_acq_rel) == 1)
		destroy(snapshot);
}

struct config_mark config_mark_of(const struct config *config, const void *member)
{
	const struct config_written *written = config_marks_find(
		&snapshot_of(config)->marks, member);

	return written ? written->mark : (struct config_mark){0};
}

const char *config_place(const struct config *config, struct config_mark mark,
	char text[CONFIG_PLACE_SIZE])
{
	if (mark.line > 0)
		snprintf(text, CONFIG_PLACE_SIZE, "%.200s:%u:%u: ", config->path,
			mark.line, mark.column);
	else
		snprintf(text, CONFIG_PLACE_SIZE, "%.200s: ", config->path);
	return text;
}

bool config_read_secret(const struct config *config, struct config_mark mark,
	const char *path, struct buffer *secret)
{
	char place[CONFIG_PLACE_SIZE];
	const char *wrong = NULL;
	struct slice line;
	struct stat status;

	config_place(config, mark, place);
	place[strlen(place) - 2] = 0; /* fail_in adds its own ": " */
	buffer_reserve(
		secret, SECRET_MAX + 2 * READ_SIZE); /* so that no copy stays behind */
	if (!read_file(path, SECRET_MAX, secret, &status)) {
		wipe(secret);
		return fail_in(place);
	}
	line = without_line_end(buffer_contents(secret));
	if (status.st_mode & S_IWOTH)
		wrong = "everyone may write it; allowed: chmod o-w";
	else if (line.size == 0)
		wrong = "no secret in it; allowed: one line";
	else if (slice_index(line, '\n') < line.size ||
		 slice_index(line, 0) < line.size)
		wrong = "more than one line of text; allowed: the secret alone";
	if (wrong) {
		wipe(secret);
		fail(FAILURE_FILE, "%s: %s", path, wrong);
		return fail_in(place);
	}
	buffer_truncate(secret, line.size);
	if (status.st_mode & S_IROTH)
		event_note(EVENT_WARNING, "secret_exposed",
			"%s: %s: everyone may read it; chmod o-r is safer", place,
			path);
	return true;
}

bool config_read_file(const char *path, struct buffer *text)
{
	struct stat status;

	return read_file(path, CONFIG_TEXT_MAX, text, &status);
}

/* The folder that relative names in PATH's text are taken from. */
static struct slice folder_of(const char *path, struct arena *arena)
{
	struct slice whole = slice_of(path);
	size_t slash = slice_index_last(whole, '/');
	struct slice folder = SLICE_EMPTY;
	char here[PATH_MAX];

	if (slash < whole.size)
		folder = slice_part(whole, 0, slash + 1);
	if (slice_starts(folder, SLICE("/")) || !getcwd(here, sizeof(here)))
		return folder;
	return arena_format(arena, "%s/%.*s", here, SLICE_PRINT(folder));
}

/* The regular file PATH, of up to LIMIT bytes, behind what is in TEXT. */
static bool read_file(
	const char *path, size_t limit, struct buffer *text, struct stat *status_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = 0;
	char *room;

	if (fd < 0)
		return fail_errno(FAILURE_FILE, errno, "%s: cannot be opened", path);
	if (fstat(fd, status_r) < 0 || !S_ISREG(status_r->st_mode)) {
		close(fd);
		return fail(FAILURE_FILE, "%s: not a regular file", path);
	}
	do {
		buffer_advance(text, (size_t)got);
		room = buffer_reserve(text, READ_SIZE);
		got = room ? read(fd, room, READ_SIZE) : -1;
	} while (got > 0 && buffer_size(text) + (size_t)got <= limit);
	if (got < 0 && room)
		fail_errno(FAILURE_FILE, errno, "%s: cannot be read", path);
	else if (got > 0)
		fail(FAILURE_FILE, "%s: larger than %zu bytes", path, limit);
	close(fd);
	return got == 0;
}

static struct slice without_line_end(struct slice text)
{
	if (slice_ends(text, SLICE("\n")))
		text.size--;
	if (slice_ends(text, SLICE("\r")))
		text.size--;
	return text;
}

static void wipe(struct buffer *secret)
{
	memory_wipe(secret->bytes, secret->capacity);
	buffer_clear(secret);
}

static void destroy(struct snapshot *snapshot)
{
	arena_finish(&snapshot->arena);
	memory_free(snapshot->marks.list);
	memory_free(snapshot);
}
