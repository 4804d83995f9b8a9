/*
 * Keys of session tickets (RFC 5077, RFC 8446 4.6.1): the server keeps no
 * session, the client brings it back sealed. Shared by contexts and workers.
 */
#ifndef RINGPOST_IO_TLS_TICKETS_H
#define RINGPOST_IO_TLS_TICKETS_H

#include <stdbool.h>

struct ssl_ctx_st;
struct tls_tickets;

/* Seconds a ticket is good for; a key seals for as long, and opens for twice
 * as long. */
#define TLS_TICKET_LIFE_S 7200

struct tls_tickets *tls_tickets_create(void);
struct tls_tickets *tls_tickets_hold(struct tls_tickets *tickets);
void tls_tickets_release(struct tls_tickets **tickets);
/* Tickets of CONTEXT's sessions are made and opened with these. The context
 * keeps a pointer, the caller keeps the hold. */
bool tls_tickets_use(struct tls_tickets *tickets, struct ssl_ctx_st *context);

#endif
