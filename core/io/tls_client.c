/*
 * The client's side: trust, what is verified and how strictly, and sessions to
 * resume.
 *
 * Where the target is verified, OpenSSL's security level 2 holds (112 bits: no
 * SHA-1, no RSA or DH below 2048) and names must be alternative names of the
 * certificate (RFC 9525 6.3, RFC 8461 4.1). Where it is not, level 0: weak
 * encryption for a peer that could be anyone still beats the plaintext that
 * would be next. The suites of tls_context.c and 1.2 are the floor of both.
 */
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/tls.h"
#include "io/tls_certificate.h"
#include "io/tls_errors.h"
#include "io/tls_layer.h"
#include "io/tls_sessions.h"

struct tls_client {
	atomic_uint holders;
	SSL_CTX *context;
	struct tls_sessions *sessions;
};

/* ---- Trust ---- */

/* Read whole at the start; OpenSSL's folder of hashed names would be read in
 * the middle of handshakes. */
static const char *system_trust(void)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
	};
	const char *chosen = getenv(X509_get_default_cert_file_env());

	if (chosen)
		return chosen;
	for (size_t i = 0; i < ARRAY_COUNT(places); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return X509_get_default_cert_file();
}

/* A system without a store can still encrypt; nothing verifies then. */
static bool load_trust(SSL_CTX *context, const char *ca_file)
{
	const char *path = ca_file ? ca_file : system_trust();

	tls_errors_clear();
	if (access(path, R_OK) != 0)
		return !ca_file || fail_errno(FAILURE_FILE, errno,
					   "cannot read the CA certificates %s", path);
	if (SSL_CTX_load_verify_file(context, path) != 1) {
		tls_errors_clear();
		return fail(FAILURE_TLS, "%s holds no certificates in PEM form", path);
	}
	if (ca_file)
		X509_VERIFY_PARAM_set_flags(
			SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
	return true;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *tls = SSL_get_app_data(ssl);

	if (tls->session_key)
		tls_sessions_put(
			tls->client->sessions, slice_of(tls->session_key), session);
	return 0;
}

struct tls_client *tls_client_create(const char *ca_file, const char *minimum)
{
	struct tls_client *client = NEW(struct tls_client);

	client->holders = 1;
	client->sessions = tls_sessions_create(TLS_SESSIONS_BYTES_MAX);
	tls_errors_clear();
	client->context = SSL_CTX_new(TLS_client_method());
	if (!client->context)
		tls_errors_fail(FAILURE_RESOURCE, "TLS context");
	if (!client->context || !tls_context_harden(client->context, minimum) ||
		!load_trust(client->context, ca_file)) {
		tls_client_release(&client);
		return NULL;
	}
	if (SSL_CTX_dane_enable(client->context) != 1) {
		tls_errors_fail(FAILURE_RESOURCE, "TLS context");
		tls_client_release(&client);
		return NULL;
	}
	SSL_CTX_set_session_cache_mode(
		client->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(client->context, keep_session);
	tls_errors_clear();
	return client;
}

struct tls_client *tls_client_hold(struct tls_client *client)
{
	client->holders++;
	return client;
}

void tls_client_release(struct tls_client **client)
{
	struct tls_client *c = *client;

	*client = NULL;
	if (!c || --c->holders > 0)
		return;
	SSL_CTX_free(c->context);
	tls_sessions_destroy(&c->sessions);
	memory_free(c);
}

/* ---- Judging the peer's certificate ---- */

static void describe_mismatch(X509 *certificate)
{
	struct buffer names = {0};

	tls_certificate_names(certificate, &names);
	fail(FAILURE_TLS, "TLS handshake: name mismatch: the certificate is for %.*s",
		(int)buffer_size(&names), buffer_contents(&names).at);
	buffer_finish(&names);
}

static void describe_date(X509 *certificate)
{
	time_t end = (time_t)(tls_certificate_not_after_ms(certificate) / 1000);
	struct tm when;
	char text[32];

	gmtime_r(&end, &when);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &when);
	fail(FAILURE_TLS, "TLS handshake: the certificate has expired on %s", text);
}

static enum tls_fault fault_of(long error)
{
	switch (error) {
	case X509_V_OK:
		return TLS_FAULT_NONE;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return TLS_FAULT_NAME;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TLS_FAULT_EXPIRED;
	case X509_V_ERR_DANE_NO_MATCH:
		return TLS_FAULT_TLSA;
	default:
		return TLS_FAULT_UNTRUSTED;
	}
}

static void describe(X509 *certificate, int error)
{
	switch (fault_of(error)) {
	case TLS_FAULT_NAME:
		describe_mismatch(certificate);
		break;
	case TLS_FAULT_EXPIRED:
		describe_date(certificate);
		break;
	case TLS_FAULT_TLSA:
		fail(FAILURE_TLS, "TLS handshake: none of the host's TLSA records "
				  "stands for its certificate");
		break;
	case TLS_FAULT_NONE:
	case TLS_FAULT_UNTRUSTED:
		fail(FAILURE_TLS, "TLS handshake: the certificate is not trusted: %s",
			X509_verify_cert_error_string(error));
		break;
	}
}

/* Called within the handshake for each doubt; the first one is kept. */
static int judge(int in_order, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	X509 *certificate = X509_STORE_CTX_get_current_cert(store);
	int error = X509_STORE_CTX_get_error(store);

	if (in_order || tls->refusal)
		return in_order;
	if (!certificate)
		certificate = X509_STORE_CTX_get0_cert(store);
	describe(certificate, error);
	tls->fault = fault_of(error);
	tls->refusal = NEW(struct failure);
	*tls->refusal = *failure_last();
	return 0;
}

static bool is_address(const char *name)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);

	ASN1_OCTET_STRING_free(address);
	return address != NULL;
}

