/*
 * SASL exchanges with hostile clients and servers. The first byte chooses the
 * mechanism; then each line is a message, fed raw and in base64.
 *
 * What must never happen: that somebody is let in. Verdicts here are all no,
 * and the account's password is one that no input can know.
 */
#include "mail/sasl_server.h"

#include <stdlib.h>

#include "base/encode.h"
#include "mail/sasl_client.h"
#include "mail/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static enum sasl_progress answer(
	struct sasl_server *server, enum sasl_progress progress)
{
	static const struct sasl_account account = {
		.scram = {.iterations = SASL_ITERATIONS,
			.stored_key = {1, 2, 3},
			.server_key = {4, 5, 6}},
		.password = SLICE("kP2Yk1mZ0q")};

	if (progress == SASL_NEED_ACCOUNT || progress == SASL_NEED_PASSWORD_CHECK) {
		HOLD(sasl_server_username(server).size > 0);
		HOLD(text_is_utf8(sasl_server_username(server)));
	}
	if (progress == SASL_NEED_TOKEN_CHECK)
		HOLD(sasl_server_token(server).size > 0);
	if (progress == SASL_NEED_PASSWORD_CHECK || progress == SASL_NEED_TOKEN_CHECK)
		return sasl_server_give_verdict(server, false);
	if (progress == SASL_NEED_ACCOUNT)
		progress = sasl_server_give_account(server, &account);
	HOLD(progress == SASL_CONTINUE || progress == SASL_FAILED);
	return progress;
}

static void serve(
	enum sasl_mechanism mechanism, struct slice rest, bool encode, bool initial)
{
	static const struct sasl_binding binding = {
		.tls_unique = SLICE("twelve bytes")};
	struct sasl_server *server = sasl_server_create(mechanism, &binding, true);
	enum sasl_progress progress = SASL_CONTINUE;
	struct arena arena = {0};

	if (!initial)
		progress = answer(server, sasl_server_start(server, SLICE_EMPTY));
	while (rest.at && progress == SASL_CONTINUE) {
		struct slice line = slice_cut(&rest, '\n');

		if (encode)
			line = base64_encode_in(&arena, line);
		progress = initial ? sasl_server_start(
					     server, line.at ? line : SLICE(""))
				   : sasl_server_step(server, line);
		progress = answer(server, progress);
		initial = false;
	}
	if (progress == SASL_FAILED)
		HOLD(sasl_server_refusal(server).code >= 500);
	sasl_server_destroy(&server);
	arena_finish(&arena);
}

static void ask(enum sasl_mechanism mechanism, struct slice rest, bool encode)
{
	struct sasl_client *client = sasl_client_create(
		mechanism, SLICE("user"), SLICE("pencil"));
	struct arena arena = {0};

	while (client && rest.at) {
		struct slice line = slice_cut(&rest, '\n');

		if (encode)
			line = base64_encode_in(&arena, line);
		if (sasl_client_step(client, line) == SASL_FAILED) {
			HOLD(!sasl_client_is_complete(client));
			HOLD(slice_equal(sasl_client_output(client), SLICE("*")));
			break;
		}
		/* The server would have to know the password's keys. */
		HOLD(mechanism != SASL_SCRAM_SHA_256 ||
			!sasl_client_is_complete(client));
	}
	sasl_client_destroy(&client);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sasl_mechanism mechanism;

	if (size == 0)
		return 0;
	mechanism = (enum sasl_mechanism)(data[0] % SASL_MECHANISMS);
	for (int how = 0; how < 4; how++)
		serve(mechanism, slice_make(data + 1, size - 1), how & 1, how & 2);
	ask(mechanism, slice_make(data + 1, size - 1), false);
	ask(mechanism, slice_make(data + 1, size - 1), true);
	return 0;
}
