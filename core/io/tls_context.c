/* What every TLS context of ours has in common. */
#include <openssl/ssl.h>
#include <string.h>

#include "io/tls_errors.h"
#include "io/tls_layer.h"

/*
 * Forward secrecy and 1.2 as the floor. AEAD first; CBC suites stay for mail
 * clients and servers of the last decade. Static RSA, anonymous, export and
 * NULL suites are out at every security level. DHE is for old peers only: as a
 * server we have no parameters for it, because it costs us milliseconds.
 */
#define CIPHERS                                                          \
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:" \
	"DHE+AES:!aNULL:!eNULL:!aDSS:!PSK:!SRP"

bool tls_context_harden(struct ssl_ctx_st *context, const char *minimum)
{
	int lowest = strcmp(minimum, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;

	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					     SSL_OP_CIPHER_SERVER_PREFERENCE |
					     SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_security_level(context, 2);
	if (!SSL_CTX_set_min_proto_version(context, lowest) ||
		!SSL_CTX_set_max_proto_version(context, 0) ||
		!SSL_CTX_set_cipher_list(context, CIPHERS))
		return tls_errors_fail(FAILURE_TLS, "TLS context");
	return true;
}
