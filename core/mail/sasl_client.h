/*
 * The client's side of a SASL exchange, for smarthosts that want a password.
 *
 * It never waits, but SCRAM derives its keys inside the second step: some
 * milliseconds at the usual iteration counts. Secrets are wiped on destroy.
 */
#ifndef RINGPOST_MAIL_SASL_CLIENT_H
#define RINGPOST_MAIL_SASL_CLIENT_H

#include <stdbool.h>

#include "base/slice.h"
#include "mail/sasl.h"

struct sasl_client;

/* The best of OFFERED (SASL_BITs): SCRAM, then with TLS PLAIN and LOGIN, then
 * CRAM-MD5. False: none that may be used. */
bool sasl_client_choose(unsigned offered, bool tls, enum sasl_mechanism *mechanism_r);

/* Copies both; NULL when they cannot be used (NUL, too long, PLUS). */
struct sasl_client *sasl_client_create(
	enum sasl_mechanism mechanism, struct slice username, struct slice password);
void sasl_client_destroy(struct sasl_client **client);
/* Whether the first message belongs on the AUTH line itself; if so _output. */
bool sasl_client_has_initial(const struct sasl_client *client);
/* A challenge (base64) → CONTINUE with _output to send, or FAILED ("*"). */
enum sasl_progress sasl_client_step(struct sasl_client *client, struct slice challenge);
struct slice sasl_client_output(const struct sasl_client *client);
/* On the server's success reply: false when a mutual mechanism has not seen
 * the server prove itself; the connection is then not to be trusted. */
bool sasl_client_is_complete(const struct sasl_client *client);

#endif
