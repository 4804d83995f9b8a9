/* Keys: PEM text, DNS records, and what is wrong with a pasted record. */
#include "check.h"

#include <unistd.h>

#include "sample.h"
#include "base/failure.h"
#include "dkim/record.h"

#define RSA_512_PEM                                                          \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA3r4J6jZz6KpFGev0\n" \
	"33agk8YlZFGHSL+sFUfDZDBqEAZc1zBK4n3A+EKc2ysdI69Q/b/t55m5V92igbBp\n" \
	"P6etDwIDAQABAkEAu5s2wKVyhPH817NsgVbqMuz+i3s7xeNirl3OTbGVc75FBzfp\n" \
	"X2EZ0d4TzdV76fLdkEdCiTkxLeWsQuzytt6h0QIhAP9FNqYdml/AP+AT2tCwc89U\n" \
	"O2pev1WF0EBITGhBdAdJAiEA32EGGkGZo2xMHh78EZcaGSnTrTsBO+XxwEs4zNU3\n" \
	"WZcCIH1fxSN5TqTQi47GsaXlxDuEJ1prBpY+jrXDzKM34oDhAiAGSd/3G0OtAx59\n" \
	"dpfYEu3sKW5JITEes5GDvVpjAdmmDwIhALU6N1Bbb7hOsVuWYkaql49Pbk5nVoS+\n" \
	"Wzg7UlRXq1h+\n"                                                     \
	"-----END PRIVATE KEY-----\n"
#define P256_PEM                                                             \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgE/gJ2BhB8CMdTrCK\n" \
	"UXERnqI7EiNTK0BipfWfK0vJhVKhRANCAAQqVzg+ElnrZDmKWAjSDxmxhHSI+YSk\n" \
	"XDszWSDrppuoPEWDSYe0t7n+LHO+6Ku04xnzz+g0I07ucDqzMzqvDuyt\n"         \
	"-----END PRIVATE KEY-----\n"
#define ENCRYPTED_PEM                                                        \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
	"MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBYxdPsH+Md6JPvKNpx\n" \
	"-----END ENCRYPTED PRIVATE KEY-----\n"

