/* A message's octets, asked for in windows, written as they are. */
#include "command/message_print.h"

#include <stdio.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/output.h"

static struct value *ask(struct client *client, const char *id, uint64_t offset)
{
	struct value *question = client_question("queue body"), *answer = NULL;
	bool last;

	value_set_text(question, "id", slice_of(id));
	value_set_number(question, "offset", (int64_t)offset);
	if (client_ask(client, &question))
		answer = client_hear(client, &last);
	return answer;
}

bool message_print(struct client *client, const char *id)
{
	struct arena arena = {0};
	uint64_t offset = 0;
	bool good = true, end = false;

	while (good && !end) {
		struct value *answer = ask(client, id, offset);
		struct slice bytes = SLICE_EMPTY;

		good = answer != NULL;
		if (good && !base64_decode_in(
				    &arena, value_get_text(answer, "bytes"), &bytes))
			good = fail(FAILURE_DATA, "the server sent what is no base64");
		if (good && !output_text(bytes, stdout))
			good = fail(FAILURE_FILE, "cannot write it");
		offset += bytes.size;
		end = value_get_truth(answer, "end");
		value_release(&answer);
		arena_reset(&arena);
	}
	arena_finish(&arena);
	return good;
}
