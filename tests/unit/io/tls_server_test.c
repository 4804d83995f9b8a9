/* The server's side of TLS: certificates by name, ALPN, tickets and their keys,
 * and what is wrong with files. */
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/memory.h"
#include "check.h"
#include "io/tls_layer.h"
#include "io/tls_tickets.h"
#include "material.h"
#include "meeting.h"

#define HOUR_MS (INT64_C(3600) * 1000)

static struct tls_pair pair_of(const char *name)
{
	return (struct tls_pair){
		material_path(name, "pem"), material_path(name, "key")};
}

static void make_material(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	material_make(
		&(struct material_wish){.name = "first", .names = "DNS:one.example"});
	material_make(&(struct material_wish){
		.name = "second", .names = "DNS:two.example,DNS:*.Two.example"});
	material_make(&(struct material_wish){
		.name = "third", .names = "DNS:mx.two.example,DNS:*.three.example"});
	material_make(&(struct material_wish){.name = "cn.example"});
	material_make(&(struct material_wish){
		.name = "both-rsa", .names = "DNS:both.example", .key = MATERIAL_RSA});
	material_make(&(struct material_wish){
		.name = "both-ec", .names = "DNS:both.example"});
}

static void prepare(struct meeting *m, const char *alpn)
{
	struct tls_pair pairs[6];
	size_t which;

	make_material();
	pairs[0] = pair_of("first");
	pairs[1] = pair_of("second");
	pairs[2] = pair_of("third");
	pairs[3] = pair_of("cn.example");
	pairs[4] = pair_of("both-rsa");
	pairs[5] = pair_of("both-ec");
	*m = (struct meeting){
		.server = tls_server_create(pairs, 6, "1.2", alpn, &which),
		.client = tls_client_create(NULL, "1.2"),
		.target = {.name = "one.example"},
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

FIBER_CASE("the certificate is chosen by the name asked for (RFC 6066 3)")
{
	static const struct {
		const char *asked, *served;
	} table[] = {
		{"one.example", "one.example"},
		{"ONE.Example", "one.example"},
		{"two.example", "two.example, *.two.example"},
		{"a.two.example", "two.example, *.two.example"},
		{"mx.two.example", "mx.two.example, *.three.example"},
		{"a.b.two.example", "one.example"},
		{"x.three.example", "mx.two.example, *.three.example"},
		{"three.example", "one.example"},
		{"cn.example", "cn.example"},
		{"unknown.example", "one.example"},
		{"example", "one.example"},
		{"192.0.2.1", "one.example"},
		{"", "one.example"},
	};
	struct meeting m;
	char text[200];

	for (int old = 0; old < 2; old++)
		for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
			prepare(&m, NULL);
			m.target.name = table[i].asked;
			if (old)
				at_most_1_2(&m);
			meet(&m);
			if (CHECK(m.client_end && m.server_end)) {
				CHECK_SLICE(names_served(&m, text), table[i].served);
				CHECK_SLICE(
					slice_of(stream_facts(m.server_end)->tls_name),
					table[i].asked[0] == '1' ? "" : table[i].asked);
				CHECK(!stream_facts(m.client_end)->tls_verified);
				CHECK_SLICE(
					slice_of(stream_facts(m.client_end)->tls_name),
					"");
			}
			clean(&m);
		}
}

FIBER_CASE("two kinds of key for the same names: the client's wishes decide")
{
	struct meeting m;

	for (int rsa = 0; rsa < 2; rsa++) {
		struct tls probe = {0};

		prepare(&m, NULL);
		m.target.name = "both.example";
		probe.client = m.client;
		CHECK(tls_client_session(&probe, &m.target));
		SSL_CTX_set1_sigalgs_list(SSL_get_SSL_CTX(probe.ssl),
			rsa ? "RSA-PSS+SHA256:RSA+SHA256" : "ECDSA+SHA256");
		SSL_free(probe.ssl);
		memory_free(probe.session_key);
		meet(&m);
		if (CHECK(m.client_end && m.server_end))
			CHECK(served_rsa(&m) == rsa);
		clean(&m);
	}
}

FIBER_CASE("ALPN: ours is chosen, none is fine, only others is refused (RFC 7301 3.2)")
{
	static const struct {
		const char *server, *client;
		bool accepted;
	} table[] = {
		{"smtp", "smtp", true},
		{"smtp", NULL, true},
		{"smtp", "imap", false},
		{"smtp", "smtpx", false},
		{NULL, "imap", true},
		{"http/1.1", "http/1.1", true},
	};
	struct meeting m;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		prepare(&m, table[i].server);
		m.target.alpn = table[i].client;
		meet(&m);
		if (table[i].accepted) {
			CHECK(m.client_end && m.server_end);
		} else {
			CHECK(!m.client_end && !m.server_end);
			CHECK_NUMBER(m.server_failure.kind, FAILURE_TLS);
			CHECK_SLICE(slice_of(m.server_failure.text),
				"TLS handshake: the peer offered only other protocols "
				"(ALPN)");
			CHECK_SLICE(slice_of(m.client_failure.text),
				"TLS handshake: the peer refused: no application "
				"protocol");
		}
		clean(&m);
	}
}

/* A session with a word each way; whether it was resumed, at both ends. */
static bool resumed(struct meeting *m)
{
	bool was = false;

	meet(m);
	if (CHECK(m->client_end && m->server_end) &&
		CHECK(says(m->client_end, m->server_end, "EHLO")) &&
		CHECK(says(m->server_end, m->client_end, "250"))) {
		was = stream_facts(m->client_end)->tls_resumed;
		CHECK(stream_facts(m->server_end)->tls_resumed == was);
	}
	part(m);
	return was;
}

