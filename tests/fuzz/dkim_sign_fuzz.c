/*
 * Whatever we sign, we verify. The first byte chooses the canonical forms, the
 * rest is a message.
 */
#include "dkim/sign.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "dkim/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static const char pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";
static const struct slice record = SLICE(
	"k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");

/* The signature goes in front as a field of its own, whatever follows it. */
static void verify(struct arena *arena, struct slice signature,
	const struct header *header, struct slice body)
{
	struct header_field *fields = arena_take_array(
		arena, header->count + 1, sizeof(*fields));
	struct dkim_answer answer = {DKIM_DNS_FOUND, &record, 1};
	struct dkim_answer answers[DKIM_VERIFY_MAX];
	struct dkim_verifier *verifier;

	fields[0].name = SLICE("DKIM-Signature");
	fields[0].whole = signature;
	if (header->count > 0)
		memcpy(fields + 1, header->fields, header->count * sizeof(*fields));
	verifier = dkim_verify_begin(fields, header->count + 1, SLICE("example.com"));
	for (size_t i = 0; i < ARRAY_COUNT(answers); i++)
		answers[i] = answer;
	dkim_verify_feed(verifier, body);
	dkim_verify_finish(verifier, answers, 5);
	HOLD(dkim_verify_result(verifier, 0)->result == DKIM_PASS);
	HOLD(dkim_verify_result(verifier, 0)->alignment == DKIM_ALIGN_EXACT);
	dkim_verify_destroy(&verifier);
}

static void check_layout(struct slice signature)
{
	while (signature.size > 0) {
		size_t size = slice_find(signature, SLICE("\r\n"));

		HOLD(size > 1 && size <= 76 && size < signature.size);
		signature = slice_from(signature, size + 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dkim_signing signing;
	static struct dkim_signer *signer;
	struct slice text = slice_make(data + 1, size ? size - 1 : 0);
	size_t end = slice_find(text, SLICE("\r\n\r\n"));
	struct slice body = slice_from(text, end + 4);
	struct dkim_message message = {.signings = &signing, .signing_count = 1};
	struct arena arena = {0};
	struct buffer out = {0};
	struct header header;

	if (!signer) {
		signer = dkim_signer_create();
		signing.domain = SLICE("example.com");
		signing.key = dkim_key_create(
			signing.domain, SLICE("s"), slice_of(pem));
	}
	if (size == 0)
		return 0;
	if (header_scan(&arena, slice_part(text, 0, end + 2), 1000, 65536, &header)) {
		message.fields = header.fields;
		message.field_count = header.count;
		dkim_signer_begin(signer, data[0] & 1, data[0] >> 1 & 1);
		dkim_signer_feed(signer, slice_part(body, 0, data[0]));
		dkim_signer_feed(signer, slice_from(body, data[0]));
		if (dkim_signer_finish(signer, &message, &out)) {
			check_layout(buffer_contents(&out));
			verify(&arena, buffer_contents(&out), &header, body);
		}
	}
	buffer_finish(&out);
	arena_finish(&arena);
	return 0;
}
