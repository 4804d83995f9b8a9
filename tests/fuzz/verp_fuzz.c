/* Local parts as envelope senders of ours: none but what was signed is read. */
#include "feedback/verp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void check_token(const struct verp_token *token, struct slice local)
{
	HOLD(verp_looks_like(local));
	HOLD(token->tenant_tag == 0 || token->tenant[0] == 0);
	HOLD(message_id_time_ms(&token->id) <= token->expires_ms);
	HOLD(!verp_is_about(token, SLICE_EMPTY));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_make(data, size), first = slice_cut(&bytes, '\n');
	struct message_id id = message_id_make(1795000000123, 7, 1);
	struct verp_secret secret = {.sign = {1, 2}};
	struct verp_subject subject = {.id = &id, .days = 9, .domain = SLICE("b.test")};
	char text[VERP_ADDRESS_MAX + 1];
	struct slice address;
	struct verp_token token;

	HOLD(verp_secret_parse(SLICE(HEX), &secret));
	if (verp_read(&secret, first, &token))
		check_token(&token, first);
	subject.recipient = bytes;
	if (flow_name_is_valid(first, TENANT_SIZE_MAX))
		subject.tenant = first;
	address = verp_write(&secret, &subject, text);
	HOLD(verp_read(
		&secret, slice_part(address, 0, slice_index(address, '@')), &token));
	HOLD(verp_is_of_tenant(&token, subject.tenant));
	HOLD(verp_is_about(&token, subject.recipient) == (subject.recipient.size > 0));
	return 0;
}
