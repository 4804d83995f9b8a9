/* One message put into a mailbox, for the tests of the store and of what stands on it.
 */
#ifndef RINGPOST_TESTS_STORE_PUT_MESSAGE_H
#define RINGPOST_TESTS_STORE_PUT_MESSAGE_H

#include "store/draft.h"

/*
 * TEXT into MAILBOX, with what ONE says besides its draft; the new UID. 0: it is not
 * there, and *FAULT_R tells why where the store refused it.
 */
static inline uint32_t put_message(struct store_port *port,
	struct store_account *account, struct slice mailbox, struct slice text,
	struct append one, enum store_fault *fault_r)
{
	const struct deadline soon = deadline_after_ms(60000);
	uint32_t uidvalidity = 0, uid = 0;
	bool good;

	*fault_r = STORE_NO_FAULT;
	one.draft = draft_begin(port, account, soon);
	good = one.draft && draft_write(one.draft, text, soon) &&
	       draft_finish(one.draft, soon) &&
	       mailbox_append(port, account, mailbox, &one, 1, &uidvalidity, &uid,
		       fault_r, soon);
	draft_discard(&one.draft);
	return good && uidvalidity ? uid : 0;
}

#endif
