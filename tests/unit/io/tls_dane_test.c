/* A server verified by the TLSA records of its host (RFC 7671, 7672). */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "base/memory.h"
#include "check.h"
#include "io/tls.h"
#include "material.h"
#include "meeting.h"

static void make_material(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	material_make(&(struct material_wish){.name = "root", .authority = true});
	material_make(&(struct material_wish){.name = "other", .authority = true});
	material_make(&(struct material_wish){
		.name = "good", .names = "DNS:mx.example", .issuer = "root"});
	material_make(&(struct material_wish){.name = "expired",
		.names = "DNS:mx.example",
		.issuer = "root",
		.from_s = -864000,
		.until_s = -86400});
	material_make(&(struct material_wish){
		.name = "elsewhere", .names = "DNS:domain.example", .issuer = "root"});
	material_make(&(struct material_wish){.name = "alone"});
}

static X509 *certificate_of(const char *name)
{
	FILE *file = fopen(material_path(name, "pem"), "r");
	X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

	fclose(file);
	return certificate;
}

struct made { /* a record that is right for a certificate */
	struct tls_tlsa record;
	unsigned char bytes[4096];
};

static void make_record(struct made *made, const char *name, unsigned char usage,
	unsigned char selector, unsigned char matching)
{
	X509 *certificate = certificate_of(name);
	unsigned char *der = NULL;
	int size = selector ? i2d_PUBKEY(X509_get0_pubkey(certificate), &der)
			    : i2d_X509(certificate, &der);
	unsigned digest_size = (unsigned)size;

	if (matching == 0)
		memcpy(made->bytes, der, (size_t)size);
	else
		EVP_Digest(der, (size_t)size, made->bytes, &digest_size,
			matching == 1 ? EVP_sha256() : EVP_sha512(), NULL);
	made->record = (struct tls_tlsa){
		usage, selector, matching, slice_make(made->bytes, digest_size)};
	OPENSSL_free(der);
	X509_free(certificate);
}

/* The server's file: its certificate, perhaps the authority's behind it. */
static struct tls_pair served_as(const char *name, bool with_root)
{
	struct tls_pair pair = {material_path(name, "pem"), material_path(name, "key")};
	char text[8192] = "";
	FILE *out;

	if (!with_root)
		return pair;
	pair.certificate = material_path("chain", "pem");
	out = fopen(pair.certificate, "w");
	for (int i = 0; i < 2; i++) {
		FILE *in = fopen(material_path(i ? "root" : name, "pem"), "r");

		text[fread(text, 1, sizeof(text) - 1, in)] = 0;
		fclose(in);
		fputs(text, out);
	}
	fclose(out);
	return pair;
}

