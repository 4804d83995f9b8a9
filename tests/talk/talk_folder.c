/* Folders of transcripts, and what can be counted in one. */
#include <dirent.h>
#include <stdlib.h>

#include "base/memory.h"
#include "talk.h"
#include "transcript.h"

static int is_talk(const struct dirent *entry)
{
	return slice_ends(slice_of(entry->d_name), SLICE(".talk"));
}

bool talk_check_folder(const char *folder,
	void (*dialogue)(struct stream *stream, void *context), void *context,
	FILE *errors)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_talk, alphasort);
	unsigned passed = 0, failed = 0;

	if (count < 0)
		fprintf(errors, "%s: %m\n", folder);
	for (int i = 0; i < count; i++) {
		char *path = memory_format("%s/%s", folder, entries[i]->d_name);

		if (talk_check(path, dialogue, context, errors)) {
			passed++;
		} else {
			failed++;
			fprintf(errors, "FAILED: %s\n", path);
		}
		memory_free(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	printf("%u passed, %u failed\n", passed, failed);
	return passed && !failed;
}

size_t talk_bytes(const char *path, FILE *errors)
{
	struct transcript *transcript = transcript_read(path, errors);
	size_t bytes = transcript ? transcript->bytes_said : 0;

	transcript_free(&transcript);
	return bytes;
}

size_t talk_lines(const char *path, FILE *errors)
{
	struct transcript *transcript = transcript_read(path, errors);
	size_t lines = transcript ? transcript->lines : 0;

	transcript_free(&transcript);
	return lines;
}
