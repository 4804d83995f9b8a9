/* Certificates and keys for tests, made with OpenSSL. */
#include "material.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATHS_MAX 200

static char folder[] = "/tmp/ringpost-material-XXXXXX";
static char *paths[PATHS_MAX];
static size_t path_count;

static void clean_up(void)
{
	for (size_t i = 0; i < path_count; i++) {
		unlink(paths[i]);
		free(paths[i]);
	}
	rmdir(folder);
}

const char *material_path(const char *name, const char *suffix)
{
	char *path;

	if (path_count == 0) {
		assert(mkdtemp(folder));
		atexit(clean_up);
	}
	assert(asprintf(&path, "%s/%s.%s", folder, name, suffix) > 0);
	for (size_t i = 0; i < path_count; i++)
		if (strcmp(paths[i], path) == 0) {
			free(path);
			return paths[i];
		}
	assert(path_count < PATHS_MAX);
	return paths[path_count++] = path;
}

const char *material_write(const char *name, const char *suffix, const char *text)
{
	const char *path = material_path(name, suffix);
	FILE *file = fopen(path, "w");

	assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
	return path;
}

static EVP_PKEY *make_key(enum material_key kind)
{
	switch (kind) {
	case MATERIAL_RSA:
		return EVP_RSA_gen(2048);
	case MATERIAL_RSA_1024:
		return EVP_RSA_gen(1024);
	case MATERIAL_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return EVP_EC_gen("P-256");
	}
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert(extension && X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static void *read_file(const char *name, const char *suffix)
{
	FILE *file = fopen(material_path(name, suffix), "r");
	void *read;

	assert(file);
	read = suffix[0] == 'p' ? (void *)PEM_read_X509(file, NULL, NULL, NULL)
				: (void *)PEM_read_PrivateKey(file, NULL, NULL, NULL);
	assert(read);
	fclose(file);
	return read;
}

static void write_files(const char *name, X509 *certificate, EVP_PKEY *key)
{
	FILE *file = fopen(material_path(name, "pem"), "w");

	assert(file && PEM_write_X509(file, certificate) && fclose(file) == 0);
	file = fopen(material_path(name, "key"), "w");
	assert(file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	assert(fclose(file) == 0);
}

void material_make(const struct material_wish *wish)
{
	static long serial = 1;
	EVP_PKEY *key = make_key(wish->key);
	X509 *certificate = X509_new();
	X509 *issuer = wish->issuer ? read_file(wish->issuer, "pem") : certificate;
	EVP_PKEY *issuer_key = wish->issuer ? read_file(wish->issuer, "key") : key;
	bool forever = wish->from_s == 0 && wish->until_s == 0;
	bool edwards = EVP_PKEY_get_base_id(issuer_key) == EVP_PKEY_ED25519;

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
	X509_gmtime_adj(
		X509_getm_notBefore(certificate), forever ? -86400 : wish->from_s);
	X509_gmtime_adj(
		X509_getm_notAfter(certificate), forever ? 86400 : wish->until_s);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
		MBSTRING_ASC, (const unsigned char *)wish->name, -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	add_extension(certificate, issuer, NID_basic_constraints,
		wish->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (wish->names)
		add_extension(certificate, issuer, NID_subject_alt_name, wish->names);
	assert(X509_sign(certificate, issuer_key, edwards ? NULL : EVP_sha256()));
	write_files(wish->name, certificate, key);
	if (wish->issuer) {
		X509_free(issuer);
		EVP_PKEY_free(issuer_key);
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
}
