/* The peer's certificates and the group of the key exchange, in words. */
#include "io/tls_peer.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/buffer.h"
#include "io/tls_certificate.h"
#include "io/tls_errors.h"
#include "io/tls_layer.h"

static struct slice print_name(struct arena *arena, const X509_NAME *name)
{
	BIO *memory = BIO_new(BIO_s_mem());
	struct slice text = SLICE_EMPTY;
	char *at = NULL;
	long size;

	if (!memory)
		return text;
	X509_NAME_print_ex(memory, name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ);
	size = BIO_get_mem_data(memory, &at);
	if (size > 0)
		text = arena_copy(arena, slice_make(at, (size_t)size));
	BIO_free(memory);
	return text;
}

static struct slice print_digest(
	struct arena *arena, const unsigned char *der, int size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned bytes = 0;
	char *text;

	if (size <= 0 || !der ||
		!EVP_Digest(der, (size_t)size, digest, &bytes, EVP_sha256(), NULL))
		return SLICE_EMPTY;
	text = arena_take(arena, 2 * bytes + 1);
	for (unsigned i = 0; i < bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return slice_make(text, 2 * bytes);
}

static long long to_ms(const ASN1_TIME *time)
{
	struct tm when;

	return ASN1_TIME_to_tm(time, &when) ? (long long)timegm(&when) * 1000 : 0;
}

static void describe(
	X509 *certificate, struct arena *arena, struct tls_peer_certificate *into)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	struct buffer names = {0};
	unsigned char *der = NULL;
	int size = i2d_X509(certificate, &der);

	into->sha256 = print_digest(arena, der, size);
	OPENSSL_free(der);
	der = NULL;
	size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	into->key_sha256 = print_digest(arena, der, size);
	OPENSSL_free(der);
	into->subject = print_name(arena, X509_get_subject_name(certificate));
	into->issuer = print_name(arena, X509_get_issuer_name(certificate));
	tls_certificate_names(certificate, &names);
	into->names = arena_copy(arena, buffer_contents(&names));
	buffer_finish(&names);
	into->not_before_ms = to_ms(X509_get0_notBefore(certificate));
	into->not_after_ms = to_ms(X509_get0_notAfter(certificate));
	if (key)
		into->key = arena_format(arena, "%s %d", EVP_PKEY_get0_type_name(key),
			EVP_PKEY_get_bits(key));
}

static struct slice group_of(SSL *ssl, struct arena *arena)
{
	int id = (int)SSL_get_negotiated_group(ssl);
	const char *name = id > 0 ? SSL_group_to_name(ssl, id) : NULL;

	return name ? arena_copy(arena, slice_of(name)) : SLICE_EMPTY;
}

bool tls_peer_describe(
	struct stream *stream, struct arena *arena, struct tls_peer *peer_r)
{
	struct tls *tls = tls_of(stream);
	STACK_OF(X509) * chain;

	if (!tls)
		return false;
	*peer_r = (struct tls_peer){.group = group_of(tls->ssl, arena)};
	chain = SSL_get_peer_cert_chain(tls->ssl);
	for (int i = 0; i < sk_X509_num(chain) && i < TLS_PEER_CERTIFICATES_MAX; i++)
		describe(sk_X509_value(chain, i), arena,
			&peer_r->certificates[peer_r->count++]);
	tls_errors_clear();
	return true;
}
