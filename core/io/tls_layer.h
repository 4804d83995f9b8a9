/*
 * Between the files of the TLS layer. OpenSSL's own headers are included by
 * its .c files only.
 */
#ifndef RINGPOST_IO_TLS_LAYER_H
#define RINGPOST_IO_TLS_LAYER_H

#include "base/list.h"
#include "io/stream_layer.h"
#include "io/tls.h"

struct bio_st;
struct ssl_st;
struct ssl_ctx_st;

struct tls {
	struct stream stream;
	struct stream *lower;
	struct ssl_st *ssl;
	struct list plain;	   /* decrypted pieces, not yet read */
	struct failure *ending;	   /* why no record follows those; NULL: one may */
	bool broken;		   /* after an error nothing may be sent either */
	struct tls_server *server; /* held; one of the two */
	struct tls_client *client;
	char *name;		 /* what facts have as tls_name */
	char *session_key;	 /* client: sessions are kept under this */
	struct failure *refusal; /* client: what is wrong with the certificate */
	enum tls_fault fault;
};

/* A TLS stream over *lower (which becomes NULL), without OpenSSL's part yet. */
struct tls *tls_create(struct stream **lower);
struct tls *tls_of(struct stream *stream); /* NULL: some other stream */
/* Notes why no more can be read: the fiber's last failure. */
void tls_end_with_last_failure(struct tls *tls);
/* Sends what OpenSSL still wants sent (an alert, a close_notify), if that goes
 * at once or nearly. */
void tls_flush_last_words(struct tls *tls, struct deadline deadline);

/*
 * A source and sink for OpenSSL that reads what has arrived at LOWER and
 * writes into its outbox; it never waits.
 */
struct bio_st *tls_bio_create(struct stream *lower);

/* The OpenSSL side of a session that is about to shake hands. */
struct ssl_st *tls_server_session(struct tls_server *server);
bool tls_client_session(struct tls *tls, const struct tls_target *target);
/* tls_dane.c: the records and names of TARGET are what it is verified by. */
bool tls_dane_begin(struct ssl_st *ssl, const struct tls_target *target);
/* A digest of the records, so that other records mean another session. */
void tls_dane_print(const struct tls_target *target, struct buffer *text);
/* After a handshake that went well: whether chain and name are in order. */
bool tls_client_is_verified(const struct tls *tls, const struct tls_target *target);
/* After one that failed: its session, if one was offered, may be the cause. */
enum tls_fault tls_client_fault(const struct tls *tls);
void tls_client_forget(struct tls *tls);

/* Modes and options that every context of ours has. */
bool tls_context_harden(struct ssl_ctx_st *context, const char *minimum);

#endif
