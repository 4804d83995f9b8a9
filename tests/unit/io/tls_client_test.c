/* The client's side of TLS: who is believed, who is talked to all the same, and
 * sessions kept to be resumed. */
#include <openssl/ssl.h>

#include "../clock_virtual.h"
#include "base/memory.h"
#include "check.h"
#include "io/tls_layer.h"
#include "io/tls_sessions.h"
#include "material.h"
#include "meeting.h"

static void make_material(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	material_make(&(struct material_wish){.name = "root", .authority = true});
	material_make(&(struct material_wish){.name = "other-root", .authority = true});
	material_make(&(struct material_wish){.name = "good",
		.names =
			"DNS:mx.example,DNS:*.wild.example,IP:192.0.2.1,IP:2001:db8::1,"
			"DNS:xn--bcher-kva.example",
		.issuer = "root"});
	material_make(&(struct material_wish){.name = "mx.example", .issuer = "root"});
	material_make(&(struct material_wish){.name = "expired",
		.names = "DNS:mx.example",
		.issuer = "root",
		.from_s = -864000,
		.until_s = -86400});
	material_make(&(struct material_wish){.name = "early",
		.names = "DNS:mx.example",
		.issuer = "root",
		.from_s = 86400,
		.until_s = 864000});
	material_make(&(struct material_wish){
		.name = "stranger", .names = "DNS:mx.example", .issuer = "other-root"});
	material_make(
		&(struct material_wish){.name = "alone", .names = "DNS:mx.example"});
	material_make(&(struct material_wish){.name = "weak",
		.names = "DNS:mx.example",
		.issuer = "root",
		.key = MATERIAL_RSA_1024});
}

static struct tls_pair pair_of(const char *name)
{
	return (struct tls_pair){
		material_path(name, "pem"), material_path(name, "key")};
}

/* A client that trusts "root". */
static void prepare(
	struct meeting *m, const char *served, const char *name, bool verify)
{
	struct tls_pair pair;
	size_t which;

	make_material();
	pair = pair_of(served);
	*m = (struct meeting){
		.server = tls_server_create(&pair, 1, "1.2", NULL, &which),
		.client = tls_client_create(material_path("root", "pem"), "1.2"),
		.target = {.name = name, .verify = verify},
	};
	scope_init(&m->scope);
	CHECK(m->server && m->client);
}

static void clean(struct meeting *m)
{
	part(m);
	tls_server_release(&m->server);
	tls_client_release(&m->client);
}

FIBER_CASE("who is believed, and why not")
{
	static const struct {
		const char *served, *name, *failure; /* NULL: believed */
	} table[] = {
		{"good", "mx.example", NULL},
		{"good", "MX.Example", NULL},
		{"good", "a.wild.example", NULL},
		{"good", "192.0.2.1", NULL},
		{"good", "2001:db8::1", NULL},
		{"good", "xn--bcher-kva.example", NULL},
		{"good", "b\303\274cher.example",
			"name mismatch: the certificate is for mx"},
		{"good", "a.b.wild.example",
			"name mismatch: the certificate is for mx.example, "},
		{"good", "wild.example", "name mismatch"},
		{"good", "mx.example.evil.example", "name mismatch"},
		{"good", "192.0.2.2", "name mismatch"},
		{"mx.example", "mx.example",
			"name mismatch: the certificate is for mx.example"},
		{"expired", "mx.example", "the certificate has expired on 20"},
		{"early", "mx.example", "not trusted: certificate is not yet valid"},
		{"stranger", "mx.example", "not trusted: unable to get local issuer"},
		{"alone", "mx.example", "not trusted: self-signed certificate"},
		{"good", "", "no name to verify the certificate by"},
	};

	for (int old = 0; old < 2; old++)
		for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
			struct meeting m;

			prepare(&m, table[i].served, table[i].name, true);
			if (old)
				at_most_1_2(&m);
			meet(&m);
			if (!table[i].failure) {
				CHECK(m.client_end != NULL);
				if (m.client_end) {
					CHECK(stream_facts(m.client_end)->tls_verified);
					CHECK_SLICE(slice_of(stream_facts(m.client_end)
								     ->tls_name),
						table[i].name);
				}
			} else {
				CHECK(!m.client_end);
				CHECK_NUMBER(m.client_failure.kind, FAILURE_TLS);
				if (!strstr(m.client_failure.text, table[i].failure))
					CHECK_SLICE(slice_of(m.client_failure.text),
						table[i].failure);
			}
			clean(&m);
		}
}

