/*
 * What DKIM costs: canonical forms in GB/s, a signed message against the bare
 * signature of the library. Run it by hand: dkim_speed [SECONDS for each line].
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sample.h"
#include "dkim/crypto.h"

static double limit_s = 0.5;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Bodies of one kind of line, a mebibyte each. */
static const struct {
	const char *name, *line;
} kinds[] = {
	{"plain text, 72 columns", "It was the best of times, it was the worst of "
				   "times, it was the age of.\r\n"},
	{"base64", "AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB4nujc7YopdG5dWL"
		   "SdNg6xNAZ\r\n"},
	{"HTML, indented by tabs",
		"\t\t\t<td class=\"a\" style=\"color:#333\">Hello</td>\r\n"},
	{"HTML, indented by spaces",
		"        <td class=\"a\" style=\"color:#333\">Hello</td>\r\n"},
	{"every other line empty", "A short paragraph of text in one line.\r\n\r\n"},
	{"worst case", "a  b\t \r\n"},
};

static char *make_body(const char *line, size_t size)
{
	char *text = malloc(size);
	size_t length = strlen(line);

	if (!text)
		abort();
	for (size_t i = 0; i < size; i++)
		text[i] = line[i % length];
	return text;
}

static uint64_t sunk;

static void sink_nothing(void *context, struct slice bytes)
{
	(void)context;
	sunk += bytes.size;
}

static void sink_hash(void *context, struct slice bytes)
{
	dkim_hash_update(context, bytes);
}

static double body_rate(
	enum dkim_canon canon, const char *text, size_t size, bool hashed)
{
	static struct dkim_body body;
	struct dkim_hash *hash = dkim_hash_create();
	uint8_t sum[DKIM_HASH_SIZE];
	double start = now(), taken;
	uint64_t bytes = 0;

	do {
		dkim_hash_begin(hash);
		dkim_body_init(&body, canon, hashed ? sink_hash : sink_nothing, hash);
		for (size_t at = 0; at < size; at += 16384)
			dkim_body_feed(
				&body, slice_part(slice_make(text, size), at, 16384));
		dkim_body_end(&body);
		if (!dkim_hash_end(hash, sum))
			abort();
		bytes += size;
		taken = now() - start;
	} while (taken < limit_s);
	dkim_hash_destroy(&hash);
	return (double)bytes / taken / 1e9;
}

static void show_bodies(void)
{
	const size_t size = 1 << 20;

	printf("%-26s %8s %8s %8s %8s   GB/s\n", "body, 16 KiB chunks", "simple",
		"+sha256", "relaxed", "+sha256");
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		char *text = make_body(kinds[i].line, size);

		printf("%-26s", kinds[i].name);
		for (int form = 0; form < 4; form++)
			printf(" %8.2f", body_rate(form / 2 ? DKIM_CANON_RELAXED
							    : DKIM_CANON_SIMPLE,
						 text, size, form % 2));
		printf("\n");
		free(text);
	}
}

static EVP_PKEY *read_key(struct slice pem)
{
	BIO *memory = BIO_new_mem_buf(pem.at, (int)pem.size);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);

	BIO_free(memory);
	return key;
}

/* Microseconds of one signature by the library, all set up before. */
static double bare_us(struct slice pem, bool rsa)
{
	EVP_PKEY *key = read_key(pem);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	EVP_MD_CTX *edwards = EVP_MD_CTX_new();
	unsigned char hash[32] = {1}, signature[512];
	double start = now(), taken;
	unsigned count = 0;

	if (rsa &&
		(EVP_PKEY_sign_init(context) != 1 ||
			EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1 ||
			EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1))
		abort();
	do {
		size_t size = sizeof signature;

		hash[0]++;
		if (rsa ? EVP_PKEY_sign(context, signature, &size, hash, 32) != 1
			: EVP_DigestSignInit(edwards, NULL, NULL, NULL, key) != 1 ||
					EVP_DigestSign(edwards, signature, &size, hash,
						32) != 1)
			abort();
		count++;
		taken = now() - start;
	} while (taken < limit_s);
	EVP_MD_CTX_free(edwards);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	return taken / count * 1e6;
}

static const char header_text[] =
	"Received: from client (client.example.com [192.0.2.1]) by mail.example.com\r\n"
	"\twith ESMTPSA id 0123456789; Fri, 21 Nov 2025 10:00:00 "
	"+0000\r\n" SAMPLE_HEADER
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: 8bit\r\nX-Mailer: example\r\n"
	"List-Unsubscribe: <https://example.com/unsubscribe?id=0123456789abcdef>\r\n"
	"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";

/* Microseconds of a message with all DKIM does to it. */
static double message_us(const struct dkim_signing *signings, size_t count, size_t size)
{
	struct dkim_signer *signer = dkim_signer_create();
	char *text = make_body(kinds[0].line, size);
	struct arena arena = {0};
	struct header header = sample_fields(&arena, slice_of(header_text));
	struct dkim_message message = {
		.fields = header.fields,
		.field_count = header.count,
		.signings = signings,
		.signing_count = count,
		.time_s = SAMPLE_TIME,
	};
	struct buffer out = {0};
	double start = now(), taken;
	unsigned done = 0;

	do {
		buffer_clear(&out);
		dkim_signer_begin(signer, DKIM_CANON_RELAXED, DKIM_CANON_RELAXED);
		dkim_signer_feed(signer, slice_make(text, size));
		if (!dkim_signer_finish(signer, &message, &out))
			abort();
		done++;
		taken = now() - start;
	} while (taken < limit_s);
	buffer_finish(&out);
	arena_finish(&arena);
	free(text);
	dkim_signer_destroy(&signer);
	return taken / done * 1e6;
}

static void show_messages(void)
{
	static const char *const names[] = {
		"no key (hashes only)", "ed25519", "rsa-2048", "both"};
	struct buffer rsa = {0}, ed = {0};
	struct dkim_signing keys[2];
	struct dkim_key *made[2];
	double bare[4] = {0};

	if (!dkim_key_generate(DKIM_RSA_SHA256, 2048, &rsa) ||
		!dkim_key_generate(DKIM_ED25519_SHA256, 0, &ed))
		abort();
	for (int i = 0; i < 2; i++) {
		made[i] = dkim_key_create(SLICE("example.com"), SLICE("s"),
			buffer_contents(i ? &rsa : &ed));
		keys[i] = (struct dkim_signing){made[i], SLICE("example.com")};
	}
	bare[1] = bare_us(buffer_contents(&ed), false);
	bare[2] = bare_us(buffer_contents(&rsa), true);
	bare[3] = bare[1] + bare[2];
	printf("\n%-22s %9s %9s %9s %9s   µs of CPU a message\n", "relaxed/relaxed",
		"bare EVP", "0 bytes", "4 KiB", "64 KiB");
	for (size_t i = 0; i < 4; i++) {
		const struct dkim_signing *first = i == 2 ? keys + 1 : keys;
		size_t count = i == 0 ? 0 : i == 3 ? 2 : 1;

		printf("%-22s %9.1f %9.1f %9.1f %9.1f\n", names[i], bare[i],
			message_us(first, count, 0), message_us(first, count, 4096),
			message_us(first, count, 65536));
	}
	for (int i = 0; i < 2; i++)
		dkim_key_destroy(&made[i]);
	buffer_finish(&rsa), buffer_finish(&ed);
}

int main(int count, char **arguments)
{
	if (count > 1)
		limit_s = strtod(arguments[1], NULL);
	show_bodies();
	show_messages();
	return 0;
}
