/*
 * Signatures of strangers. The first line is the TXT record that DNS has for
 * every name, the rest a message.
 */
#include "dkim/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_verdict(const struct dkim_verdict *verdict)
{
	HOLD(dkim_result_name(verdict->result));
	HOLD(verdict->result != DKIM_NONE && verdict->result != DKIM_TEMPERROR);
	HOLD(verdict->reason[0] || verdict->result == DKIM_PASS);
	for (const char *c = verdict->reason; *c; c++)
		HOLD((unsigned char)*c >= ' ' && *c != 0x7f);
	HOLD(verdict->signature.size <= 8);
	HOLD(verdict->result != DKIM_PASS || verdict->domain.size > 0);
	HOLD(verdict->partial == (verdict->unsigned_size > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size), record = slice_cut(&text, '\n');
	size_t end = slice_find(text, SLICE("\r\n\r\n"));
	struct slice body = slice_from(text, end + 4);
	struct dkim_answer answers[DKIM_VERIFY_MAX];
	struct dkim_verifier *verifier;
	struct arena arena = {0};
	struct header header;

	if (!header_scan(&arena, slice_part(text, 0, end + 2), 1000, 65536, &header)) {
		arena_finish(&arena);
		return 0;
	}
	verifier = dkim_verify_begin(header.fields, header.count, SLICE("example.com"));
	arena_finish(&arena);
	HOLD(dkim_verify_query_count(verifier) <= DKIM_VERIFY_MAX);
	HOLD(dkim_verify_result_count(verifier) <= DKIM_VERIFY_MAX);
	for (size_t i = 0; i < dkim_verify_query_count(verifier); i++) {
		HOLD(strlen(dkim_verify_query(verifier, i)) <= 253);
		answers[i] = (struct dkim_answer){DKIM_DNS_FOUND, &record, 1};
	}
	dkim_verify_feed(verifier, body);
	dkim_verify_finish(verifier, answers, 1700000000);
	for (size_t i = 0; i < dkim_verify_result_count(verifier); i++)
		check_verdict(dkim_verify_result(verifier, i));
	dkim_verify_destroy(&verifier);
	return 0;
}
