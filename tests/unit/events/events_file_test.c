/* The file of events: written whole, rotated, compressed, let go. */
#include "check.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/events_file.h"
#include "events/rotation.h"

static char folder[] = "/tmp/ringpost-events-XXXXXX", path[64];

static void make_folder(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/events.jsonl", folder);
	event_set_level(EVENT_ERROR);
}

/* What `COMMAND` prints. */
static struct buffer output_of(const char *command)
{
	struct buffer output = {0};
	FILE *pipe = popen(command, "r");
	char part[4096];
	size_t size;

	while (pipe && (size = fread(part, 1, sizeof(part), pipe)) > 0)
		buffer_append(&output, slice_make(part, size));
	if (pipe)
		pclose(pipe);
	return output;
}

/* Every line of it, compressed files first, is one of OURS in its order. */
static void check_all(unsigned lines)
{
	char command[300];
	struct buffer output;
	struct slice rest;
	unsigned found = 0;

	snprintf(command, sizeof(command),
		"cd %s; for f in $(ls events.jsonl.*.zst | sort); do zstd -dcq $f; "
		"done;"
		" cat $(ls events.jsonl.*Z 2>/dev/null) events.jsonl",
		folder);
	output = output_of(command);
	rest = buffer_contents(&output);
	while (rest.size) {
		char want[64];

		snprintf(want, sizeof(want), "{\"line\":%u}", found++);
		if (!slice_equal(slice_cut(&rest, '\n'), slice_of(want))) {
			CHECK(false);
			break;
		}
	}
	CHECK_NUMBER(found, lines);
	buffer_finish(&output);
}

static unsigned count_files(const char *end)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(directory)))
		count += slice_ends(slice_of(entry->d_name), slice_of(end));
	closedir(directory);
	return count;
}

static void give(struct events_file *file, unsigned number)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "{\"line\":%u}\n", number);

	events_file_give(file, slice_make(line, (size_t)size), 1);
}

static void wait_for(bool (*is)(void *), void *arg)
{
	for (int i = 0; i < 3000 && !is(arg); i++)
		usleep(20000);
	CHECK(is(arg));
}

static bool all_written(void *arg)
{
	struct events_file_figures figures = events_file_figures(arg);

	return figures.waiting_bytes == 0;
}

static bool three_compressed(void *arg)
{
	return count_files(".zst") >= 3 && count_files("Z") == 0;
}

static void clear(void)
{
	char command[100];
	struct buffer output;

	snprintf(command, sizeof(command), "rm -f %s/*", folder);
	output = output_of(command);
	buffer_finish(&output);
}

CASE("what is full is renamed and compressed; nothing is missing")
{
	struct events_file_options options = {.size = 5000, .files = 0};
	struct events_file *file;
	unsigned number = 0;

	make_folder();
	options.path = path;
	file = events_file_create(&options);
	CHECK(file != NULL);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 400; i++)
			give(file, number++);
		wait_for(all_written, file);
	}
	wait_for(three_compressed, NULL);
	events_file_destroy(&file);
	check_all(number);
	clear();
}

CASE("a torn line is ended, what was left uncompressed is compressed")
{
	struct events_file_options options = {.size = 100000, .files = 3};
	struct events_file *file;
	char name[128];
	struct buffer output;
	FILE *torn;

	make_folder();
	options.path = path;
	torn = fopen(path, "w");
	fputs("{\"torn\":", torn);
	fclose(torn);
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "%s.20261121T00000%d.000Z", path, i);
		torn = fopen(name, "w");
		fputs("{}\n", torn);
		fclose(torn);
	}
	snprintf(name, sizeof(name), "%s.20261121T000009.000Z.zst.part", path);
	fclose(fopen(name, "w"));
	file = events_file_create(&options);
	give(file, 1);
	wait_for(three_compressed, NULL);
	events_file_destroy(&file);
	CHECK_NUMBER(count_files(".part"), 0);
	snprintf(name, sizeof(name), "cat %s", path);
	output = output_of(name);
	CHECK_SLICE(buffer_contents(&output), "{\"torn\":\n{\"line\":1}\n");
	buffer_finish(&output);
	clear();
}

CASE("only so many compressed ones are kept, the newest")
{
	char name[128];

	make_folder();
	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "%s.20261121T00000%d.000Z.zst", path, i);
		fclose(fopen(name, "w"));
	}
	snprintf(name, sizeof(name), "%s.other.zst", path);
	fclose(fopen(name, "w"));
	rotation_forget(path, 2);
	CHECK_NUMBER(count_files(".000Z.zst"), 2);
	CHECK_NUMBER(count_files("6.000Z.zst"), 1);
	CHECK_NUMBER(count_files(".zst"), 3);
	clear();
}

CASE("it goes on in another file, and in the same one anew")
{
	struct events_file_options options = {.size = 1 << 20};
	struct events_file *file;
	char other[64], moved[64];

	make_folder();
	snprintf(other, sizeof(other), "%s/other.jsonl", folder);
	snprintf(moved, sizeof(moved), "%s/moved", folder);
	options.path = path;
	file = events_file_create(&options);
	give(file, 0);
	wait_for(all_written, file);
	options.path = other;
	CHECK(events_file_reload(file, &options));
	CHECK(events_file_reload(file, &options));
	give(file, 1);
	wait_for(all_written, file);
	usleep(200000);
	CHECK(rename(other, moved) == 0);
	CHECK(events_file_reload(file, &options));
	give(file, 2);
	options.path = "/nowhere/events";
	CHECK(!events_file_reload(file, &options));
	CHECK(failure_kind_last() == FAILURE_FILE);
	CHECK_NUMBER(events_file_figures(file).dropped, 0);
	events_file_destroy(&file);
	CHECK(access(other, F_OK) == 0);
	clear();
	rmdir(folder);
}

CHECK_MAIN()
