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
