/* Tokens of links to leave a list, and addresses: none but what was signed is read, and
 * once in one form. */
#include "feedback/leaving_address.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void check_round(const struct verp_secret *secret, const struct leaving *leaving,
	struct slice want, struct arena *arena)
{
	char text[LEAVING_TOKEN_MAX];
	struct slice token = leaving_write(secret, leaving, text);
	struct leaving read;

	HOLD(!want.size || slice_equal(token, want));
	if (!token.size)
		return;
	HOLD(leaving_read(secret, token, arena, &read));
	HOLD(slice_equal(read.tenant, leaving->tenant));
	HOLD(slice_equal(read.stream, leaving->stream));
	HOLD(slice_equal(read.recipient, leaving->recipient));
}

/* As what stands before the '@'; and the address made for the same. */
static void check_address(const struct verp_secret *secret,
	const struct leaving *leaving, struct slice bytes, struct arena *arena)
{
	struct slice mailto = SLICE("leave@x.example"), made;
	char text[ADDRESS_MAX + 1];
	struct leaving_tag tag;

	made = arena_format(arena, "%.*s@x.example", SLICE_PRINT(bytes));
	if (leaving_address_read(secret, mailto, made, &tag))
		HOLD(leaving_address_is(mailto, made));
	made = leaving_address_write(secret, leaving, mailto, text);
	HOLD(leaving_address_read(secret, mailto, made, &tag));
	HOLD(leaving_tag_is_about(&tag, leaving->recipient) ||
		!leaving->recipient.size);
	HOLD(leaving_tag_is_of_tenant(&tag, leaving->tenant));
	HOLD(leaving_tag_is_of_stream(&tag, leaving->stream));
}

/* The input as a token; and as "TENANT\nSTREAM\nRECIPIENT". */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_make(data, size);
	struct leaving leaving = {.id = message_id_make(1795000000123, 7, 1)};
	struct verp_secret secret = {.sign = {1, 2}};
	struct arena arena = {0};

	HOLD(verp_secret_parse(SLICE(HEX), &secret));
	if (leaving_read(&secret, bytes, &arena, &leaving))
		check_round(&secret, &leaving, bytes, &arena);
	leaving.tenant = slice_cut(&bytes, '\n');
	leaving.stream = slice_cut(&bytes, '\n');
	leaving.recipient = bytes;
	check_round(&secret, &leaving, SLICE_EMPTY, &arena);
	check_address(&secret, &leaving, slice_make(data, size), &arena);
	arena_finish(&arena);
	return 0;
}