FIBER_CASE("without verification everyone is talked to, and facts tell them apart")
{
	static const struct {
		const char *served;
		bool verified;
	} table[] = {
		{"good", true},
		{"mx.example", false},
		{"expired", false},
		{"early", false},
		{"stranger", false},
		{"alone", false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct meeting m;

		prepare(&m, table[i].served, "mx.example", false);
		meet(&m);
		if (CHECK(m.client_end != NULL)) {
			CHECK(stream_facts(m.client_end)->tls_verified ==
				table[i].verified);
			CHECK(says(m.client_end, m.server_end, "EHLO"));
		}
		clean(&m);
	}
}

/* The peer of ten years ago. */
static void weaken(struct meeting *m)
{
	SSL *ssl = tls_server_session(m->server);
	SSL_CTX *context = SSL_get_SSL_CTX(ssl);

	SSL_CTX_set_security_level(context, 0);
	CHECK(SSL_CTX_use_certificate_chain_file(
		      context, material_path("weak", "pem")) == 1);
	CHECK(SSL_CTX_use_PrivateKey_file(
		      context, material_path("weak", "key"), SSL_FILETYPE_PEM) == 1);
	CHECK(SSL_CTX_set1_sigalgs_list(context, "RSA+SHA1:RSA-PSS+SHA256") == 1);
	SSL_free(ssl);
}

FIBER_CASE("a weak old peer: not verified, but encrypted to where that is enough")
{
	for (int verify = 0; verify < 2; verify++) {
		struct meeting m;

		prepare(&m, "good", "mx.example", verify);
		at_most_1_2(&m);
		weaken(&m);
		meet(&m);
		CHECK((m.client_end != NULL) == !verify);
		if (verify)
			CHECK_NUMBER(m.client_failure.kind, FAILURE_TLS);
		clean(&m);
	}
}

FIBER_CASE("a session that was not verified does not stand in for one that is")
{
	struct meeting m;

	prepare(&m, "alone", "mx.example", false);
	m.target.session_key = "site";
	for (int i = 0; i < 2; i++) {
		meet(&m);
		CHECK(says(m.server_end, m.client_end, "250"));
		CHECK(stream_facts(m.client_end)->tls_resumed == i);
		part(&m);
	}
	m.target.verify = true;
	meet(&m);
	CHECK(!m.client_end);
	part(&m);
	m.target.verify = false;
	m.target.name = "other.example";
	meet(&m);
	CHECK(!stream_facts(m.client_end)->tls_resumed);
	clean(&m);
}

FIBER_CASE("verified sessions are resumed as verified")
{
	for (int old = 0; old < 2; old++) {
		struct meeting m;

		prepare(&m, "good", "mx.example", true);
		if (old)
			at_most_1_2(&m);
		for (int i = 0; i < 3; i++) {
			meet(&m);
			CHECK(says(m.server_end, m.client_end, "250"));
			CHECK(stream_facts(m.client_end)->tls_resumed == (i > 0));
			CHECK(stream_facts(m.client_end)->tls_verified);
			part(&m);
		}
		clean(&m);
	}
}

CASE("a client that cannot be made")
{
	make_material();
	CHECK(!tls_client_create("/nowhere/ca.pem", "1.2"));
	CHECK_NUMBER(failure_kind_last(), FAILURE_FILE);
	CHECK_SLICE(slice_of(failure_last()->text),
		"cannot read the CA certificates /nowhere/ca.pem: No such file or "
		"directory");
	CHECK(!tls_client_create(material_path("root", "key"), "1.2"));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TLS);
	CHECK(strstr(failure_last()->text, "root.key holds no certificates") != NULL);
}

/* ---- The sessions kept ---- */