/* The same server again, as a reload makes it. */
static void reload(struct meeting *m, bool share, bool old)
{
	struct meeting next;

	prepare(&next, NULL);
	if (share)
		tls_server_share_tickets(next.server, m->server);
	tls_server_release(&m->server);
	tls_client_release(&next.client);
	m->server = next.server;
	if (old)
		at_most_1_2(m);
}

FIBER_CASE("sessions are resumed, also after a reload, and not by a stranger")
{
	for (int old = 0; old < 2; old++) {
		struct meeting m;

		prepare(&m, NULL);
		if (old)
			at_most_1_2(&m);
		CHECK(!resumed(&m));
		CHECK(resumed(&m));
		CHECK(resumed(&m));
		reload(&m, true, old);
		CHECK(resumed(&m));
		reload(&m, true, old);
		reload(&m, true, old);
		CHECK(resumed(&m));
		m.target.name = "a.two.example";
		CHECK(!resumed(&m));
		CHECK(resumed(&m));
		reload(&m, false, old);
		CHECK(!resumed(&m));
		CHECK(resumed(&m));
		clean(&m);
	}
}

FIBER_CASE("ticket keys are renewed, the one before still opens")
{
	for (int old = 0; old < 2; old++) {
		struct meeting m;

		prepare(&m, NULL);
		if (old)
			at_most_1_2(&m);
		fiber_sleep(deadline_after_ms(HOUR_MS * 3 / 2));
		CHECK(!resumed(&m));
		/* By the key before; it comes with a new ticket. */
		fiber_sleep(deadline_after_ms(HOUR_MS));
		CHECK(resumed(&m));
		/* Under 1.2 a client of ours stays with its first for two hours. */
		fiber_sleep(deadline_after_ms(HOUR_MS * 3 / 2));
		CHECK(resumed(&m) == !old);
		/* Both keys are gone, and so is the client's session. */
		fiber_sleep(deadline_after_ms(5 * HOUR_MS));
		CHECK(!resumed(&m));
		CHECK(resumed(&m));
		clean(&m);
	}
}

/* ---- Files ---- */

static void check_refused(const char *certificate, const char *key,
	enum failure_kind kind, const char *text)
{
	struct tls_pair pairs[2];
	struct tls_server *server;
	size_t which = 7;

	make_material();
	pairs[0] = pair_of("first");
	pairs[1] = (struct tls_pair){certificate, key};
	server = tls_server_create(pairs, 2, "1.2", NULL, &which);
	CHECK(!server);
	CHECK_NUMBER(which, 1);
	CHECK_NUMBER(failure_kind_last(), kind);
	if (!strstr(failure_last()->text, text))
		CHECK_SLICE(slice_of(failure_last()->text), text);
	tls_server_release(&server);
}

static void encrypt_key(const char *from, const char *to)
{
	FILE *file = fopen(from, "r");
	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

	fclose(file);
	file = fopen(to, "w");
	CHECK(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(),
		(const unsigned char *)"secret", 6, NULL, NULL));
	fclose(file);
	EVP_PKEY_free(key);
}

CASE("files that cannot serve are named, with what is wrong")
{
	make_material();
	const char *good = material_path("second", "pem");
	const char *key = material_path("second", "key");
	const char *locked = material_path("locked", "key");
	const char *empty = material_write("empty", "pem", "");

	check_refused("/nowhere/x.pem", key, FAILURE_FILE,
		"cannot read the certificate /nowhere/x.pem: No such file or "
		"directory");
	check_refused(good, "/nowhere/x.key", FAILURE_FILE,
		"cannot read the key /nowhere/x.key: No such file or directory");
	check_refused(
		empty, key, FAILURE_TLS, "empty.pem holds no certificate in PEM form");
	check_refused(
		key, key, FAILURE_TLS, "second.key holds no certificate in PEM form");
	check_refused(
		good, empty, FAILURE_TLS, "empty.pem holds no private key in PEM form");
	check_refused(good, material_path("first", "key"), FAILURE_TLS,
		"first.key does not belong to the certificate /tmp/");
	check_refused(good, material_path("both-rsa", "key"), FAILURE_TLS,
		"both-rsa.key does not belong to the certificate /tmp/");
	encrypt_key(key, locked);
	check_refused(good, locked, FAILURE_TLS,
		"locked.key is encrypted; take the passphrase");
	material_make(&(struct material_wish){
		.name = "weak", .names = "DNS:weak.example", .key = MATERIAL_RSA_1024});
	check_refused(material_path("weak", "pem"), material_path("weak", "key"),
		FAILURE_TLS, "weak.pem cannot be used: ee key too small");
}

CASE("facts of a certificate in a file")
{
	char names[100];
	long long end_ms = 0;

	make_material();
	CHECK(tls_certificate_facts(
		material_path("second", "pem"), names, sizeof(names), &end_ms));
	CHECK_SLICE(slice_of(names), "two.example, *.two.example");
	CHECK(end_ms / 1000 - (long long)time(NULL) > 86000);
	CHECK(end_ms / 1000 - (long long)time(NULL) <= 86400);
	CHECK(tls_certificate_facts(material_path("second", "pem"), names, 5, &end_ms));
	CHECK_SLICE(slice_of(names), "two.");
	material_make(&(struct material_wish){.name = "addresses",
		.names = "IP:192.0.2.1,IP:2001:db8::1,email:a@b.example"});
	CHECK(tls_certificate_facts(
		material_path("addresses", "pem"), names, sizeof(names), &end_ms));
	CHECK_SLICE(slice_of(names), "192.0.2.1, 2001:db8::1");
	CHECK(!tls_certificate_facts("/nowhere", names, sizeof(names), &end_ms));
	CHECK_NUMBER(failure_kind_last(), FAILURE_FILE);
}

CHECK_MAIN()
