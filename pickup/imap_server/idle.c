/* IDLE (RFC 2177): what happens is told when it happens. One fiber waits for the
 * client, and is woken from that when the mailbox changes. */
#include "base/memory.h"
#include "imap_server/commands.h"
#include "store/view_alert.h"

/* So that nothing between takes the connection for dead. */
#define STILL_HERE_MS (2 * 60 * 1000)
#define HEARD_AT_ONCE 4096

/* A session that hears of its mailbox while it waits for its client. */
struct idling {
	struct view_alert alert;
	struct conversation *conversation;
};

static void wake(struct view_alert *alert)
{
	conversation_wake(CONTAINER_OF(alert, struct idling, alert)->conversation);
}

/* Until the client speaks, or there may be something to tell, or it is time to. */
static enum conversation_heard rest(
	struct imap_dialogue *dialogue, struct deadline until)
{
	struct conversation *conversation = &dialogue->session.conversation;
	enum conversation_heard heard;
	struct slice bytes;

	if (!imap_flush(dialogue, until))
		return HEARD_END;
	buffer_finish(&dialogue->out);
	arena_finish(&dialogue->arena);
	imap_collector_rest(&dialogue->collector);
	heard = conversation_hear_bytes(
		conversation, false, HEARD_AT_ONCE, &bytes, until);
	if (heard == HEARD_LINE)
		conversation_unhear(conversation, bytes.size);
	return heard;
}

/* Tells, until the client speaks. */
static void tell_on(struct imap_dialogue *dialogue, struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;
	struct deadline end = deadline_earlier(
		deadline, deadline_after_ms(conversation->limits.idle_ms));
	struct deadline still = deadline_after_ms(STILL_HERE_MS);

	while (!dialogue->ended) {
		enum conversation_heard heard = rest(
			dialogue, deadline_earlier(end, still));

		if (heard == HEARD_LINE)
			return;
		if (heard != HEARD_WOKEN &&
			(heard != HEARD_NOTHING || deadline_has_passed(end))) {
			imap_end_by(dialogue, heard);
			return;
		}
		if (!imap_still_holds(dialogue))
			return;
		imap_tell(dialogue, true);
		if (deadline_has_passed(still)) {
			buffer_append(&dialogue->out, SLICE("* OK Still here\r\n"));
			still = deadline_after_ms(STILL_HERE_MS);
		}
	}
}

void imap_idle(struct imap_dialogue *dialogue, const struct imap_command *command,
	struct deadline deadline)
{
	char tag[IMAP_TAG_KEPT];
	struct idling idling = {
		.alert.run = wake, .conversation = &dialogue->session.conversation};
	enum imap_collected how;

	if (!slice_to_text(dialogue->tag, tag, sizeof(tag))) {
		imap_bad(dialogue, "The tag is too long for this");
		return;
	}
	dialogue->tag = slice_of(tag);
	buffer_append(&dialogue->out, SLICE("+ Idling\r\n"));
	imap_collector_drop(&dialogue->collector);
	if (dialogue->view)
		view_alert_add(dialogue->view, &idling.alert);
	imap_tell(dialogue, true);
	tell_on(dialogue, deadline);
	if (dialogue->view)
		view_alert_remove(&idling.alert);
	if (dialogue->ended)
		return;
	dialogue->collector.raw = true;
	if (!imap_hear(dialogue, false, &how, deadline))
		return;
	dialogue->collector.raw = false;
	imap_tell(dialogue, true);
	if (slice_equal_nocase(
		    slice_trim_all(buffer_contents(&dialogue->collector.text)),
		    SLICE("DONE")))
		imap_ok(dialogue, SLICE_EMPTY, "IDLE completed");
	else
		imap_bad(dialogue, "DONE was expected");
}
