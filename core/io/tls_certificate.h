/* Certificates and keys in PEM files, and the names they stand for. */
#ifndef RINGPOST_IO_TLS_CERTIFICATE_H
#define RINGPOST_IO_TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct evp_pkey_st;
struct x509_st;

/* The first certificate of PATH / its private key; NULL with FAILURE_FILE or
 * FAILURE_TLS, one sentence that names the file. */
struct x509_st *tls_certificate_read(const char *path);
struct evp_pkey_st *tls_key_read(const char *path);

/*
 * Appends its names as "a.example, *.b.example, 192.0.2.1", in lower case: the
 * alternative names; without any, the subject's common name.
 */
void tls_certificate_names(struct x509_st *certificate, struct buffer *names);
/* When it ends, milliseconds since 1970. */
long long tls_certificate_not_after_ms(struct x509_st *certificate);

#endif
