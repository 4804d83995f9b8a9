/* Allocation that ends the process with a clear line when memory is gone. */
#include "base/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define KEPT_BYTES   (64 << 20) /* free, at the heap's end */
#define MAPPED_BYTES (32 << 20) /* the most that malloc accepts */
#define FREE_BYTES   (16 << 20) /* so much is worth giving back */
#define GROWN_BYTES  (8 << 20)

/* Nothing is freed or flushed: what was acknowledged is on disk already. */
static _Noreturn void give_up(size_t size)
{
	char line[96];
	int length = snprintf(line, sizeof(line),
		"ringpost: out of memory (%zu bytes wanted), ending\n", size);
	ssize_t written = write(STDERR_FILENO, line, (size_t)length);

	(void)written;
	_exit(EX_OSERR);
}

/* Both: to set the one alone freezes the other at its small default. */
void memory_tune(void)
{
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

size_t memory_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* What is free may have been given back before: only growth tells. */
void memory_give_back(void)
{
	static size_t resident_before;
	size_t resident = memory_resident();

	if (resident < resident_before)
		resident_before = resident;
	if (resident < resident_before + GROWN_BYTES ||
		mallinfo2().fordblks < FREE_BYTES)
		return;
	malloc_trim(FREE_BYTES / 4);
	resident_before = memory_resident();
}

void *memory_allocate(size_t size)
{
	return memory_allocate_array(1, size);
}

void *memory_allocate_array(size_t count, size_t size)
{
	void *at = calloc(count ? count : 1, size ? size : 1);

	if (!at)
		give_up(size > SIZE_MAX / (count ? count : 1) ? SIZE_MAX
							      : count * size);
	return at;
}

void *memory_resize(void *at, size_t size)
{
	void *moved = realloc(at, size ? size : 1);

	if (!moved)
		give_up(size);
	return moved;
}

void memory_free(void *at)
{
	free(at);
}

char *memory_copy_text(struct slice s)
{
	char *text = memory_resize(NULL, s.size + 1);

	if (s.size)
		memcpy(text, s.at, s.size);
	text[s.size] = '\0';
	return text;
}

char *memory_format(const char *format, ...)
{
	va_list list;
	char *text = NULL;
	int length;

	va_start(list, format);
	length = vasprintf(&text, format, list);
	va_end(list);
	if (length < 0)
		give_up(strlen(format));
	return text;
}

void memory_wipe(void *at, size_t size)
{
	if (size)
		explicit_bzero(at, size);
}
