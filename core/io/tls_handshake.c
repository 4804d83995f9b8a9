/*
 * Handshakes: a step of OpenSSL, then waiting outside it for what it wants.
 *
 * A step is a job of its own (an argument, no fiber inside), so that the
 * private key's work (0.3 ms for RSA-2048) could be given to `offload`, were
 * its input copied first.
 */
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "io/tls.h"
#include "io/tls_errors.h"
#include "io/tls_layer.h"
#include "metrics/tally.h"

/* The first byte of a TLS record that carries a handshake (RFC 8446 5.1). */
#define RECORD_HANDSHAKE 0x16
/* RFC 1035 2.3.4 */
#define HOSTNAME_MAX 255

struct step {
	struct ssl_st *ssl;
	bool done, wants_more;
	struct failure failure; /* when neither */
};

static void run_step(void *arg)
{
	struct step *step = arg;
	int result;

	tls_errors_clear();
	result = SSL_do_handshake(step->ssl);
	step->done = result == 1;
	step->wants_more = SSL_get_error(step->ssl, result) == SSL_ERROR_WANT_READ;
	if (!step->done && !step->wants_more) {
		tls_errors_fail(FAILURE_TLS, "TLS handshake");
		step->failure = *failure_last();
	}
	tls_errors_clear();
}

/* The stream below failed while we waited for the peer. */
static bool lower_failed(void)
{
	if (failure_kind_last() == FAILURE_CLOSED)
		return fail(
			FAILURE_TLS, "TLS handshake: the peer closed the connection");
	return fail_in("TLS handshake");
}

/* Under 1.3 what OpenSSL wants sent at the end (the client's Finished, the
 * server's tickets) is left in the outbox below: it travels with our first
 * words, or ahead of the wait for theirs. */
static bool shake_hands(struct tls *tls, struct deadline deadline)
{
	struct step step = {.ssl = tls->ssl};

	for (;;) {
		run_step(&step);
		if (step.done)
			return tls_is_1_3(&tls->stream) ||
			       stream_flush(tls->lower, deadline) || lower_failed();
		if (!step.wants_more)
			break;
		if (!stream_flush(tls->lower, deadline) ||
			!tls->lower->layer->fill(tls->lower, deadline))
			return lower_failed();
	}
	if (!stream_is_whole(tls->lower)) {
		fail_again(&tls->lower->failure);
		return lower_failed();
	}
	fail_again(tls->refusal ? tls->refusal : &step.failure);
	tls_flush_last_words(tls, deadline);
	return false;
}

static void tally(const struct tls *tls)
{
	bool as_server = SSL_is_server(tls->ssl);

	switch (SSL_version(tls->ssl)) {
	case TLS1_3_VERSION:
		tally_tls(as_server, TALLY_TLS_1_3);
		break;
	case TLS1_2_VERSION:
		tally_tls(as_server, TALLY_TLS_1_2);
		break;
	default:
		tally_tls(as_server, TALLY_TLS_OTHER);
	}
	if (tls->stream.facts.tls_resumed)
		tally_tls(as_server, TALLY_TLS_RESUMED);
}

static void fill_facts(struct tls *tls)
{
	struct stream_facts *facts = &tls->stream.facts;

	facts->encrypted = true;
	facts->tls_resumed = SSL_session_reused(tls->ssl);
	snprintf(facts->tls_version, sizeof(facts->tls_version), "%s",
		SSL_get_version(tls->ssl));
	snprintf(facts->tls_cipher, sizeof(facts->tls_cipher), "%s",
		SSL_get_cipher_name(tls->ssl));
	tally(tls);
}

static bool has_name_form(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

	return size > 0 && name[size] == '\0';
}

static void set_name(struct tls *tls, const char *name)
{
	memory_free(tls->name);
	tls->name = name && *name && strlen(name) <= HOSTNAME_MAX
			    ? memory_copy_text(slice_of(name))
			    : NULL;
	tls->stream.facts.tls_name = tls->name ? tls->name : "";
}

/*
 * Bytes of the peer's that were sent before TLS and not read yet would be
 * taken for part of it; a command or reply that somebody slipped in
 * (RFC 3207 6, CVE-2011-0411) ends the connection. MAY_BE_HELLO: the peer
 * speaks first, and may have done so already.
 */