/* Names are A-labels (RFC 5890); a certificate holds them in that form. */
static bool set_name(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);

	if (name[0] == '\0')
		return true;
	X509_VERIFY_PARAM_set_hostflags(
		parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
				    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(parameters, name);
	return X509_VERIFY_PARAM_set1_host(parameters, name, 0) &&
	       SSL_set_tlsext_host_name(ssl, name);
}

/* With DANE the names go to OpenSSL together with the records. */
static bool set_names(SSL *ssl, const struct tls_target *target)
{
	return target->verify && target->tlsa_count ? tls_dane_begin(ssl, target)
						    : set_name(ssl, target->name);
}

static bool set_protocol(SSL *ssl, const char *alpn)
{
	unsigned char list[256];
	size_t size = alpn ? strlen(alpn) : 0;

	if (size == 0)
		return true;
	if (size >= sizeof(list))
		return false;
	list[0] = (unsigned char)size;
	memcpy(list + 1, alpn, size);
	return SSL_set_alpn_protos(ssl, list, (unsigned)size + 1) == 0;
}

/* What a session was checked by is part of its key: one that was not verified,
 * or by other records, must never stand in for one that is. */
static char *make_key(const struct tls_target *target)
{
	const char *key = target->session_key ? target->session_key : target->name;
	struct buffer records = {0};
	char *all;

	if (key[0] == '\0')
		return NULL;
	tls_dane_print(target, &records);
	all = memory_format("%s\n%s\n%s\n%d\n%.*s", key, target->name,
		target->alpn ? target->alpn : "", target->verify,
		SLICE_PRINT(buffer_contents(&records)));
	buffer_finish(&records);
	return all;
}

/* What has expired since would not be taken again. */
static bool is_still_good(SSL_SESSION *session)
{
	X509 *certificate = SSL_SESSION_get0_peer(session);

	return !certificate ||
	       X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

static void offer_session(struct tls *tls, bool verify)
{
	SSL_SESSION *session;

	if (!tls->session_key)
		return;
	session = tls_sessions_take(tls->client->sessions, slice_of(tls->session_key));
	if (!session)
		return;
	if (!verify || is_still_good(session))
		SSL_set_session(tls->ssl, session);
	SSL_SESSION_free(session);
}

bool tls_client_session(struct tls *tls, const struct tls_target *target)
{
	SSL *ssl;

	tls_errors_clear();
	ssl = tls->ssl = SSL_new(tls->client->context);
	if (!ssl || !SSL_set_app_data(ssl, tls))
		return tls_errors_fail(FAILURE_RESOURCE, "TLS session");
	if (target->verify && target->name[0] == '\0')
		return fail(FAILURE_TLS, "TLS: no name to verify the certificate by");
	if (!set_names(ssl, target) || !set_protocol(ssl, target->alpn)) {
		tls_errors_clear();
		return fail(
			FAILURE_TLS, "TLS: \"%s\" is not a host name", target->name);
	}
	if (target->verify) {
		SSL_set_verify(ssl, SSL_VERIFY_PEER, judge);
	} else {
		SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
		SSL_set_security_level(ssl, 0);
		SSL_set_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT);
	}
	tls->session_key = make_key(target);
	offer_session(tls, target->verify && !target->tlsa_count);
	tls_errors_clear();
	return true;
}

bool tls_client_is_verified(const struct tls *tls, const struct tls_target *target)
{
	return target->name[0] && SSL_get0_peer_certificate(tls->ssl) &&
	       SSL_get_verify_result(tls->ssl) == X509_V_OK;
}

/* What was found first counts: later doubts may follow from it. */
enum tls_fault tls_client_fault(const struct tls *tls)
{
	return tls->fault ? tls->fault : fault_of(SSL_get_verify_result(tls->ssl));
}

void tls_client_forget(struct tls *tls)
{
	if (tls->session_key)
		tls_sessions_forget(tls->client->sessions, slice_of(tls->session_key));
}
