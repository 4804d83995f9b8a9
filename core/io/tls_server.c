/*
 * Server contexts: a context for each set of names, chosen by the name the
 * client asks for (SNI, RFC 6066 3); pairs for the same names with keys of
 * different kinds (RSA and ECDSA) share one, and the client's wishes decide.
 */
#include <assert.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "io/tls.h"
#include "io/tls_certificate.h"
#include "io/tls_errors.h"
#include "io/tls_layer.h"
#include "io/tls_tickets.h"

/* Longest host name there is (RFC 1035 3.1), and then some. */
#define NAME_MAX_SIZE 255

struct host {
	SSL_CTX *context;
	struct buffer names; /* as tls_certificate_names writes them */
	unsigned key_types;  /* a bit each, see key_bit */
};

struct tls_server {
	atomic_uint holders;
	struct host *hosts;
	size_t count;
	struct map by_name; /* "a.example", ".b.example" for "*.b.example" */
	struct tls_tickets *tickets;
	unsigned char alpn[256]; /* a list of one: its length, the name */
};

/* ---- What the client asks for ---- */

static struct host *find_host(const struct tls_server *server, const char *asked)
{
	char name[NAME_MAX_SIZE + 1];
	size_t size = strnlen(asked, sizeof(name));
	struct host *host;
	const char *dot;

	if (size == sizeof(name))
		return NULL;
	for (size_t i = 0; i < size; i++)
		name[i] = ascii_lower(asked[i]);
	if (size && name[size - 1] == '.')
		size--;
	host = map_find(&server->by_name, slice_make(name, size));
	if (host)
		return host;
	dot = memchr(name, '.', size);
	if (!dot || dot == name)
		return NULL;
	return map_find(&server->by_name, slice_make(dot, size - (size_t)(dot - name)));
}

/* No certificate for that name: the first one serves, as tls.h says. */
static int choose_host(SSL *ssl, int *alert, void *arg)
{
	const struct tls_server *server = arg;
	const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	struct host *host = asked ? find_host(server, asked) : NULL;

	if (!host)
		return SSL_TLSEXT_ERR_NOACK;
	if (SSL_get_SSL_CTX(ssl) != host->context)
		SSL_set_SSL_CTX(ssl, host->context);
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301 3.2: nothing in common is fatal, so that one protocol's session
 * cannot be replayed at another's port. */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *size,
	const unsigned char *offered, unsigned offered_size, void *arg)
{
	const struct tls_server *server = arg;
	const unsigned char *own = SSL_get_app_data(ssl);
	unsigned char *found;

	if (!own)
		own = server->alpn;
	if (!own[0])
		return SSL_TLSEXT_ERR_NOACK;
	if (SSL_select_next_proto(&found, size, own, own[0] + 1u, offered,
		    offered_size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*chosen = found;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- Making one ---- */

static bool make_context(
	struct tls_server *server, struct host *host, const char *minimum)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	host->context = context;
	if (!context)
		return tls_errors_fail(FAILURE_RESOURCE, "TLS context");
	if (!tls_context_harden(context, minimum) ||
		!tls_tickets_use(server->tickets, context))
		return false;
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"ringpost", 8);
	SSL_CTX_set_tlsext_servername_callback(context, choose_host);
	SSL_CTX_set_tlsext_servername_arg(context, server);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, server);
	return true;
}

static unsigned key_bit(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return 1;
	case EVP_PKEY_RSA_PSS:
		return 2;
	case EVP_PKEY_EC:
		return 4;
	case EVP_PKEY_ED25519:
		return 8;
	case EVP_PKEY_ED448:
		return 16;
	default:
		return 32;
	}
}

static bool use_pair(struct host *host, const struct tls_pair *pair, EVP_PKEY *key)
{
	if (SSL_CTX_use_certificate_chain_file(host->context, pair->certificate) != 1)
		return tls_errors_fail(FAILURE_TLS, "the certificate %s cannot be used",
			pair->certificate);
	if (SSL_CTX_use_PrivateKey(host->context, key) != 1)
		return tls_errors_fail(
			FAILURE_TLS, "the key %s cannot be used", pair->key);
	host->key_types |= key_bit(key);
	return true;
}

