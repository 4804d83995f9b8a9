/*
 * Sessions a client may resume, kept by key, for all workers of the process:
 * the newest few of each key, the least recently used go first.
 */
#ifndef RINGPOST_IO_TLS_SESSIONS_H
#define RINGPOST_IO_TLS_SESSIONS_H

#include <stddef.h>

#include "base/slice.h"

/* Bytes of all sessions kept (about 2 KB each), and sessions of one key. */
#define TLS_SESSIONS_BYTES_MAX (8u << 20)
#define TLS_SESSIONS_KEY_MAX   8

struct ssl_session_st;
struct tls_sessions;

struct tls_sessions *tls_sessions_create(size_t bytes_max);
void tls_sessions_destroy(struct tls_sessions **sessions);
/* Keeps a copy of SESSION. */
void tls_sessions_put(struct tls_sessions *sessions, struct slice key,
	struct ssl_session_st *session);
/* The newest one that is still good, owned by the caller, or NULL. One of
 * TLS 1.3 is given out once only (RFC 8446 C.4). */
struct ssl_session_st *tls_sessions_take(
	struct tls_sessions *sessions, struct slice key);
void tls_sessions_forget(struct tls_sessions *sessions, struct slice key);

struct tls_sessions_figures {
	size_t count, bytes;
};
struct tls_sessions_figures tls_sessions_figures(struct tls_sessions *sessions);

#endif
