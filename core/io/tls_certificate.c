/* Certificates and keys in PEM files, and the names they stand for. */
#include "io/tls_certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "io/tls.h"
#include "io/tls_errors.h"

/* Never asks a terminal for a passphrase. */
static int no_passphrase(char *text, int size, int for_writing, void *asked)
{
	*(bool *)asked = true;
	return -1;
}

static BIO *open_file(const char *path, const char *what)
{
	BIO *file;

	tls_errors_clear();
	errno = 0;
	file = BIO_new_file(path, "r");
	if (!file) {
		fail_errno(FAILURE_FILE, errno ? errno : EIO, "cannot read the %s %s",
			what, path);
		tls_errors_clear();
	}
	return file;
}

struct x509_st *tls_certificate_read(const char *path)
{
	BIO *file = open_file(path, "certificate");
	bool asked = false;
	X509 *certificate;

	if (!file)
		return NULL;
	certificate = PEM_read_bio_X509(file, NULL, no_passphrase, &asked);
	if (!certificate)
		fail(FAILURE_TLS, "%s holds no certificate in PEM form", path);
	tls_errors_clear();
	BIO_free(file);
	return certificate;
}

struct evp_pkey_st *tls_key_read(const char *path)
{
	BIO *file = open_file(path, "key");
	bool asked = false;
	EVP_PKEY *key;

	if (!file)
		return NULL;
	key = PEM_read_bio_PrivateKey(file, NULL, no_passphrase, &asked);
	if (!key && asked)
		fail(FAILURE_TLS,
			"the key %s is encrypted; take the passphrase off with "
			"\"openssl pkey -in … -out …\"",
			path);
	else if (!key)
		fail(FAILURE_TLS, "%s holds no private key in PEM form", path);
	tls_errors_clear();
	BIO_free(file);
	return key;
}

static void add_name(struct buffer *names, struct slice name)
{
	if (buffer_size(names))
		buffer_append(names, SLICE(", "));
	for (size_t i = 0; i < name.size; i++) {
		char c = ascii_lower(name.at[i]);

		buffer_append_byte(names, c > ' ' && c < 0x7f && c != ',' ? c : '?');
	}
}

static void add_string(struct buffer *names, const ASN1_STRING *string)
{
	add_name(names, slice_make(ASN1_STRING_get0_data(string),
				(size_t)ASN1_STRING_length(string)));
}

static void add_address(struct buffer *names, const ASN1_OCTET_STRING *address)
{
	int size = ASN1_STRING_length(address);
	char text[INET6_ADDRSTRLEN];

	if (size == 4 || size == 16) {
		inet_ntop(size == 4 ? AF_INET : AF_INET6,
			ASN1_STRING_get0_data(address), text, sizeof(text));
		add_name(names, slice_of(text));
	}
}

static void add_common_name(struct buffer *names, X509 *certificate)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	if (at >= 0)
		add_string(names,
			X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

void tls_certificate_names(struct x509_st *certificate, struct buffer *names)
{
	GENERAL_NAMES *all;
	size_t before = buffer_size(names);

	tls_errors_clear();
	all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);

		if (name->type == GEN_DNS)
			add_string(names, name->d.dNSName);
		else if (name->type == GEN_IPADD)
			add_address(names, name->d.iPAddress);
	}
	GENERAL_NAMES_free(all);
	if (buffer_size(names) == before)
		add_common_name(names, certificate);
	tls_errors_clear();
}

long long tls_certificate_not_after_ms(struct x509_st *certificate)
{
	struct tm end;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end))
		return 0;
	return (long long)timegm(&end) * 1000;
}

bool tls_certificate_facts(
	const char *path, char *names, size_t names_size, long long *not_after_ms_r)
{
	X509 *certificate = tls_certificate_read(path);
	struct buffer all = {0};
	struct slice fitting;

	if (!certificate)
		return false;
	tls_certificate_names(certificate, &all);
	fitting = slice_part(buffer_contents(&all), 0, names_size - 1);
	if (fitting.size)
		memcpy(names, fitting.at, fitting.size);
	names[fitting.size] = '\0';
	*not_after_ms_r = tls_certificate_not_after_ms(certificate);
	buffer_finish(&all);
	X509_free(certificate);
	return true;
}
