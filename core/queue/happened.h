/*
 * What happens to a message, told to applications (events/events.h): with what
 * its envelope says of it. Of mail that we write ourselves (notifications,
 * reports) nothing is told. All of them are a comparison where no events are
 * wanted.
 */
#ifndef RINGPOST_QUEUE_HAPPENED_H
#define RINGPOST_QUEUE_HAPPENED_H

#include "events/events.h"
#include "queue/message.h"

/* Whether anything is to be told of it. */
static inline bool happened_is_told(const struct envelope *envelope)
{
	return events_wanted() &&
	       (envelope->reverse_path.size || envelope->client.size);
}

/* KIND, with what ENVELOPE says; valid as long as it. */
struct events_fact happened_fact(
	const struct envelope *envelope, enum events_kind kind);

/* To each recipient of ENTRY. REASON: empty, or why. */
void happened_to_all(
	const struct entry *entry, enum events_kind kind, struct slice reason);
/* The same of one that is held until UNTIL_MS, or is due now. */
void happened_rescheduled(
	const struct entry *entry, int64_t until_ms, struct slice reason);
/* About to be committed: accepted, and held where it is not to leave yet. */
void happened_commit(
	const struct message *message, struct entry *const *entries, size_t count);

#endif
