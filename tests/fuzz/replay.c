/*
 * Feeds a fuzz target every file of the folders given, and every beginning of
 * each, from memory that ends where the input does.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 65536
#define CUTS_MAX  4096 /* longer inputs are fed whole only */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(const char *bytes, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static size_t replay_file(const char *folder, const char *name)
{
	static char bytes[INPUT_MAX];
	char path[4096];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	/* Named before it runs, so that a crash says where. */
	fprintf(stderr, "%s\n", path);
	for (size_t cut = size <= CUTS_MAX ? 0 : size; cut <= size; cut++)
		feed(bytes, cut);
	return size <= CUTS_MAX ? size + 1 : 1;
}

int main(int argc, char **argv)
{
	size_t files = 0, inputs = 0;

	for (int i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);
		struct dirent *entry;

		if (!folder) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
		while ((entry = readdir(folder))) {
			if (entry->d_name[0] == '.')
				continue;
			inputs += replay_file(argv[i], entry->d_name);
			files++;
		}
		closedir(folder);
	}
	printf("%zu files, %zu inputs\n", files, inputs);
	return files ? EXIT_SUCCESS : EXIT_FAILURE;
}
