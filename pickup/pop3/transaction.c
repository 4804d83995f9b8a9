/* The commands of the TRANSACTION state but those that give messages (RFC 1939 5),
 * and QUIT (RFC 1939 6). */
#include "pop3/dialogue.h"

#include "base/failure.h"

void pop3_stat(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	const struct maildrop *maildrop = dialogue->maildrop;

	pop3_agree(dialogue, "%zu %llu", maildrop->count - maildrop->deleted_count,
		(unsigned long long)(maildrop->size - maildrop->deleted_size));
}

bool pop3_find_message(struct pop3_dialogue *dialogue,
	const struct pop3_command *command, size_t *index_r)
{
	const struct maildrop *maildrop = dialogue->maildrop;

	if (command->number == 0 || command->number > maildrop->count) {
		pop3_refuse(dialogue, NULL, "There is no such message");
		return false;
	}
	*index_r = (size_t)command->number - 1;
	if (!maildrop_is_deleted(maildrop, *index_r))
		return true;
	pop3_refuse(dialogue, NULL, "That message is deleted");
	return false;
}

/* RFC 1939 7: UIDVALIDITY and UID, never given to another message. */
static void say_entry(
	struct pop3_dialogue *dialogue, bool uidl, bool agree, size_t index)
{
	struct maildrop_message message = maildrop_message(dialogue->maildrop, index);
	const char *ok = agree ? "+OK " : "";

	if (uidl)
		pop3_line(dialogue, "%s%zu %08x%08x", ok, index + 1,
			dialogue->maildrop->uidvalidity, message.uid);
	else
		pop3_line(dialogue, "%s%zu %u", ok, index + 1, message.size);
}

/* LIST and UIDL. */
void pop3_list(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;
	const struct maildrop *maildrop = dialogue->maildrop;
	bool uidl = command->verb == POP3_UIDL;
	size_t index;

	if (command->has_number) {
		if (pop3_find_message(dialogue, command, &index))
			say_entry(dialogue, uidl, true, index);
		return;
	}
	pop3_agree(dialogue, "%zu messages (%llu octets)",
		maildrop->count - maildrop->deleted_count,
		(unsigned long long)(maildrop->size - maildrop->deleted_size));
	for (index = 0; index < maildrop->count; index++) {
		if (maildrop_is_deleted(maildrop, index))
			continue;
		say_entry(dialogue, uidl, false, index);
		if (stream_outbox_size(conversation->stream) >= CONVERSATION_OUTBOX &&
			!conversation_flush(conversation, deadline)) {
			dialogue->ended = true;
			return;
		}
	}
	pop3_end_lines(dialogue);
}

void pop3_dele(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	size_t index;

	if (!pop3_find_message(dialogue, command, &index))
		return;
	maildrop_delete(dialogue->maildrop, index);
	pop3_agree(dialogue, "It goes at QUIT");
}

void pop3_rset(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	maildrop_keep_all(dialogue->maildrop);
	pop3_agree(dialogue, "All of it stays");
}

void pop3_noop(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	pop3_agree(dialogue, "Nothing done");
}

/* The UPDATE state: "+OK" says that what was deleted is gone for good. */
void pop3_quit(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	dialogue->ended = true;
	if (!dialogue->maildrop ||
		maildrop_update(dialogue->maildrop, pop3_soon(dialogue)))
		pop3_agree(dialogue, "Goodbye");
	else if (failure_kind_last() == FAILURE_DATA)
		pop3_refuse(dialogue, "SYS/PERM", "What was deleted cannot be removed");
	else
		pop3_refuse(dialogue, "SYS/TEMP",
			"What was deleted may still be there, try again later");
}
