/* Channel bindings: what ties a login to this very TLS session (RFC 5056). */
#include <openssl/ssl.h>
#include <string.h>

#include "io/tls.h"
#include "io/tls_errors.h"
#include "io/tls_layer.h"

#define BINDING_MAX   64
#define EXPORTER_SIZE 32

bool tls_is_1_3(struct stream *stream)
{
	struct tls *tls = tls_of(stream);

	return tls && SSL_version(tls->ssl) >= TLS1_3_VERSION;
}

/* RFC 9266 2 and 4.2: under 1.2 only where the master secret is bound to the
 * handshake (RFC 7627). */
static bool export(struct tls *tls, char *bytes, size_t *size_r)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	bool done;

	if (!tls_is_1_3(&tls->stream) && SSL_get_extms_support(tls->ssl) != 1)
		return false;
	tls_errors_clear();
	done = SSL_export_keying_material(tls->ssl, (unsigned char *)bytes,
		       EXPORTER_SIZE, label, sizeof(label) - 1,
		       (const unsigned char *)"", 0, 1) == 1;
	tls_errors_clear();
	if (done)
		*size_r = EXPORTER_SIZE;
	return done;
}

/* RFC 5929 3.1: the first Finished of the handshake, the client's unless it
 * was a resumption. 1.3 has none. */
static bool unique(struct tls *tls, char *bytes, size_t *size_r)
{
	bool ours = SSL_is_server(tls->ssl) == SSL_session_reused(tls->ssl);
	size_t size;

	if (tls_is_1_3(&tls->stream))
		return false;
	size = ours ? SSL_get_finished(tls->ssl, bytes, BINDING_MAX)
		    : SSL_get_peer_finished(tls->ssl, bytes, BINDING_MAX);
	if (size == 0 || size > BINDING_MAX)
		return false;
	*size_r = size;
	return true;
}

bool tls_channel_binding(
	struct stream *stream, bool exporter, char *bytes, size_t *size_r)
{
	struct tls *tls = tls_of(stream);

	if (!tls)
		return false;
	return exporter ? export(tls, bytes, size_r) : unique(tls, bytes, size_r);
}
