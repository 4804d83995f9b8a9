/* A compressed file (zstd), read in parts. Blocks. */
#ifndef RINGPOST_EVENTS_DECOMPRESS_H
#define RINGPOST_EVENTS_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>

struct decompress;

/* NULL with FAILURE_FILE. */
struct decompress *decompress_open(const char *path);
/*
 * At most SIZE bytes into AT, one at least; *size_r is 0 at the end. False with
 * FAILURE_FILE, or FAILURE_DATA: it is damaged, or ends too early.
 */
bool decompress_read(
	struct decompress *decompress, char *at, size_t size, size_t *size_r);
void decompress_close(struct decompress **decompress);

#endif