static bool nothing_injected(struct stream *lower, bool may_be_hello)
{
	struct slice got;

	stream_settle(lower);
	if (!stream_has_input(lower))
		return true;
	got = lower->layer->peek(lower, 0);
	if (may_be_hello && buffer_size(&lower->line) == 0 &&
		(lower->facts.bytes_in == 0 || got.at[0] == RECORD_HANDSHAKE))
		return true;
	return fail(FAILURE_PROTOCOL, "the peer sent plaintext behind STARTTLS");
}

/* Takes the stream over, or closes it when TLS cannot even begin. */
static struct tls *begin(struct stream **lower, bool as_server)
{
	if (!stream_is_whole(*lower))
		fail_again(&(*lower)->failure);
	else if (nothing_injected(*lower, as_server))
		return tls_create(lower);
	stream_close(lower);
	return NULL;
}

static bool attach(struct tls *tls)
{
	BIO *bio = tls_bio_create(tls->lower);

	if (!bio)
		return tls_errors_fail(FAILURE_RESOURCE, "TLS session");
	SSL_set_bio(tls->ssl, bio, bio);
	return true;
}

static struct stream *give_up(struct tls *tls)
{
	struct stream *stream = &tls->stream;
	struct failure why = *failure_last();

	stream_close(&stream);
	fail_again(&why);
	return NULL;
}

static struct stream *note_failed(struct tls *tls)
{
	tally_tls(SSL_is_server(tls->ssl), TALLY_TLS_FAILED);
	return give_up(tls);
}

/* Until the handshake is over; the callback that chooses reads it. */
static bool set_protocol(struct tls *tls, const char *alpn, unsigned char list[256])
{
	size_t size = alpn ? strlen(alpn) : 0;

	if (size == 0 || size > 255)
		return true;
	list[0] = (unsigned char)size;
	memcpy(list + 1, alpn, size);
	return SSL_set_app_data(tls->ssl, list) == 1 ||
	       tls_errors_fail(FAILURE_RESOURCE, "TLS session");
}

struct stream *tls_accept(
	struct stream **lower, struct tls_server *server, struct deadline deadline)
{
	return tls_accept_as(lower, server, NULL, deadline);
}

struct stream *tls_accept_as(struct stream **lower, struct tls_server *server,
	const char *alpn, struct deadline deadline)
{
	unsigned char protocol[256];
	struct tls *tls = begin(lower, true);

	if (!tls)
		return NULL;
	tls->server = tls_server_hold(server);
	tls->ssl = tls_server_session(server);
	if (!tls->ssl || !attach(tls) || !set_protocol(tls, alpn, protocol))
		return give_up(tls);
	SSL_set_accept_state(tls->ssl);
	if (!shake_hands(tls, deadline))
		return note_failed(tls);
	SSL_set_app_data(tls->ssl, NULL);
	fill_facts(tls);
	set_name(tls, NULL);
	const char *name = SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name);
	if (name && has_name_form(name))
		set_name(tls, name);
	return &tls->stream;
}

struct stream *tls_connect(struct stream **lower, struct tls_client *client,
	const struct tls_target *target, struct deadline deadline)
{
	struct tls *tls = begin(lower, false);

	if (!tls)
		return NULL;
	tls->client = tls_client_hold(client);
	if (!tls_client_session(tls, target) || !attach(tls))
		return give_up(tls);
	SSL_set_connect_state(tls->ssl);
	if (!shake_hands(tls, deadline)) {
		if (target->fault_r)
			*target->fault_r = tls->fault;
		tls_client_forget(tls);
		return note_failed(tls);
	}
	if (target->fault_r)
		*target->fault_r = tls_client_fault(tls);
	fill_facts(tls);
	tls->stream.facts.tls_verified = tls_client_is_verified(tls, target);
	set_name(tls, tls->stream.facts.tls_verified ? target->name : NULL);
	if (target->verify && !tls->stream.facts.tls_verified) {
		fail(FAILURE_TLS, "TLS handshake: the certificate was not verified");
		return note_failed(tls);
	}
	return &tls->stream;
}
