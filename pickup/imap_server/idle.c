/* IDLE (RFC 2177): what happens is told when it happens. One fiber waits for the
 * client, and is woken from that when the mailbox changes. */
#include "base/failure.h"
#include "imap_server/commands.h"
#include "store/view_alert.h"

/* So that nothing between takes the connection for dead. */
#define STILL_HERE_MS (2 * 60 * 1000)

/* Until the client says something, or there is something to tell, or it is time to.
 * False: the session ends. */
static bool rest(
	struct imap_dialogue *dialogue, struct view_alert *alert, struct deadline until)
{
	struct conversation *conversation = &dialogue->session.conversation;
	bool came;

	if (!imap_flush(dialogue, until))
		return false;
	buffer_finish(&dialogue->out);
	arena_finish(&dialogue->arena);
	if (*conversation->stopping) {
		imap_end_by(dialogue, HEARD_STOPPING);
		return false;
	}
	alert->waits = *conversation->resting = true;
	came = stream_has_input(conversation->stream) ||
	       (dialogue->view && view_is_behind(dialogue->view)) ||
	       stream_wait(conversation->stream, until);
	alert->waits = *conversation->resting = false;
	if (came || failure_kind_last() == FAILURE_TIMEOUT)
		return true;
	imap_end_by(dialogue, HEARD_END);
	return false;
}

/* Tells, until the client speaks. */
static void tell_on(struct imap_dialogue *dialogue, struct view_alert *alert,
	struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;
	struct deadline end = deadline_earlier(
		deadline, deadline_after_ms(conversation->limits.idle_ms));
	struct deadline still = deadline_after_ms(STILL_HERE_MS);

	while (!dialogue->ended && !stream_has_input(conversation->stream)) {
		if (!rest(dialogue, alert, deadline_earlier(end, still)))
			return;
		if (deadline_has_passed(end)) {
			imap_end_by(dialogue, HEARD_NOTHING);
			return;
		}
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
	struct view_alert alert = {0};
	enum imap_collected how;

	if (!slice_to_text(dialogue->tag, tag, sizeof(tag))) {
		imap_bad(dialogue, "The tag is too long for this");
		return;
	}
	dialogue->tag = slice_of(tag);
	buffer_append(&dialogue->out, SLICE("+ Idling\r\n"));
	imap_tell(dialogue, true);
	imap_collector_drop(&dialogue->collector);
	if (dialogue->view)
		view_alert_add(dialogue->view, &alert);
	tell_on(dialogue, &alert, deadline);
	if (dialogue->view)
		view_alert_remove(dialogue->view, &alert);
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
