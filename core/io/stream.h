/*
 * Streams: a connection as a conversation. TCP, TLS over any stream, or
 * memory (for tests), behind one set of calls.
 *
 * Streams are sticky: after its first failure (network, timeout, TLS, end of
 * input) a stream refuses everything else with that same failure. So writers
 * need no checks, readers do. A stream belongs to one fiber at a time, or to
 * one that reads and others that write; turn hooks may write, too.
 *
 * Writes collect in an outbox and travel at flush, or ahead of the wait of a
 * read, all in one send. Reads come straight from the ring's buffers where the
 * bytes lie together; an idle stream holds neither buffer.
 */
#ifndef RINGPOST_IO_STREAM_H
#define RINGPOST_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/slice.h"
#include "run/deadline.h"

struct stream;

/*
 * The next line, up to and with its LF, at most BYTES_MAX bytes: when no LF is
 * among those, that many bytes without one (what a line may hold is the
 * protocol's business). False: sticky failure; FAILURE_CLOSED when the peer
 * ended, an unfinished last line is then lost. *line_r is valid until the next
 * read. The outbox is flushed before waiting.
 */
bool stream_read_line(struct stream *stream, size_t bytes_max, struct slice *line_r,
	struct deadline deadline);
/*
 * Whatever has arrived, at least one byte, at most BYTES_MAX. *bytes_r is
 * valid until the next read; stream_unread gives back a tail of it.
 */
bool stream_read(struct stream *stream, size_t bytes_max, struct slice *bytes_r,
	struct deadline deadline);
/* Puts the last SIZE bytes of the last read back in front. */
void stream_unread(struct stream *stream, size_t size);
/* Whether a read would return at once with bytes (a whole line for _line). */
bool stream_has_input(struct stream *stream);
bool stream_has_line(struct stream *stream, size_t bytes_max);
/*
 * Waits until there is input, without consuming it; flushes first. For the
 * bytes of the last read this is the next one. A call whose time-out
 * (while waiting, not while flushing) leaves the stream whole: false with
 * FAILURE_TIMEOUT, and it may be waited for again (a 421 can still be said, a
 * warm connection still be used).
 */
bool stream_wait(struct stream *stream, struct deadline deadline);
/* The same until stream_read_line(BYTES_MAX) need not wait. */
bool stream_wait_line(
	struct stream *stream, size_t bytes_max, struct deadline deadline);

/*
 * What has come is acknowledged now: a peer whose next piece is small waits for that
 * (RFC 896), and the kernel waits for something to send with it (RFC 1122 4.2.3.2), 40 ms.
 */
void stream_acknowledge(struct stream *stream);

/* Into the outbox. Beyond STREAM_OUTBOX_MAX: sticky FAILURE_LIMIT. */
#define STREAM_OUTBOX_MAX (4u << 20)
void stream_write(struct stream *stream, struct slice bytes);
void stream_write_format(struct stream *stream, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
size_t stream_outbox_size(const struct stream *stream);
/*
 * Sends the outbox, and in the same call COUNT pieces behind it without
 * copying them (under TLS they are encrypted from where they lie). Returns
 * when all is handed to the kernel.
 */
bool stream_send(struct stream *stream, const struct slice *pieces, size_t count,
	struct deadline deadline);
bool stream_flush(struct stream *stream, struct deadline deadline);

/* True unless failed; stream_failure tells why (kind NONE when whole). */
bool stream_is_whole(const struct stream *stream);
const struct failure *stream_failure(const struct stream *stream);
/* Fails it from outside (a policy, a broken peer); sticky. Returns false. */
bool stream_fail(struct stream *stream, enum failure_kind kind, const char *text);

/* Ends the connection: now, without waiting; NULL is fine. Clears *stream. */
void stream_close(struct stream **stream);
/* In good order: flush, TLS close_notify, shutdown; then close. */
void stream_finish(struct stream **stream, struct deadline deadline);

/* What is at the other end, and what protects the way there. */
struct stream_facts {
	char peer[64], local[64];     /* "192.0.2.1:25", "[2001:db8::1]:25", "memory" */
	char peer_address[48];	      /* without port or brackets */
	unsigned char peer_bytes[16]; /* IPv4 mapped */
	bool peer_is_ipv6, peer_is_loopback;
	bool encrypted;
	char tls_version[12]; /* "TLSv1.3" */
	char tls_cipher[40];
	const char *tls_name; /* SNI asked for (server), name verified (client), or "";
				 NULL: no TLS; as long as the stream */
	bool tls_resumed, tls_verified;
	unsigned long bytes_in, bytes_out;
};
const struct stream_facts *stream_facts(const struct stream *stream);
/* What a proxy says of the connection it passes on; before a layer is put on
 * top, or to the topmost. IPv4 mapped. */
void stream_set_peer(
	struct stream *stream, const unsigned char address[16], unsigned port);
void stream_set_local(
	struct stream *stream, const unsigned char address[16], unsigned port);

/* A connected socket as a stream; takes over FD. */
struct stream *stream_from_socket(int fd);
/* Connects; a local address to bind to or NULL. NULL with a failure. */
struct sockaddr;
struct stream *stream_connect(const struct sockaddr *address,
	const struct sockaddr *local, struct deadline deadline);
struct stream *stream_connect_unix(const char *path, struct deadline deadline);

/*
 * Two ends of a pipe in memory, each a stream of this worker, with LIMIT bytes
 * in flight. For tests of dialogues.
 */
bool stream_pair(size_t limit, struct stream **a_r, struct stream **b_r);

#endif
