/*
 * Signs or verifies many messages for dkim_python_test.py.
 *
 *	dkim_batch sign DOMAIN SELECTOR PEM-FILE [SELECTOR PEM-FILE]
 *	dkim_batch verify NOW NAME RECORD [NAME RECORD …]
 *
 * On standard input each message is a line "CANON SIZE" and SIZE bytes. Sign
 * answers a line "SIZE" and the signature fields; verify one line of results
 * with their reasons, ", " between. Bodies are fed in uneven pieces.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "base/failure.h"

#define RECORDS_MAX 8

static struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
static size_t signing_count;
static struct sample_record records[RECORDS_MAX + 1];
static int64_t now_s;

static void stop(const char *what)
{
	fprintf(stderr, "dkim_batch: %s: %s\n", what, failure_last()->text);
	exit(1);
}

static void sign(struct slice message, enum dkim_canon header, enum dkim_canon body)
{
	static struct dkim_signer *signer;
	struct slice rest = message, block = sample_cut_header(&rest);
	struct arena arena = {0};
	struct header list = sample_fields(&arena, block);
	struct dkim_message facts = {
		.fields = list.fields,
		.field_count = list.count,
		.signings = signings,
		.signing_count = signing_count,
		.time_s = SAMPLE_TIME,
	};
	struct buffer out = {0};

	if (!signer)
		signer = dkim_signer_create();
	dkim_signer_begin(signer, header, body);
	for (size_t step = 1; rest.size > 0; step = step * 7 % 251) {
		dkim_signer_feed(signer, slice_part(rest, 0, step));
		rest = slice_from(rest, step);
	}
	if (!dkim_signer_finish(signer, &facts, &out))
		stop("sign");
	printf("%zu\n%.*s", buffer_size(&out), (int)buffer_size(&out),
		out.bytes + out.start);
	fflush(stdout);
	buffer_finish(&out);
	arena_finish(&arena);
}

static void verify(struct slice message)
{
	struct dkim_verifier *verifier = sample_verify(message, records, "", now_s);

	for (size_t i = 0; i < dkim_verify_result_count(verifier); i++) {
		const struct dkim_verdict *verdict = dkim_verify_result(verifier, i);

		printf("%s%s %s", i ? ", " : "", dkim_result_name(verdict->result),
			verdict->reason);
	}
	printf("\n");
	fflush(stdout);
	dkim_verify_destroy(&verifier);
}

static void read_arguments(int count, char **arguments)
{
	bool signs = count > 3 && strcmp(arguments[1], "sign") == 0;

	for (int i = 3; i + 1 < count; i += 2) {
		size_t at = (size_t)(i - 3) / 2;

		if (signs && at < DKIM_KEYS_PER_DOMAIN) {
			signings[at].domain = slice_of(arguments[2]);
			signings[at].key = dkim_key_read(slice_of(arguments[2]),
				slice_of(arguments[i]), arguments[i + 1]);
			if (!signings[at].key)
				stop("key");
			signing_count++;
		} else if (!signs && at < RECORDS_MAX) {
			records[at].name = arguments[i];
			records[at].text = arguments[i + 1];
		}
	}
	if (!signs)
		now_s = count > 2 ? strtoll(arguments[2], NULL, 10) : 0;
}

int main(int count, char **arguments)
{
	bool signs = count > 1 && strcmp(arguments[1], "sign") == 0;
	char form[32];
	size_t size;

	read_arguments(count, arguments);
	while (scanf("%31s %zu", form, &size) == 2 && getchar() == '\n') {
		char *text = memory_allocate(size + 1);
		enum dkim_canon header = DKIM_CANON_RELAXED, body = DKIM_CANON_RELAXED;

		dkim_canon_parse(slice_of(form), &header, &body);
		if (fread(text, 1, size, stdin) != size)
			stop("cut short");
		if (signs)
			sign(slice_make(text, size), header, body);
		else
			verify(slice_make(text, size));
		memory_free(text);
	}
	return 0;
}