static SSL_SESSION *make_session(int version, unsigned char mark)
{
	SSL_SESSION *session = SSL_SESSION_new();
	static const unsigned char aes_1_3[] = {0x13, 0x01}, aes_1_2[] = {0xc0, 0x2f};
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);
	unsigned char secret[32] = {mark}, id[32] = {mark};
	const SSL_CIPHER *cipher = SSL_CIPHER_find(
		ssl, version == TLS1_3_VERSION ? aes_1_3 : aes_1_2);

	CHECK(SSL_SESSION_set_protocol_version(session, version));
	CHECK(SSL_SESSION_set_cipher(session, cipher));
	CHECK(SSL_SESSION_set1_master_key(session, secret, sizeof(secret)));
	CHECK(SSL_SESSION_set1_id(session, id, sizeof(id)));
	SSL_SESSION_set_timeout(session, 3600);
	SSL_free(ssl);
	SSL_CTX_free(context);
	return session;
}

static void put(
	struct tls_sessions *sessions, const char *key, int version, unsigned char mark)
{
	SSL_SESSION *session = make_session(version, mark);

	tls_sessions_put(sessions, slice_of(key), session);
	SSL_SESSION_free(session);
}

/* The mark of the session taken, 0: none. */
static unsigned take(struct tls_sessions *sessions, const char *key)
{
	SSL_SESSION *session = tls_sessions_take(sessions, slice_of(key));
	unsigned char secret[32] = {0};

	if (session)
		SSL_SESSION_get_master_key(session, secret, sizeof(secret));
	SSL_SESSION_free(session);
	return secret[0];
}

CASE("one of TLS 1.3 is given out once, newest first; one of 1.2 again and again")
{
	struct tls_sessions *sessions = tls_sessions_create(TLS_SESSIONS_BYTES_MAX);

	CHECK_NUMBER(take(sessions, "a"), 0);
	for (unsigned char i = 1; i <= 12; i++)
		put(sessions, "a", TLS1_3_VERSION, i);
	put(sessions, "b", TLS1_3_VERSION, 99);
	CHECK_NUMBER(tls_sessions_figures(sessions).count, TLS_SESSIONS_KEY_MAX + 1);
	for (unsigned i = 12; i > 12 - TLS_SESSIONS_KEY_MAX; i--)
		CHECK_NUMBER(take(sessions, "a"), i);
	CHECK_NUMBER(take(sessions, "a"), 0);
	CHECK_NUMBER(take(sessions, "b"), 99);
	CHECK_NUMBER(tls_sessions_figures(sessions).count, 0);
	CHECK_NUMBER(tls_sessions_figures(sessions).bytes, 0);

	put(sessions, "a", TLS1_2_VERSION, 1);
	put(sessions, "a", TLS1_2_VERSION, 2);
	CHECK_NUMBER(take(sessions, "a"), 2);
	CHECK_NUMBER(take(sessions, "a"), 2);
	CHECK_NUMBER(tls_sessions_figures(sessions).count, 1);
	tls_sessions_forget(sessions, SLICE("a"));
	tls_sessions_forget(sessions, SLICE("a"));
	CHECK_NUMBER(take(sessions, "a"), 0);
	tls_sessions_destroy(&sessions);
	CHECK(!sessions);
}

CASE("sessions are bounded in bytes, the least recently used go, and all in time")
{
	struct tls_sessions *sessions;
	char key[10];
	size_t each;

	sessions = tls_sessions_create(TLS_SESSIONS_BYTES_MAX);
	put(sessions, "x", TLS1_2_VERSION, 1);
	each = tls_sessions_figures(sessions).bytes;
	tls_sessions_destroy(&sessions);

	sessions = tls_sessions_create(10 * each + each / 2);
	for (unsigned char i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "%u", i);
		put(sessions, key, TLS1_2_VERSION, (unsigned char)(i + 1));
		CHECK_NUMBER(take(sessions, "0"), 1);
	}
	CHECK_NUMBER(tls_sessions_figures(sessions).count, 10);
	CHECK(tls_sessions_figures(sessions).bytes <= 10 * each + each / 2);
	CHECK_NUMBER(take(sessions, "20"), 0);
	CHECK_NUMBER(take(sessions, "21"), 22);
	clock_virtual_advance_us(INT64_C(3599) * 1000000);
	CHECK_NUMBER(take(sessions, "21"), 22);
	clock_virtual_advance_us(INT64_C(2) * 1000000);
	CHECK_NUMBER(take(sessions, "21"), 0);
	tls_sessions_destroy(&sessions);
}

CHECK_MAIN()
