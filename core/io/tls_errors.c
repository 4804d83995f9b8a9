/* What OpenSSL complains of, as one failure in words an operator can use. */
#include "io/tls_errors.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tls_errors_clear(void)
{
	ERR_clear_error();
}

/* The reasons one meets in practice and whose own words mislead. */
static const char *plain_words(unsigned long error)
{
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return NULL;
	switch (ERR_GET_REASON(error)) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
		return "the peer does not speak TLS here";
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
		return "the peer's TLS version is too old";
	case SSL_R_NO_SHARED_CIPHER:
		return "no cipher in common";
	case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
		return "a record was changed or broken on its way";
	case SSL_R_NO_APPLICATION_PROTOCOL:
		return "the peer offered only other protocols (ALPN)";
	default:
		return NULL;
	}
}

static void describe(unsigned long error, char *text, size_t size)
{
	const char *reason = plain_words(error);

	if (reason) {
		snprintf(text, size, "%s", reason);
	} else if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
		   ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET) {
		snprintf(text, size, "the peer refused: %s",
			SSL_alert_desc_string_long(
				ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET));
	} else {
		reason = ERR_reason_error_string(error);
		if (reason)
			snprintf(text, size, "%s", reason);
		else
			snprintf(text, size, "OpenSSL error %#lx", error);
	}
}

bool tls_errors_fail(enum failure_kind kind, const char *format, ...)
{
	unsigned long error = ERR_peek_error();
	char what[160], why[128] = "";
	va_list list;

	va_start(list, format);
	vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	if (error)
		describe(error, why, sizeof(why));
	ERR_clear_error();
	return fail(kind, why[0] ? "%s: %s" : "%s%s", what, why);
}
