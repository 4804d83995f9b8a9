/*
 * RESP, the protocol of Redis: commands into bytes, bytes into replies
 * (hiredis). Pure: no fiber, no descriptor.
 */
#ifndef RINGPOST_IO_RESP_H
#define RINGPOST_IO_RESP_H

#include "base/slice.h"
#include "io/redis.h"

/* The most one reply may take, and how many elements it may have. */
#define RESP_REPLY_BYTES_MAX	(64u << 20)
#define RESP_REPLY_ELEMENTS_MAX (1u << 20)

/* A command as it travels; free with resp_free. */
struct slice resp_format(size_t count, const struct slice *argv);
void resp_free(struct slice *command);

/* Replies out of whatever pieces arrive. */
struct resp_reader;

struct resp_reader *resp_reader_create(void);
void resp_reader_destroy(struct resp_reader **reader);
/* False with FAILURE_LIMIT: a reply is larger than RESP_REPLY_BYTES_MAX. */
bool resp_reader_feed(struct resp_reader *reader, struct slice bytes);
/* 1: a whole reply, the caller's; 0: none yet; -1 with FAILURE_PROTOCOL, and
 * the reader is of no more use. */
int resp_reader_next(struct resp_reader *reader, struct redis_reply **reply_r);

#endif
