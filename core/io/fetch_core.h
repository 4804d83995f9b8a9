/*
 * A transfer, between the fiber that asks (fetch.c) and the thread that serves
 * it (fetch_thread.c).
 *
 * Private to io/fetch.
 */
#ifndef RINGPOST_IO_FETCH_CORE_H
#define RINGPOST_IO_FETCH_CORE_H

#include <netinet/in.h>

#include "base/buffer.h"
#include "base/failure.h"
#include "base/list.h"
#include "io/fetch.h"
#include "run/fiber.h"
#include "run/worker.h"

/* Belongs to the thread from fetch_thread_take to its letter, then to the
 * worker. Strings are its own. */
struct transfer {
	struct link link; /* the thread's */
	struct letter done;
	struct worker *worker;
	struct condition ended; /* the worker's */
	bool over, orphan;	/* the worker's: it is done; nobody waits for it */
	bool given_up, posted;	/* under the thread's lock */

	char *url, *resolve, *ca_file; /* resolve, ca_file: or NULL */
	char **headers;
	size_t header_count;
	struct slice body; /* at NULL: GET */
	bool private_addresses;
	int64_t time_ms;

	struct buffer answer, head;
	unsigned status;
	char *content_type, *location; /* or NULL */
	int64_t retry_after_s;
	enum failure_kind failure;    /* NONE: it was answered */
	char reason[256];	      /* libcurl writes it, too */
	void *handle, *lines, *hosts; /* libcurl's */
};

/* Gives it to the thread; DONE is posted when it is over, unless it was given
 * up before. False with FAILURE_LIMIT: it is still the caller's. */
bool fetch_thread_take(struct transfer *transfer);
/* Nobody waits any more. True: the letter is on its way all the same, and who
 * opens it frees the transfer; false: the thread does. */
bool fetch_thread_give_up(struct transfer *transfer);
void fetch_transfer_destroy(struct transfer *transfer);

/* fetch_handle.c: libcurl's side of it, on the thread. CODE: a CURLcode. */
bool fetch_handle_open(struct transfer *transfer);
void fetch_handle_read(struct transfer *transfer, int code);
void fetch_handle_close(struct transfer *transfer);

#endif
