/*
 * All checks of a message. The first line is the TXT record that DNS has for
 * every name (empty: it does not answer), the second MAIL FROM, the rest the
 * message, fed in pieces.
 */
#include "verify/authentication.h"

#include <stdlib.h>
#include <string.h>

#include "verify/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

struct answers {
	struct slice text;
	unsigned asked;
};

static bool query(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	struct answers *answers = context;

	answers->asked++;
	*answer_r = (struct dns_answer){.status = DNS_NO_DATA, .canonical = name};
	if (answers->text.size == 0)
		answer_r->status = DNS_TEMPORARY;
	if (type != DNS_TXT || answers->text.size == 0)
		return true;
	answer_r->status = DNS_FOUND;
	answer_r->count = 1;
	answer_r->records = ARENA_NEW(arena, struct dns_record);
	answer_r->records[0].name = arena_copy(arena, answers->text);
	return true;
}

/* One field, whoever sent what. */
static void check_field(const struct authentication *result)
{
	struct buffer out = {0};
	struct arena arena = {0};
	struct header header;

	HOLD(authres_write(result, &out));
	HOLD(header_scan(&arena, buffer_contents(&out), 2, 100000, &header));
	HOLD(header.count == 1 && header.malformed == 0);
	HOLD(authres_is_ours(&header.fields[0], SLICE("mx.example.net")));
	HOLD(slice_equal(authres_find(header.fields[0].value, SLICE("dmarc")),
		slice_of(dmarc_result_name(result->dmarc.result))));
	if (result->spf_known)
		HOLD(slice_equal(authres_find(header.fields[0].value, SLICE("spf")),
			slice_of(spf_result_name(result->spf.result))));
	for (size_t i = 0; i < buffer_size(&out); i++) {
		char c = out.bytes[out.start + i];

		HOLD((c >= ' ' && c < 0x7f) || c == '\t' || c == '\r' || c == '\n');
	}
	arena_finish(&arena);
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct authenticator *authenticator;
	struct slice rest = slice_make(data, size);
	struct answers answers = {.text = slice_cut(&rest, '\n')};
	struct verify_resolver resolver = {query, &answers};
	struct authentication_facts facts = {
		.client.s6_addr = {[10] = 0xff, 0xff, 192, 0, 2, 1},
		.helo = SLICE("mail.example.com"),
		.mail_from = slice_cut(&rest, '\n'),
		.hostname = SLICE("mx.example.net"),
		.now_s = 1700000000,
	};

	if (!authenticator)
		authenticator = authenticator_create();
	authenticator_begin(authenticator, &facts);
	for (size_t step = 1; rest.size > 0; step = step * 7 % 251) {
		authenticator_feed(authenticator, slice_part(rest, 0, step));
		rest = slice_from(rest, step);
	}
	HOLD(authenticator_finish(authenticator, &resolver, (struct deadline){0}));
	HOLD(answers.asked <= VERIFY_QUERIES_MAX);
	check_field(authenticator_result(authenticator));
	return 0;
}
