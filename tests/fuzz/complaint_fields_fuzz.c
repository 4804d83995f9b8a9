/* Fuzzes the identifiers of complaints: what is read is what was signed, and what
 * is written of anything is read again. */
#include <stdlib.h>
#include <string.h>

#include "feedback/complaint_fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define SECRET "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Half of it is a recipient, what is in front of it a tenant. */
static void write_and_read(
	struct arena *arena, const struct verp_secret *secret, struct slice text)
{
	struct message_id id = message_id_make(1795252000000, 5, text.size);
	struct slice tenant = slice_part(text, 0, text.size / 2), fields, recipient;
	struct verp_subject subject = {
		.id = &id, .recipient = slice_from(text, text.size / 2), .days = 21};
	struct verp_token token;

	if (flow_name_is_valid(tenant, TENANT_SIZE_MAX))
		subject.tenant = tenant;
	fields = complaint_fields_write(arena, secret, SLICE("a@b.test"), &subject);
	fields = slice_from(fields, slice_find(fields, SLICE("ID:")) + 3);
	MUST(complaint_fields_read(arena, secret, fields, &token, &recipient));
	MUST(verp_is_of_tenant(&token, subject.tenant));
	MUST(strcmp(token.id.text, id.text) == 0);
	if (subject.recipient.size && subject.recipient.size <= 254)
		MUST(slice_equal(recipient, subject.recipient));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size), recipient;
	struct arena arena = {0};
	struct verp_secret secret;
	struct verp_token token;

	MUST(verp_secret_parse(SLICE(SECRET), &secret));
	if (complaint_fields_read(&arena, &secret, text, &token, &recipient))
		MUST(!recipient.size || verp_is_about(&token, recipient));
	write_and_read(&arena, &secret, text);
	arena_finish(&arena);
	return 0;
}