CASE("keys that can be read, and those that cannot")
{
	static const struct {
		const char *domain, *selector, *pem, *wrong;
	} table[] = {
		{"example.com", "s", SAMPLE_RSA_PEM, NULL},
		{"Example.COM", "Sel.2024", SAMPLE_ED25519_PEM, NULL},
		{"*", "s", SAMPLE_ED25519_PEM, NULL},
		{"com", "s", SAMPLE_RSA_PEM, "\"com\" is no domain to sign for"},
		{"", "s", SAMPLE_RSA_PEM, "\"\" is no domain to sign for"},
		{"exa mple.com", "s", SAMPLE_RSA_PEM,
			"\"exa mple.com\" is no domain to sign for"},
		{"example.com", "", SAMPLE_RSA_PEM, "\"\" is no selector"},
		{"*", "a b", SAMPLE_RSA_PEM, "\"a b\" is no selector"},
		{"example.com", "s", "",
			"no private key in PEM form (BEGIN PRIVATE KEY)"},
		{"example.com", "s", "hello",
			"no private key in PEM form (BEGIN PRIVATE KEY)"},
		{"example.com", "s", RSA_512_PEM,
			"the RSA key has 512 bits, allowed are 1024 to 4096"},
		{"example.com", "s", P256_PEM, "the key is neither RSA nor Ed25519"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct dkim_key *key = dkim_key_create(slice_of(table[i].domain),
			slice_of(table[i].selector), slice_of(table[i].pem));

		CHECK_NUMBER(key != NULL, table[i].wrong == NULL);
		if (!key) {
			CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
			CHECK_SLICE(slice_of(failure_last()->text), table[i].wrong);
		}
		dkim_key_destroy(&key);
		CHECK(!key);
	}
}

CASE("what a key says of itself")
{
	struct dkim_key *key = dkim_key_create(
		SLICE("Example.COM"), SLICE("Sel.2024"), SLICE(SAMPLE_RSA_PEM));
	struct buffer text = {0};

	CHECK_SLICE(dkim_key_domain(key), "example.com");
	CHECK_SLICE(dkim_key_selector(key), "sel.2024");
	CHECK_NUMBER(dkim_key_bits(key), 1024);
	CHECK_SLICE(
		slice_of(dkim_algorithm_name(dkim_key_algorithm(key))), "rsa-sha256");
	CHECK(dkim_key_print_record(key, &text));
	CHECK_SLICE(buffer_contents(&text), SAMPLE_RSA_RECORD);
	buffer_clear(&text);
	CHECK(dkim_key_print_name(key, dkim_key_domain(key), &text));
	CHECK_SLICE(buffer_contents(&text), "sel.2024._domainkey.example.com");
	buffer_clear(&text);
	CHECK(dkim_key_print_zone(key, SLICE("other.example"), &text));
	CHECK_SLICE(buffer_contents(&text),
		"sel.2024._domainkey.other.example. IN TXT \"" SAMPLE_RSA_RECORD
		"\"\n");
	buffer_finish(&text);
	dkim_key_destroy(&key);
}

/* The strings of a zone file line, joined, as DNS hands them out. */
static void join_strings(struct slice zone, struct buffer *record, size_t *longest_r)
{
	size_t longest = 0;

	slice_cut(&zone, '"');
	while (zone.at) {
		struct slice string = slice_cut(&zone, '"');

		buffer_append(record, string);
		if (string.size > longest)
			longest = string.size;
		slice_cut(&zone, '"');
	}
	*longest_r = longest;
}

CASE("new keys work, and match the record they print")
{
	static const struct {
		enum dkim_algorithm algorithm;
		unsigned bits, have;
	} table[] = {
		{DKIM_ED25519_SHA256, 0, 256},
		{DKIM_RSA_SHA256, 0, 2048},
		{DKIM_RSA_SHA256, 3072, 3072},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct buffer pem = {0}, zone = {0}, record = {0};
		struct dkim_key *key;
		size_t longest;

		CHECK(dkim_key_generate(table[i].algorithm, table[i].bits, &pem));
		CHECK(slice_starts(
			buffer_contents(&pem), SLICE("-----BEGIN PRIVATE KEY-----\n")));
		key = dkim_key_create(
			SLICE("example.com"), SLICE("s"), buffer_contents(&pem));
		if (CHECK(key)) {
			CHECK_NUMBER(dkim_key_algorithm(key), table[i].algorithm);
			CHECK_NUMBER(dkim_key_bits(key), table[i].have);
			CHECK(dkim_key_print_zone(key, dkim_key_domain(key), &zone));
			join_strings(buffer_contents(&zone), &record, &longest);
			CHECK(longest <= 255);
			CHECK(dkim_key_matches_record(key, buffer_contents(&record)));
		}
		dkim_key_destroy(&key);
		buffer_finish(&pem), buffer_finish(&zone), buffer_finish(&record);
	}
}

CASE("sizes nobody should use are refused")
{
	static const unsigned sizes[] = {1, 1024, 2047, 2049, 4097, 8192};
	struct buffer pem = {0};

	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		CHECK(!dkim_key_generate(DKIM_RSA_SHA256, sizes[i], &pem));
		CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
	}
	CHECK_NUMBER(buffer_size(&pem), 0);
	buffer_finish(&pem);
}

/* The RSA sample as RFC 6376 3.6.1 words it: RSAPublicKey, not
 * SubjectPublicKeyInfo. */
#define RSA_PKCS1_PUBLIC                                                       \
	"MIGJAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj8nXoliLR" \
	"C/H9vJjMI1vdb3XLcW60AIN/PBD8EL97/y4GwJH7LPUvGP48vqUe+owqszesbiGy1PlC" \
	"O8c70/OjFnJVgvMF87YR4Lcincb7aSvI5MgpP6X8rjDdAgMBAAE="

