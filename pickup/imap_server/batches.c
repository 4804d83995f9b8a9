/* UIDBATCHES (RFC 10022): the mailbox in ranges of UIDs with so many messages each,
 * from the newest on. */
#include "imap_server/commands.h"
#include "run/fiber.h"

#define RECORDS_TURN 100000 /* gone through before others have their turn */

/* The batch that ends at FROM, which it leaves at the message below it; false: there is
 * none. */
static bool next_batch(const struct state *state, uint32_t size, uint32_t *from,
	struct uid_range *batch_r)
{
	uint32_t count = 0;

	while (*from && count < size) {
		const struct record *record = state_at(state, (*from)--);

		if (record->flags & MESSAGE_GHOST)
			continue;
		if (!count++)
			batch_r->last = record->uid;
		batch_r->first = record->uid;
	}
	return count > 0;
}

void imap_uid_batches(struct imap_dialogue *dialogue,
	const struct imap_command *command, struct deadline deadline)
{
	const struct imap_batches *asked = &command->batches;
	const struct state *state = dialogue->view->state;
	uint32_t from = state->count, turn = from;
	struct uid_range batch = {0};
	bool any = false;

	buffer_append_format(&dialogue->out, "* UIDBATCHES (TAG \"%.*s\")",
		SLICE_PRINT(dialogue->tag));
	for (uint32_t i = 1;
		i <= asked->last && next_batch(state, asked->size, &from, &batch);
		i++) {
		if (turn - from > RECORDS_TURN) {
			fiber_yield(deadline);
			turn = from;
		}
		if (i < asked->first)
			continue;
		buffer_append_byte(&dialogue->out, any ? ',' : ' ');
		buffer_append_format(&dialogue->out, "%u:%u", batch.last, batch.first);
		any = true;
		if (!imap_flush_some(dialogue, deadline))
			return;
	}
	buffer_append(&dialogue->out, SLICE("\r\n"));
	imap_tell(dialogue, true);
	imap_ok(dialogue, SLICE_EMPTY, "UIDBATCHES completed");
}