static void prepare(struct meeting *m, const char *served, bool with_root)
{
	struct tls_pair pair = served_as(served, with_root);
	size_t which;

	*m = (struct meeting){
		.server = tls_server_create(&pair, 1, "1.2", NULL, &which),
		/* Trust in authorities must not matter: this one knows "other". */
		.client = tls_client_create(material_path("other", "pem"), "1.2"),
		.target = {.name = "mx.example", .verify = true},
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

FIBER_CASE("RFC 7672 3.1: what each kind of record takes and refuses")
{
	static const struct {
		const char *served, *record; /* which certificate it is about */
		int usage, selector, matching;
		bool with_root;
		const char *other_name, *failure; /* NULL: taken */
		enum tls_fault fault;
	} table[] = {
		/* 3.1.1 DANE-EE: neither name nor date nor issuer matter. */
		{"good", "good", 3, 1, 1, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "good", 3, 1, 2, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "good", 3, 1, 0, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "good", 3, 0, 1, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "good", 3, 0, 2, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "good", 3, 0, 0, false, NULL, NULL, TLS_FAULT_NONE},
		{"expired", "expired", 3, 1, 1, false, NULL, NULL, TLS_FAULT_NONE},
		{"elsewhere", "elsewhere", 3, 1, 1, false, NULL, NULL, TLS_FAULT_NONE},
		{"alone", "alone", 3, 1, 1, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "alone", 3, 1, 1, false, NULL, "TLSA records", TLS_FAULT_TLSA},
		{"good", "root", 3, 1, 1, true, NULL, "TLSA records", TLS_FAULT_TLSA},
		/* 3.1.2 DANE-TA: a chain in order, and the name. */
		{"good", "root", 2, 0, 1, true, NULL, NULL, TLS_FAULT_NONE},
		{"good", "root", 2, 1, 1, true, NULL, NULL, TLS_FAULT_NONE},
		{"good", "root", 2, 1, 2, true, NULL, NULL, TLS_FAULT_NONE},
		{"good", "root", 2, 0, 0, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "root", 2, 1, 0, false, NULL, NULL, TLS_FAULT_NONE},
		{"good", "root", 2, 0, 1, false, NULL, "TLSA records", TLS_FAULT_TLSA},
		{"good", "other", 2, 0, 1, true, NULL, "TLSA records", TLS_FAULT_TLSA},
		{"expired", "root", 2, 0, 1, true, NULL, "has expired on",
			TLS_FAULT_EXPIRED},
		{"elsewhere", "root", 2, 0, 1, true, NULL, "name mismatch",
			TLS_FAULT_NAME},
		/* 3.2.2: the domain's own name will do as well. */
		{"elsewhere", "root", 2, 0, 1, true, "domain.example", NULL,
			TLS_FAULT_NONE},
	};

	make_material();
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		enum tls_fault fault = TLS_FAULT_UNTRUSTED;
		unsigned before = check_failures;
		struct made made;
		struct meeting m;

		make_record(&made, table[i].record, (unsigned char)table[i].usage,
			(unsigned char)table[i].selector,
			(unsigned char)table[i].matching);
		CHECK(tls_tlsa_is_usable(&made.record));
		prepare(&m, table[i].served, table[i].with_root);
		m.target.tlsa = &made.record;
		m.target.tlsa_count = 1;
		m.target.other_names[i % 2] = table[i].other_name;
		m.target.fault_r = &fault;
		meet(&m);
		CHECK_NUMBER(fault, table[i].fault);
		CHECK((m.client_end == NULL) == (table[i].failure != NULL));
		if (m.client_end)
			CHECK(stream_facts(m.client_end)->tls_verified);
		else if (!strstr(m.client_failure.text, table[i].failure))
			CHECK_SLICE(slice_of(m.client_failure.text), table[i].failure);
		if (check_failures != before)
			fprintf(stderr, "… in row %zu\n", i);
		clean(&m);
	}
}

FIBER_CASE("one good record among wrong and unusable ones is enough")
{
	struct made wrong, right;
	struct tls_tlsa list[3];
	struct meeting m;

	make_material();
	make_record(&wrong, "alone", 3, 1, 1);
	make_record(&right, "good", 3, 1, 1);
	list[0] = (struct tls_tlsa){1, 1, 1, right.record.data};
	list[1] = wrong.record;
	list[2] = right.record;
	prepare(&m, "good", false);
	m.target.tlsa = list;
	m.target.tlsa_count = 3;
	meet(&m);
	CHECK(m.client_end != NULL);
	clean(&m);
	/* Only unusable ones never verify anybody. */
	prepare(&m, "good", false);
	m.target.tlsa = list;
	m.target.tlsa_count = 1;
	meet(&m);
	CHECK(m.client_end == NULL);
	clean(&m);
}

FIBER_CASE("a session is not resumed under other records, nor without any")
{
	struct made first, second;
	struct meeting m;

	make_material();
	make_record(&first, "good", 3, 1, 1);
	make_record(&second, "good", 3, 0, 1);
	prepare(&m, "good", false);
	m.target.tlsa_count = 1;
	for (int i = 0; i < 4; i++) {
		m.target.tlsa = i < 2 ? &first.record : &second.record;
		m.target.tlsa_count = i < 3;
		m.target.verify = i < 3;
		meet(&m);
		CHECK(says(m.server_end, m.client_end, "250"));
		CHECK(stream_facts(m.client_end)->tls_resumed == (i == 1));
		CHECK(stream_facts(m.client_end)->tls_verified == (i < 3));
		part(&m);
	}
	clean(&m);
}

CASE("RFC 7672 3.1.3, 7671 4: which records can be used")
{
	unsigned char digest[64] = {1};
	static const struct {
		unsigned char usage, selector, matching;
		size_t size;
		bool usable;
	} table[] = {
		{3, 1, 1, 32, true},
		{3, 0, 1, 32, true},
		{2, 1, 1, 32, true},
		{2, 0, 2, 64, true},
		{3, 1, 2, 64, true},
		{0, 1, 1, 32, false},
		{1, 1, 1, 32, false},
		{4, 1, 1, 32, false},
		{255, 1, 1, 32, false},
		{3, 2, 1, 32, false},
		{3, 1, 3, 32, false},
		{3, 1, 1, 31, false},
		{3, 1, 1, 33, false},
		{3, 1, 1, 0, false},
		{3, 1, 2, 32, false},
		{3, 1, 0, 32, false},
		{3, 0, 0, 64, false},
		{3, 0, 0, 0, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct tls_tlsa record = {table[i].usage, table[i].selector,
			table[i].matching, slice_make(digest, table[i].size)};

		CHECK_NUMBER(tls_tlsa_is_usable(&record), table[i].usable);
	}
}

CHECK_MAIN()
