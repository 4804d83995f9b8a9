/*
 * Verifies or seals the chains of many messages for arc_python_test.py.
 *
 *	arc_batch verify NOW NAME RECORD [NAME RECORD …]
 *	arc_batch seal DOMAIN SELECTOR PEM-FILE RESULTS NAME RECORD …
 *
 * On standard input each message is a line "SIZE" and SIZE bytes. Verify answers
 * "status reason" in a line; seal, which verifies first, a line "SIZE" and the
 * message with one more set (SIZE 0: it may not be sealed).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arc_sample.h"
#include "base/failure.h"

#define RECORDS_MAX 64

static struct dkim_signing signing;
static const char *results;
static struct sample_record records[RECORDS_MAX + 1];
static int64_t now_s = SAMPLE_TIME;

static void stop(const char *what)
{
	fprintf(stderr, "arc_batch: %s: %s\n", what, failure_last()->text);
	exit(1);
}

static void answer(struct slice message)
{
	struct arc_verifier *verifier = arc_sample_verify(message, records, now_s);
	const struct arc_verdict *verdict = arc_verify_result(verifier);
	struct buffer out = {0};

	if (!signing.key) {
		printf("%s %s\n", arc_status_name(verdict->status), verdict->reason);
	} else {
		if (!verdict->ended &&
			!arc_sample_seal(message, verdict, signing, results, &out))
			stop("seal");
		printf("%zu\n", buffer_size(&out));
		fwrite(buffer_contents(&out).at, 1, buffer_size(&out), stdout);
	}
	fflush(stdout);
	buffer_finish(&out);
	arc_verify_destroy(&verifier);
}

int main(int count, char **arguments)
{
	bool seals = count > 5 && strcmp(arguments[1], "seal") == 0;
	size_t size;

	for (int i = seals ? 6 : 3; i + 1 < count && i / 2 < RECORDS_MAX; i += 2) {
		records[(i - (seals ? 6 : 3)) / 2].name = arguments[i];
		records[(i - (seals ? 6 : 3)) / 2].text = arguments[i + 1];
	}
	if (seals) {
		signing.domain = slice_of(arguments[2]);
		signing.key = dkim_key_read(
			signing.domain, slice_of(arguments[3]), arguments[4]);
		results = arguments[5];
		now_s = INT64_C(4000000000);
		if (!signing.key)
			stop("key");
	} else if (count > 2) {
		now_s = strtoll(arguments[2], NULL, 10);
	}
	while (scanf("%zu", &size) == 1 && getchar() == '\n') {
		char *text = memory_allocate(size + 1);

		if (fread(text, 1, size, stdin) != size)
			stop("cut short");
		answer(slice_make(text, size));
		memory_free(text);
	}
	return 0;
}
