/*
 * DANE (RFC 6698, 7671) by OpenSSL's own verification: which records can be
 * used, and handing them over with the names they hold for.
 *
 * DANE-EE(3) binds the name through DNS, so neither names nor dates of the
 * certificate matter (RFC 7672 3.1.1); DANE-TA(2) needs a chain that is in
 * order and one of the names (3.1.2). The digest that is strongest of those
 * published is the one that counts (RFC 7671 9).
 */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "io/tls.h"
#include "io/tls_errors.h"
#include "io/tls_layer.h"

enum { USAGE_TA = 2, USAGE_EE = 3 };
enum { SELECTOR_CERTIFICATE, SELECTOR_KEY };
enum { MATCHING_FULL, MATCHING_SHA256, MATCHING_SHA512 };

/* The whole certificate, or its key, in DER and nothing behind it. */
static bool is_der(const struct tls_tlsa *record)
{
	const unsigned char *at = (const unsigned char *)record->data.at;
	const unsigned char *end = at + record->data.size;
	bool good;

	tls_errors_clear();
	if (record->selector == SELECTOR_CERTIFICATE) {
		X509 *certificate = d2i_X509(NULL, &at, (long)record->data.size);

		good = certificate && X509_get0_pubkey(certificate);
		X509_free(certificate);
	} else {
		EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)record->data.size);

		good = key != NULL;
		EVP_PKEY_free(key);
	}
	tls_errors_clear();
	return good && at == end;
}

bool tls_tlsa_is_usable(const struct tls_tlsa *record)
{
	if ((record->usage != USAGE_TA && record->usage != USAGE_EE) ||
		record->selector > SELECTOR_KEY)
		return false;
	switch (record->matching) {
	case MATCHING_FULL:
		return record->data.size && is_der(record);
	case MATCHING_SHA256:
		return record->data.size == 32;
	case MATCHING_SHA512:
		return record->data.size == 64;
	default:
		return false;
	}
}

bool tls_dane_begin(struct ssl_st *ssl, const struct tls_target *target)
{
	bool usable = false;

	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
				       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	/* Also sends the name (RFC 7672 8.1). */
	if (SSL_dane_enable(ssl, target->name) <= 0)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(target->other_names); i++)
		if (target->other_names[i] &&
			!SSL_add1_host(ssl, target->other_names[i]))
			return false;
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < target->tlsa_count; i++) {
		const struct tls_tlsa *record = &target->tlsa[i];

		if (tls_tlsa_is_usable(record) &&
			SSL_dane_tlsa_add(ssl, record->usage, record->selector,
				record->matching,
				(const unsigned char *)record->data.at,
				record->data.size) > 0)
			usable = true;
	}
	tls_errors_clear();
	return usable;
}

/* In their order: another order is a session that is not resumed, no more. */
void tls_dane_print(const struct tls_target *target, struct buffer *text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!target->verify || !target->tlsa_count)
		return;
	for (size_t i = 0; i < ARRAY_COUNT(target->other_names); i++)
		if (target->other_names[i])
			buffer_append_format(text, "%s ", target->other_names[i]);
	for (size_t i = 0; i < target->tlsa_count; i++) {
		const struct tls_tlsa *record = &target->tlsa[i];

		if (!EVP_Digest(record->data.at, record->data.size, digest, &size,
			    EVP_sha256(), NULL))
			size = 0;
		buffer_append_format(text, "\n%d%d%d ", record->usage, record->selector,
			record->matching);
		for (unsigned j = 0; j < size; j++)
			buffer_append_format(text, "%02x", digest[j]);
	}
}
