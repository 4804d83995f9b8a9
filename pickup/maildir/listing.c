/* Lists a Maildir++; see listing.h. */
#include "maildir/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

#define LINE_SIZE 2048

struct reading {
	const char *root;
	struct arena *arena;
	struct listing listing;
	uint64_t files;
	bool good;
	struct failure failure;
};

static int compare_files(const void *a, const void *b)
{
	const struct listed_file *x = a, *y = b;

	return slice_compare(x->name, y->name);
}

static bool list_files(struct reading *reading, struct listed_folder *folder,
	const char *sub, bool is_new)
{
	struct arena *arena = reading->arena;
	char *path = memory_format("%.*s/%s", SLICE_PRINT(folder->path), sub);
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool good = dir || fail_errno(FAILURE_FILE, errno, "%s", path);

	while (good && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (++reading->files > LISTING_FILES_MAX)
			good = fail(FAILURE_LIMIT, "%s: more than %d messages",
				reading->root, LISTING_FILES_MAX);
		folder->files = arena_grow(
			arena, folder->files, folder->count, sizeof(*folder->files));
		folder->files[folder->count++] = (struct listed_file){
			arena_copy(arena, slice_of(entry->d_name)), is_new};
	}
	if (dir)
		closedir(dir);
	memory_free(path);
	return good;
}

/* Lines "0 word": the letter 'a' stands for it. */
static void read_keywords(struct reading *reading, struct listed_folder *folder)
{
	char *path = memory_format("%.*s/dovecot-keywords", SLICE_PRINT(folder->path));
	FILE *file = fopen(path, "r");
	char line[LINE_SIZE];

	while (file && fgets(line, sizeof(line), file)) {
		struct slice word = slice_trim_all(slice_of(line));
		struct slice number = slice_cut(&word, ' ');
		uint64_t place;

		if (slice_to_u64(number, &place) && place < LETTERS && word.size)
			folder->keywords[place] = arena_copy(reading->arena, word);
	}
	if (file)
		fclose(file);
	memory_free(path);
}

static bool add_folder(struct reading *reading, struct slice path, struct slice name)
{
	struct listing *listing = &reading->listing;
	struct listed_folder *folder;

	if (listing->count == LISTING_FOLDERS_MAX)
		return fail(FAILURE_LIMIT, "%s: more than %d folders", reading->root,
			LISTING_FOLDERS_MAX);
	listing->folders = arena_grow(reading->arena, listing->folders, listing->count,
		sizeof(*listing->folders));
	folder = &listing->folders[listing->count++];
	*folder = (struct listed_folder){.path = path, .name = name};
	read_keywords(reading, folder);
	if (!list_files(reading, folder, "cur", false) ||
		!list_files(reading, folder, "new", true))
		return false;
	if (folder->count)
		qsort(folder->files, folder->count, sizeof(*folder->files),
			compare_files);
	return true;
}

/* "A.B", "INBOX.A.B", with tabs between levels in Dovecot's newer ones. */
static void read_subscriptions(struct reading *reading, const char *name)
{
	char *path = memory_format("%s/%s", reading->root, name);
	struct listing *listing = &reading->listing;
	FILE *file = fopen(path, "r");
	char line[LINE_SIZE];

	while (file && listing->subscribed_count < LISTING_FOLDERS_MAX &&
		fgets(line, sizeof(line), file)) {
		struct slice text = slice_trim_all(slice_of(line)), mailbox, folder;

		for (char *at = line; *at; at++) {
			if (*at == '\t' || *at == '/')
				*at = '.';
		}
		if (slice_starts(text, SLICE("INBOX.")))
			text = slice_from(text, 6);
		folder = arena_format(reading->arena, ".%.*s", SLICE_PRINT(text));
		if (!text.size || slice_equal(text, SLICE("V.2")) ||
			!folder_name_read(folder, reading->arena, &mailbox))
			continue;
		listing->subscribed = arena_grow(reading->arena, listing->subscribed,
			listing->subscribed_count, sizeof(*listing->subscribed));
		listing->subscribed[listing->subscribed_count++] = mailbox;
	}
	if (file)
		fclose(file);
	memory_free(path);
}

static bool read_folders(struct reading *reading)
{
	struct arena *arena = reading->arena;
	DIR *dir = opendir(reading->root);
	struct dirent *entry;
	bool good = dir || fail_errno(FAILURE_FILE, errno, "%s", reading->root);

	while (good && (entry = readdir(dir))) {
		struct slice name = slice_of(entry->d_name), mailbox;

		if (entry->d_name[0] != '.' || slice_equal(name, SLICE(".")) ||
			slice_equal(name, SLICE("..")) ||
			(entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		if (folder_name_read(name, arena, &mailbox))
			good = add_folder(reading,
				arena_format(
					arena, "%s/%s", reading->root, entry->d_name),
				mailbox);
		else
			reading->listing.skipped++;
	}
	if (dir)
		closedir(dir);
	return good;
}

static void read_all(void *arg)
{
	struct reading *reading = arg;

	reading->good = add_folder(reading,
				arena_copy(reading->arena, slice_of(reading->root)),
				SLICE("INBOX")) &&
			read_folders(reading);
	if (!reading->good) {
		reading->failure = *failure_last();
		return;
	}
	read_subscriptions(reading, "subscriptions");
	read_subscriptions(reading, "courierimapsubscribed");
}

bool listing_read(const char *folder, struct arena *arena, struct listing *listing_r,
	struct deadline deadline)
{
	struct reading reading = {.root = folder, .arena = arena};

	if (!offload(read_all, &reading, deadline))
		return false;
	if (!reading.good)
		return fail_again(&reading.failure);
	*listing_r = reading.listing;
	return true;
}
