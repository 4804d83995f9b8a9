/* Who the other side of TLS says it is: for people who look into trouble. */
#ifndef RINGPOST_IO_TLS_PEER_H
#define RINGPOST_IO_TLS_PEER_H

#include "base/arena.h"
#include "io/stream.h"

#define TLS_PEER_CERTIFICATES_MAX 10

struct tls_peer_certificate {
	struct slice subject, issuer; /* "CN=mx.example.com, O=…" */
	struct slice names;	      /* "mx.example.com, *.example.com" */
	struct slice key;	      /* "EC 256" */
	long long not_before_ms, not_after_ms;
	struct slice sha256, key_sha256; /* hexadecimal; as in TLSA x 0 1, x 1 1 */
};

struct tls_peer {
	struct slice group; /* of the key exchange: "x25519"; empty: none */
	struct tls_peer_certificate certificates[TLS_PEER_CERTIFICATES_MAX];
	size_t count; /* its own comes first */
};

/* False: not TLS. Texts in ARENA. */
bool tls_peer_describe(
	struct stream *stream, struct arena *arena, struct tls_peer *peer_r);

#endif