static void add_names(struct tls_server *server, struct host *host)
{
	struct slice names = buffer_contents(&host->names);

	while (names.at) {
		struct slice name = slice_trim(slice_cut(&names, ','));

		if (slice_starts(name, SLICE("*.")))
			name = slice_from(name, 1);
		if (name.size && !map_find(&server->by_name, name))
			map_set(&server->by_name, name, host);
	}
}

/* The host of the same names that has no such key yet, or a new one. */
static struct host *host_for(struct tls_server *server, struct buffer *names,
	const EVP_PKEY *key, const char *minimum)
{
	struct host *host;

	for (size_t i = 0; i < server->count; i++) {
		host = &server->hosts[i];
		if (slice_equal(
			    buffer_contents(names), buffer_contents(&host->names)) &&
			!(host->key_types & key_bit(key)))
			return host;
	}
	host = &server->hosts[server->count++];
	host->names = *names;
	*names = (struct buffer){0};
	return make_context(server, host, minimum) ? host : NULL;
}

static bool add_read_pair(struct tls_server *server, const struct tls_pair *pair,
	X509 *certificate, EVP_PKEY *key, const char *minimum)
{
	struct buffer names = {0};
	struct host *host;

	if (X509_check_private_key(certificate, key) != 1) {
		tls_errors_clear();
		return fail(FAILURE_TLS,
			"the key %s does not belong to the certificate %s", pair->key,
			pair->certificate);
	}
	tls_certificate_names(certificate, &names);
	host = host_for(server, &names, key, minimum);
	buffer_finish(&names);
	if (!host || !use_pair(host, pair, key))
		return false;
	add_names(server, host);
	return true;
}

static bool add_pair(
	struct tls_server *server, const struct tls_pair *pair, const char *minimum)
{
	X509 *certificate = tls_certificate_read(pair->certificate);
	EVP_PKEY *key = certificate ? tls_key_read(pair->key) : NULL;
	bool added = false;

	if (key) {
		tls_errors_clear();
		added = add_read_pair(server, pair, certificate, key, minimum);
		tls_errors_clear();
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	return added;
}

struct tls_server *tls_server_create(const struct tls_pair *pairs, size_t count,
	const char *minimum, const char *alpn, size_t *which_r)
{
	struct tls_server *server = NEW(struct tls_server);

	assert(count > 0);
	server->holders = 1;
	server->hosts = memory_allocate_array(count, sizeof(*server->hosts));
	server->tickets = tls_tickets_create();
	if (alpn) {
		assert(strlen(alpn) < sizeof(server->alpn));
		server->alpn[0] = (unsigned char)strlen(alpn);
		memcpy(server->alpn + 1, alpn, server->alpn[0]);
	}
	for (size_t i = 0; i < count; i++)
		if (!add_pair(server, &pairs[i], minimum)) {
			*which_r = i;
			tls_server_release(&server);
			return NULL;
		}
	return server;
}

struct tls_server *tls_server_hold(struct tls_server *server)
{
	server->holders++;
	return server;
}

void tls_server_release(struct tls_server **server)
{
	struct tls_server *s = *server;

	*server = NULL;
	if (!s || --s->holders > 0)
		return;
	for (size_t i = 0; i < s->count; i++) {
		SSL_CTX_free(s->hosts[i].context);
		buffer_finish(&s->hosts[i].names);
	}
	memory_free(s->hosts);
	map_finish(&s->by_name);
	tls_tickets_release(&s->tickets);
	memory_free(s);
}

void tls_server_share_tickets(struct tls_server *new_server, struct tls_server *old)
{
	struct tls_tickets *shared = tls_tickets_hold(old->tickets);

	for (size_t i = 0; i < new_server->count; i++)
		tls_tickets_use(shared, new_server->hosts[i].context);
	tls_tickets_release(&new_server->tickets);
	new_server->tickets = shared;
}

struct ssl_st *tls_server_session(struct tls_server *server)
{
	SSL *ssl;

	tls_errors_clear();
	ssl = SSL_new(server->hosts[0].context);
	if (!ssl)
		tls_errors_fail(FAILURE_RESOURCE, "TLS session");
	return ssl;
}
