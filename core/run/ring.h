/*
 * The ring: everything a worker asks of the kernel. liburing stands behind
 * this header only.
 *
 * Each call prepares one operation, suspends the fiber, and does not return
 * before that operation's completion was reaped, so memory given to it may be
 * freed afterwards. A deadline or a cancelled scope cancels the operation and
 * still waits for its end. Results are the kernel's: 0 or more, or -errno;
 * -ETIME: the deadline passed; -ECANCELED: the fiber's scope is ending.
 */
#ifndef RINGPOST_RUN_RING_H
#define RINGPOST_RUN_RING_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/list.h"
#include "base/slice.h"
#include "run/fiber.h"

int ring_connect(int fd, const struct sockaddr *address, socklen_t size,
	struct deadline deadline);
/* All of it (MSG_WAITALL | MSG_NOSIGNAL); the size, or -errno. */
int ring_send(int fd, struct slice bytes, struct deadline deadline);
/* Sends all pieces, in one call where the kernel takes them; PIECES may be
 * changed. The sum of sizes, or -errno. */
int ring_sendv(int fd, struct iovec *pieces, unsigned count, struct deadline deadline);
int ring_receive(int fd, void *at, size_t size, struct deadline deadline);
int ring_read(int fd, void *at, size_t size, uint64_t offset, struct deadline deadline);
int ring_write(int fd, struct slice bytes, uint64_t offset, struct deadline deadline);
/* FLAGS: RWF_… of preadv2(2). */
int ring_writev(int fd, const struct iovec *pieces, unsigned count, uint64_t offset,
	int flags, struct deadline deadline);
int ring_fdatasync(int fd, struct deadline deadline);
int ring_fallocate(int fd, uint64_t offset, uint64_t size, struct deadline deadline);
/* poll(2) events; the events that are true, or -errno. */
int ring_poll(int fd, unsigned events, struct deadline deadline);
int ring_open(const char *path, int flags, unsigned mode, struct deadline deadline);
int ring_unlink(const char *path, struct deadline deadline);
/* Closes without waiting for the result; FD is gone for the caller. */
void ring_close(int fd);

/*
 * A multishot receive into the worker's provided buffers. It belongs to a
 * stream, lives from open to close whatever fibers do, and holds no buffer
 * while nothing has arrived. When more than RING_RECEIVED_MAX bytes wait
 * unread it pauses by itself (the kernel's window then holds the peer back).
 */
#define RING_RECEIVED_MAX (256u << 10)

struct ring_receiver;

/* Takes over FD: ring_receiver_close closes it. NULL: no memory (FAILURE). */
struct ring_receiver *ring_receiver_open(int fd);
int ring_receiver_fd(const struct ring_receiver *receiver);
/*
 * 1: bytes wait; 0: the peer has ended its side and everything was consumed;
 * -errno: broken, -ETIME, -ECANCELED.
 */
int ring_receiver_wait(struct ring_receiver *receiver, struct deadline deadline);
/* Unread bytes of the oldest buffer (empty: none), valid until consumed. */
struct slice ring_receiver_peek(const struct ring_receiver *receiver);
/* Those that lie together from SKIP bytes on, to look ahead; empty: none. */
struct slice ring_receiver_peek_from(const struct ring_receiver *receiver, size_t skip);
/* All unread bytes, in every buffer. */
size_t ring_receiver_unread(const struct ring_receiver *receiver);
/* SIZE at the most that of the peeked slice. */
void ring_receiver_consume(struct ring_receiver *receiver, size_t size);
/* Ends it: at once for the caller, with the kernel in the background. */
void ring_receiver_close(struct ring_receiver **receiver);

/* A multishot accept on a listening socket, with back-off and a reserve
 * descriptor at EMFILE. */
struct ring_acceptor;

struct ring_acceptor *ring_acceptor_open(int fd);
/* A connected socket (non-blocking, close-on-exec), or -errno. */
int ring_acceptor_wait(struct ring_acceptor *acceptor, struct deadline deadline);
/* Stops accepting and closes the listening socket. */
void ring_acceptor_close(struct ring_acceptor **acceptor);

/*
 * Whether this kernel has what is needed. False with FAILURE_RESOURCE and one
 * sentence that says what is missing and what to do. Called before workers.
 */
bool ring_probe(void);
/* What of io_uring is in use here, in words; after ring_probe, else "". */
const char *ring_describe(void);

/* Totals of this worker since its start, for the accounting. */
struct ring_figures {
	uint64_t enters, operations, completions, sends, receives, bytes_sent,
		bytes_received;
};
struct ring_figures ring_figures(void);

#endif
