/*
 * Messages as their senders see them: one, with all of its destinations. Shared by
 * the commands `message …`.
 */
#ifndef RINGPOST_ADMIN_MESSAGE_CALL_H
#define RINGPOST_ADMIN_MESSAGE_CALL_H

#include "queue/queue_admin.h"

#include "admin/call.h"
#include "admin/message_history.h"

/* The member NAME (static) of the request: "2026-11-22T07:00:00Z", or seconds since
 * 1970. As it was where there is none. False with FAILURE_DATA. */
bool message_read_time(struct admin_call *call, const char *name, int64_t *ms_r);

/* What holds for the whole message that ENTRY belongs to. */
struct value *message_value(const struct entry *entry);
/* … and what one of its entries adds: how many wait where, for whom, since when. At
 * most SHOWN recipients are named. */
void message_value_add(
	struct value *message, const struct queue_item *item, size_t shown);

/* The member "id" of the request. False with FAILURE_DATA. */
bool message_read_id(struct admin_call *call, struct message_id *id_r);
/* In a worker: notes in RESULT whether that part of the queue is ours. Whether any of
 * RESULTS says so. */
void message_note_owner(struct daemon_worker *worker, const struct value *request,
	struct value *result);
bool message_is_ours(const struct value *results);
/* What to say where nothing is known of it, not by its HISTORY either; where it is
 * known, but NONE of it is as it would have to be; and where it is not in the queue,
 * whichever of the two holds. All fail; return false. */
bool message_is_unknown(struct admin_call *call, const struct message_id *id,
	const struct history *history);
bool message_is_otherwise(
	struct admin_call *call, const struct message_id *id, const char *none);
bool message_is_gone(struct admin_call *call, const struct message_id *id,
	const char *none, struct deadline deadline);

#endif
