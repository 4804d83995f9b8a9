/*
 * The files of the embedded Redis. Everything here blocks: on the pool.
 */
#ifndef RINGPOST_QUEUE_EMBEDDED_FILES_H
#define RINGPOST_QUEUE_EMBEDDED_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Appends what PATH holds; false when it cannot be read. */
bool embedded_read_file(const char *path, struct buffer *into);
/* GIVEN, or the one kept in DIRECTORY, or a new one that is kept there: a
 * server that is taken over knows it. Free with memory_free. */
bool embedded_find_password(
	const char *directory, const char *given, char **password_r);
/* DIRECTORY/redis.conf; MEMORY 0: 45 % of the machine's. */
bool embedded_write_configuration(const char *directory, const char *socket,
	const char *password, uint64_t memory);
/* Whether there is a redis-server, and it is new enough. */
bool embedded_check_version(void);

#endif
