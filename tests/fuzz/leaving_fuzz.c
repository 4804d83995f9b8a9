/* Tokens of links to leave a list: none but what was signed is read, and once in one
 * form. */
#include "feedback/leaving.h"

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
	arena_finish(&arena);
	return 0;
}