CASE("records against the key, each mistake in words")
{
	static const struct {
		const char *record, *wrong; /* NULL: it matches */
	} table[] = {
		{SAMPLE_RSA_RECORD, NULL},
		{"p=" SAMPLE_RSA_PUBLIC, NULL},
		{"v=DKIM1;k=rsa;t=y;n=note;p=" SAMPLE_RSA_PUBLIC ";", NULL},
		{"v=DKIM1; "
		 "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3"
		 " idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/"
		 "e/8u"
		 " BsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+"
		 "2kryOTIKT+l"
		 " /K4w3QIDAQAB",
			NULL},
		{"p=" RSA_PKCS1_PUBLIC, NULL},
		{"\"v=DKIM1; k=rsa; p=" SAMPLE_RSA_PUBLIC "\"",
			"the record has quotation marks or backslashes in it: they "
			"belong to "
			"zone files, not into the value"},
		{"v=DKIM1\\; p=" SAMPLE_RSA_PUBLIC, "the record has quotation marks or "
						    "backslashes in it: they belong to "
						    "zone files, not into the value"},
		{"v=DKIM1; k=rsa; p=", "the record is revoked (p= is empty)"},
		{"v=DKIM1; k=rsa", "the key record has no p="},
		{SAMPLE_ED25519_RECORD, "the record is for k=ed25519, the key is RSA"},
		{"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUA",
			"p= is cut off after 24 of 216 characters"},
		{"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQU",
			"p= of the key record is not base64"},
		{"v=DKIM1; p=AAAA", "p= is the public key of another private key"},
		{"v=DKIM1; "
		 "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3"
		 "/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/"
		 "RtdC2"
		 "UzJ1lWT947qR+Rcac2gbto/"
		 "NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUY"
		 "ckcQ2QIDAQAB",
			"p= is the public key of another private key"},
		{"v=DKIM1; h=sha1; p=" SAMPLE_RSA_PUBLIC,
			"the key record does not allow sha256 (h=)"},
		{"v=DKIM1; h=sha1 : sha256; s=email; p=" SAMPLE_RSA_PUBLIC, NULL},
		{"v=DKIM1; s=tlsrpt; p=" SAMPLE_RSA_PUBLIC,
			"the key record is not for email (s=)"},
		{"v=DKIM1; k=dsa; p=" SAMPLE_RSA_PUBLIC,
			"the key record has an unknown k=dsa"},
		{"v=DKIM2; p=" SAMPLE_RSA_PUBLIC,
			"not a key record: it does not begin with v=DKIM1"},
		{"p=" SAMPLE_RSA_PUBLIC "; v=DKIM1",
			"not a key record: it does not begin with v=DKIM1"},
		{"", "not a key record: no tags"},
		{"hello", "not a key record: \"hello\" is not tag=value"},
	};
	struct dkim_key *key = dkim_key_create(
		SLICE("example.com"), SLICE("s"), SLICE(SAMPLE_RSA_PEM));

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		bool matches = dkim_key_matches_record(key, slice_of(table[i].record));

		if (!CHECK_NUMBER(matches, table[i].wrong == NULL))
			fprintf(stderr, "%s\n", table[i].record);
		if (!matches && table[i].wrong) {
			CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
			CHECK_SLICE(slice_of(failure_last()->text), table[i].wrong);
		}
	}
	dkim_key_destroy(&key);
}

CASE("key files")
{
	char path[] = "/tmp/dkim_key_test.XXXXXX", wrong[80];
	int file = mkstemp(path);
	struct dkim_key *key;

	CHECK(write(file, SAMPLE_RSA_PEM, sizeof SAMPLE_RSA_PEM - 1) > 0);
	key = dkim_key_read(SLICE("example.com"), SLICE("s"), path);
	CHECK(key);
	dkim_key_destroy(&key);
	CHECK(ftruncate(file, 100) == 0);
	CHECK(!dkim_key_read(SLICE("example.com"), SLICE("s"), path));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
	snprintf(wrong, sizeof wrong,
		"%s: no private key in PEM form (BEGIN PRIVATE KEY)", path);
	CHECK_SLICE(slice_of(failure_last()->text), wrong);
	CHECK(ftruncate(file, DKIM_KEY_PEM_MAX + 1) == 0);
	CHECK(!dkim_key_read(SLICE("example.com"), SLICE("s"), path));
	close(file);
	unlink(path);
	CHECK(!dkim_key_read(SLICE("example.com"), SLICE("s"), path));
	CHECK_NUMBER(failure_kind_last(), FAILURE_FILE);
	CHECK(!dkim_key_read(SLICE("example.com"), SLICE("s"), "/"));
	CHECK_NUMBER(failure_kind_last(), FAILURE_FILE);
}

CHECK_MAIN()
