/* A certificate for one run, for sinks that were given none. */
#include "bench/certificate.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/random.h"

#define LIFE_S (30L * 24 * 3600)

static X509 *make(EVP_PKEY *key, const char *hostname);
static bool add_names(X509 *made, const char *hostname);
static bool write_files(
	const struct certificate *certificate, X509 *made, EVP_PKEY *key);

bool certificate_make(struct certificate *certificate, const char *hostname)
{
	EVP_PKEY *key;
	X509 *made;
	bool good;

	snprintf(certificate->folder, sizeof(certificate->folder),
		"/tmp/ringpost-bench-XXXXXX");
	if (!mkdtemp(certificate->folder)) {
		certificate->folder[0] = '\0';
		return fail_errno(
			FAILURE_FILE, errno, "no temporary folder for a certificate");
	}
	snprintf(certificate->certificate, sizeof(certificate->certificate),
		"%s/certificate.pem", certificate->folder);
	snprintf(certificate->key, sizeof(certificate->key), "%s/key.pem",
		certificate->folder);
	key = EVP_EC_gen("P-256");
	made = key ? make(key, hostname) : NULL;
	good = made && write_files(certificate, made, key);
	if (!good)
		fail(FAILURE_TLS, "no certificate could be made in %s",
			certificate->folder);
	X509_free(made);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

void certificate_remove(struct certificate *certificate)
{
	if (certificate->folder[0] == '\0')
		return;
	unlink(certificate->certificate);
	unlink(certificate->key);
	rmdir(certificate->folder);
	certificate->folder[0] = '\0';
}

static X509 *make(EVP_PKEY *key, const char *hostname)
{
	X509 *made = X509_new();
	X509_NAME *name = made ? X509_get_subject_name(made) : NULL;
	const unsigned char *common = (const unsigned char *)"ringpost-bench sink";

	if (name && X509_set_version(made, X509_VERSION_3) &&
		ASN1_INTEGER_set_uint64(
			X509_get_serialNumber(made), random_u64() >> 1) &&
		X509_gmtime_adj(X509_getm_notBefore(made), -3600) &&
		X509_gmtime_adj(X509_getm_notAfter(made), LIFE_S) &&
		X509_NAME_add_entry_by_txt(
			name, "CN", MBSTRING_ASC, common, -1, -1, 0) &&
		X509_set_issuer_name(made, name) && X509_set_pubkey(made, key) &&
		add_names(made, hostname) && X509_sign(made, key, EVP_sha256()) > 0)
		return made;
	X509_free(made);
	return NULL;
}

static bool add_names(X509 *made, const char *hostname)
{
	X509_EXTENSION *extension;
	char names[400];
	bool added;

	snprintf(names, sizeof(names), "DNS:localhost,IP:127.0.0.1,IP:::1,DNS:%.255s",
		hostname);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	added = extension && X509_add_ext(made, extension, -1);
	X509_EXTENSION_free(extension);
	return added;
}

static bool write_files(
	const struct certificate *certificate, X509 *made, EVP_PKEY *key)
{
	mode_t mask = umask(077);
	FILE *to = fopen(certificate->certificate, "we");
	bool good = to && PEM_write_X509(to, made);

	if (to)
		good = fclose(to) == 0 && good;
	to = fopen(certificate->key, "we");
	good = to && PEM_write_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) && good;
	if (to)
		good = fclose(to) == 0 && good;
	umask(mask);
	return good;
}
